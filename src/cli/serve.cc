// SPDX-License-Identifier: Apache-2.0
//
// Reading this file tells what the server is made of: each part is built here and passed to those that need it.
#include "cli/serve.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "admin/api.h"
#include "admission/admission.h"
#include "async/loop.h"
#include "async/pool.h"
#include "async/signals.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/forward_clock.h"
#include "cli/version.h"
#include "execution/upstreams.h"
#include "gateway/authzen/door.h"
#include "gateway/catalogue.h"
#include "gateway/control.h"
#include "gateway/decision/door.h"
#include "gateway/erasures.h"
#include "gateway/list_changes.h"
#include "gateway/mcp/door.h"
#include "gateway/path_parts.h"
#include "gateway/pruning.h"
#include "identity/operator_token.h"
#include "json/writer.h"
#include "notary/checkpoints.h"
#include "notary/outlet.h"
#include "notary/pages.h"
#include "notary/publisher.h"
#include "notary/witness_client.h"
#include "replay/shadow_mode.h"
#include "store/store.h"
#include "transport/client.h"
#include "transport/server.h"

namespace bw::cli {
namespace {

constexpr unsigned pool_threads = 2;
constexpr std::size_t pool_queue_max = 4096;
constexpr std::int64_t drain_ms = 10'000;
constexpr std::size_t gather_max = 256;    // changes of one turn that start their commit before the turn ends
constexpr rlim_t descriptors_low = 8'192;  // below it, sessions_max of the MCP door cannot all have a stream open

int fails(const Error& error) {
  std::fprintf(stderr, "bailiwick: %s\n", error.message.c_str());
  return could_not_run;
}

// Nothing listens beyond this machine in the clear unless somebody said so.
Status check_exposure(const ServeOptions& options) {
  bool tls = !options.tls_certificate.empty();
  if (tls != !options.tls_key.empty())
    return fail(Code::invalid_argument, "--tls-certificate and --tls-key go together");
  if (!is_loopback(options.agents) && !tls && !options.plain_on_network) {
    return fail(
        Code::invalid_argument,
        fmt::format(
            "--agents {} is beyond loopback: give --tls-certificate and --tls-key, or --plain-on-network when something else encrypts",
            options.agents));
  }
  if (!is_loopback(options.admin) && !options.plain_on_network) {
    return fail(
        Code::invalid_argument,
        fmt::format("--admin {} is beyond loopback: put it behind something that encrypts and say --plain-on-network",
                    options.admin));
  }
  return {};
}

// What git needs to find itself, its settings and its keys, and nothing of ours: secrets of upstreams stand in the environment too.
std::vector<std::string> git_environment() {
  std::vector<std::string> out{"GIT_TERMINAL_PROMPT=0"};
  for (const char* name : {"PATH", "HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_AUTHOR_NAME",
                           "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"}) {
    if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
  }
  return out;
}

Result<crypto::SigningKey> token_key(const std::string& data) {
  std::string path = data + "/token.key";
  if (std::filesystem::exists(path)) return crypto::load_signing_key(path);
  auto key = crypto::SigningKey::generate();
  BW_OK(crypto::save_signing_key(path, key));
  return key;
}

// Each agent's connection, upstream and child takes descriptors. Raising the soft limit is ours to do, the hard one is not.
// Answers how many there are.
rlim_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return descriptors_low;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= descriptors_low) return limit.rlim_cur;
  log::warn(
      "at most {} files and connections can be open at once, which {} agents exceed; raise it: LimitNOFILE= of the "
      "service, or `ulimit -Hn`",
      limit.rlim_cur, limit.rlim_cur / 2);
  return limit.rlim_cur;
}

// However many agents connect, half of the descriptors stay: for upstreams, for reading the ledger, and for people, who must be
// able to stop them.
std::size_t connections_max(rlim_t descriptors, rlim_t share) {
  return std::min<std::size_t>(http::ServerLimits().connections_max, descriptors / share);
}

// Long work on the ledger before anything is served: a line in the log for each twentieth of it.
store::Progress sealing_in_log() {
  return [said = std::uint64_t{0}](std::uint64_t at, std::uint64_t of) mutable {
    auto twentieths = of == 0 ? 0 : at * 20 / of;
    if (at > 0 && twentieths <= said) return;
    said = twentieths;
    log::info("ledger: sealing contents that an earlier version kept in the clear: entry {} of {}", at, of);
  };
}

Status make_data_folder(const std::string& data) {
  std::error_code error;
  std::filesystem::create_directories(data, error);
  if (error) return fail(Code::unavailable, fmt::format("cannot make `{}`: {}", data, error.message()));
  ::chmod(data.c_str(), 0700);
  return {};
}

// When the newest entry was made; a ledger that cannot be read is refused elsewhere.
std::int64_t newest_ms(store::Ledger& ledger) {
  auto head = ledger.records().head();
  return head ? head->at_ms : 0;
}

// The agents' listener: one door for those who call tools through Bailiwick, one for those who carry them out themselves, one for
// those who only want to know.
class AgentRoutes final : public http::Handler {
 public:
  AgentRoutes(http::Handler& mcp, http::Handler& decision, http::Handler& authzen)
      : mcp_(mcp), decision_(decision), authzen_(authzen) {}
  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override {
    http::Handler* door = door_for(request);
    if (door) {
      co_await door->handle(std::move(request), writer);
      co_return;
    }
    writer.respond(http::error_response(404, "agents' endpoints: /mcp, /decision/v1/actions, /access/v1/evaluation"));
  }
  std::size_t body_bytes_max(const http::Request& head, const http::ServerLimits& limits) const override {
    http::Handler* door = door_for(head);
    return door ? door->body_bytes_max(head, limits) : limits.body_bytes_max;
  }

 private:
  http::Handler* door_for(const http::Request& request) const {
    if (request.path() == "/mcp") return &mcp_;
    if (request.path().starts_with(gateway::DecisionDoor::root)) return &decision_;
    return gateway::AuthzenDoor::serves(request.path()) ? &authzen_ : nullptr;
  }

  http::Handler& mcp_;
  http::Handler& decision_;
  http::Handler& authzen_;
};

class Server {
 public:
  Server(const ServeOptions& options, rlim_t descriptors, std::string operator_token, crypto::SigningKey key,
         store::Ledger& ledger)
      : options_(options),
        descriptors_(descriptors),
        operator_token_(std::move(operator_token)),
        ledger_(ledger),
        clock_(newest_ms(ledger)),
        signals_(loop_, {SIGTERM, SIGINT}),
        pool_(pool_threads, pool_queue_max),
        key_(std::move(key)) {}

  int run() {
    auto checkpoints = notary::Checkpoints::open(
        ledger_.records(), {.data_dir = options_.data, .origin = options_.origin, .heads = options_.heads});
    if (!checkpoints) return fails(checkpoints.error());
    checkpoints_ = std::move(*checkpoints);
    for (const auto& text : options_.witnesses) {
      auto witness = notary::parse_witness(text);
      if (!witness) return fails(witness.error());
      witness_addresses_.push_back(*std::move(witness));
    }
    for (const auto& text : options_.outlets) {
      auto outlet = notary::parse_outlet(text);
      if (!outlet) return fails(outlet.error());
      outlets_.push_back(
          std::make_unique<notary::Outlet>(*std::move(outlet), loop_, http_, *checkpoints_, pool_, git_environment()));
    }
    auto admission = admission::Admission::open(ledger_.store(), system_clock(),
                                                {.gather_max = gather_max,
                                                 .deliver = [this](auto answers) { deliver(std::move(answers)); },
                                                 .on_failure = [this](const Error& error) { ledger_failed(error); }});
    if (!admission) return fails(admission.error());
    admission_ = std::move(*admission);
    loop_.at_turn_end([this] { admission_->commit_soon(); });
    int code = could_not_run;
    async::run(loop_, live(code));
    if (shadow_) shadow_->end();
    admission_->stop();
    if (!failed_) sign_the_end();
    return code;
  }

 private:
  // From the committer's thread: one wake-up for all answers of a commit.
  void deliver(std::vector<admission::Completion> answers) {
    loop_.post([answers = std::move(answers)]() mutable {
      for (auto& answer : answers) answer();
    });
  }

  // The entries of stopping have a checkpoint too.
  void sign_the_end() {
    auto last = checkpoints_->advance();
    if (!last) log::error("no checkpoint of the last entries: {}", last.error().message);
  }

  // From the committer's thread or the loop. Whoever waits is told; then the process ends.
  void ledger_failed(const Error& error) {
    if (failed_.exchange(true)) return;
    bool damaged = error.code == Code::data_loss;
    log::error("the ledger failed: {}; nothing is admitted any more, and the server ends. {}", error.message,
               damaged ? "Before you start it again let `bailiwick verify` say what is wrong"
                       : "Make room on the disk, or mend it, and start it again: it goes on from what is on the disk");
    loop_.post([this] { signals_.event().set(); });
  }

  async::Task<void> live(int& code) {
    control_.emplace(gateway::Control::Parts{loop_, pool_, *admission_, ledger_.records(), board_, in_flight_, clock_,
                                             options_.registry, key_});
    Result<gateway::Control::Started> started = co_await control_->start();
    code = report(started);
    if (code != done) co_return;
    build(std::move(started->pins));
    co_await shadow_->resume();
    Status listening = listen();
    if (!listening) {
      code = fails(listening.error());
      co_return;
    }
    async::spawn(loop_, control_->expire_tickets(stopping_));
    async::spawn(loop_, pruning_->run(stopping_));
    async::spawn(loop_, publisher_->run(stopping_));
    for (auto& witness : witnesses_) async::spawn(loop_, witness->run(stopping_));
    for (auto& outlet : outlets_) async::spawn(loop_, outlet->run(stopping_));
    announce();
    co_await async::wait(signals_.event());
    code = failed_ ? could_not_run : done;
    co_await stop();
  }

  // What start() found wrong with the registry, for the one who started the server.
  int report(const Result<gateway::Control::Started>& started) const {
    if (!started) return fails(started.error());
    std::string text = registry::format(started->loaded, options_.registry + "/");
    for (Diagnostic d : started->policy_problems) {
      auto source = started->loaded.sources.find(d.where.file);
      d.where.file = options_.registry + "/" + d.where.file;
      text += format(d, source == started->loaded.sources.end() ? std::string_view() : source->second);
    }
    std::fwrite(text.data(), 1, text.size(), stderr);
    if (control_->live().plan) return done;
    std::fprintf(stderr, "bailiwick: the registry in `%s` cannot be loaded; nothing is served\n",
                 options_.registry.c_str());
    return bad;
  }

  void build(std::vector<gateway::Pin> pins) {
    pins_.emplace(std::move(pins), *control_);
    upstreams_ = execution::make_upstreams(loop_, changes_);
    changes_.watch(*upstreams_);
    catalogue_ = gateway::make_catalogue(*upstreams_, *pins_, [this] { return control_->live().snapshot; });
    changes_.add(*catalogue_);  // before those who tell agents
    gateway::FactSources sources({*upstreams_, *pins_, client_, loop_, pool_, options_.registry});
    facts_.emplace(loop_, std::move(sources), in_flight_);
    path_ = gateway::make_path({loop_, *admission_, ledger_.records(), *catalogue_, board_, in_flight_, *facts_, pool_,
                                clock_, [this] { return control_->live(); }, stopping_});
    visits_.emplace(*control_);
    gateway::McpParts parts{loop_, clock_, *control_, *path_, *catalogue_, *control_, *upstreams_, changes_, *visits_};
    mcp_.emplace(parts, gateway::McpOptions{.hosts = options_.hosts, .version = std::string(version), .limits = {}});
    decision_.emplace(gateway::DecisionDoor::Parts{*control_, *path_, *control_, options_.hosts});
    authzen_.emplace([this] { return control_->live(); }, *path_);
    authzen_door_.emplace(*control_, *authzen_, options_.hosts, [this] { return agents_server_->url(); });
    routes_.emplace(*mcp_, *decision_, *authzen_door_);
    pages_.emplace(ledger_.records(), *checkpoints_, pool_);
    for (auto& witness : witness_addresses_) {
      witnesses_.push_back(
          std::make_unique<notary::WitnessClient>(std::move(witness), http_, ledger_.records(), *checkpoints_, pool_));
    }
    publisher_.emplace(*checkpoints_, pool_, [this](const Error& error) { ledger_failed(error); });
    erasures_.emplace(pool_, *admission_, ledger_.records());
    pruning_.emplace(gateway::Pruning::Parts{pool_, *admission_, ledger_.records(), clock_,
                                             [this]() -> const gateway::Live& { return control_->live(); }});
    shadow_.emplace(replay::ShadowMode::Parts{pool_, *admission_, ledger_.records(), options_.data});
    admin_ = admin::make_api({*control_, *erasures_, *pruning_, *pins_, *upstreams_, ledger_.records(), *checkpoints_,
                              *pages_, pool_, clock_, outlets_, operator_token_, [this] { return not_ready(); },
                              *authzen_, [this] { return admin_server_->url(); }, *shadow_});
    control_->on_live([this](const gateway::Live& live) {
      upstreams_->apply(live.snapshot);
      changes_.everything_changed();
    });
    control_->on_access([this] { visits_->recheck(); });
    upstreams_->apply(control_->live().snapshot);
  }

  std::string not_ready() const {
    if (stopping_.is_set()) return "stopping";
    if (failed_) return "the ledger failed";
    return publisher_->trouble().empty() ? "" : "no checkpoint: " + publisher_->trouble();
  }

  Status listen() {
    transport::ServerOptions agents{.address = options_.agents}, people{.address = options_.admin};
    agents.limits.connections_max = connections_max(descriptors_, 2);
    people.limits.connections_max = connections_max(descriptors_, 8);
    if (!options_.tls_certificate.empty()) agents.tls = transport::TlsFiles{options_.tls_certificate, options_.tls_key};
    BW_TRY(agents_server_, transport::Server::listen(loop_, std::move(agents), *routes_));
    BW_TRY(admin_server_, transport::Server::listen(loop_, std::move(people), *admin_));
    return {};
  }

  void announce() const {
    json::Writer w;
    w.begin_object()
        .member("event", "listening")
        .member("agents", agents_server_->url())
        .member("admin", admin_server_->url())
        .end_object();
    std::printf("%s\n", w.text().c_str());
    std::fflush(stdout);
  }

  // Answers what is in flight, then ends sessions and children.
  async::Task<void> stop() {
    log::info("stopping: no new connections, waiting for calls in flight");
    stopping_.set();
    [[maybe_unused]] bool agents_done = co_await agents_server_->drain(failed_ ? 1'000 : drain_ms);
    [[maybe_unused]] bool admin_done = co_await admin_server_->drain(1'000);
    co_await upstreams_->stop();
  }

  const ServeOptions& options_;
  const rlim_t descriptors_;
  std::string operator_token_;
  store::Ledger& ledger_;
  ForwardClock clock_;
  async::Loop loop_;
  async::Signals signals_;
  async::Pool pool_;
  crypto::SigningKey key_;
  async::Event stopping_;
  std::atomic<bool> failed_ = false;
  gateway::TicketBoard board_;
  gateway::InFlight in_flight_;
  transport::Client client_{loop_};
  gateway::ListChanges changes_;
  std::unique_ptr<notary::Checkpoints> checkpoints_;
  std::optional<notary::Pages> pages_;
  std::optional<notary::Publisher> publisher_;
  transport::Client http_{loop_};
  std::vector<notary::WitnessAddress> witness_addresses_;
  std::vector<std::unique_ptr<notary::WitnessClient>> witnesses_;
  std::vector<std::unique_ptr<notary::Outlet>> outlets_;
  std::unique_ptr<admission::Admission> admission_;
  std::optional<gateway::Control> control_;
  std::optional<gateway::Erasures> erasures_;
  std::optional<replay::ShadowMode> shadow_;
  std::optional<gateway::Pruning> pruning_;
  std::optional<gateway::Pins> pins_;
  std::unique_ptr<execution::Upstreams> upstreams_;
  std::unique_ptr<gateway::Catalogue> catalogue_;
  std::optional<gateway::FactReader> facts_;
  std::unique_ptr<gateway::Path> path_;
  std::optional<gateway::Visits> visits_;
  std::optional<gateway::McpDoor> mcp_;
  std::optional<gateway::DecisionDoor> decision_;
  std::optional<gateway::Authzen> authzen_;
  std::optional<gateway::AuthzenDoor> authzen_door_;
  std::optional<AgentRoutes> routes_;
  std::unique_ptr<http::Handler> admin_;
  std::unique_ptr<transport::Server> agents_server_, admin_server_;
};

Result<log::Level> log_level(std::string_view word) {
  if (word == "debug") return log::Level::debug;
  if (word == "info") return log::Level::info;
  if (word == "warn") return log::Level::warn;
  if (word == "error") return log::Level::error;
  return fail(Code::invalid_argument,
              fmt::format("--log-level `{}`: expected debug, info, warn or error", printable(word, 40)));
}

}  // namespace

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("[::1]:") || address.starts_with("localhost:");
}

int serve(const ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  auto level = log_level(options.log_level);
  if (!level) return fails(level.error()), usage;
  log::set_level(*level);
  if (auto safe = check_exposure(options); !safe) return fails(safe.error()), usage;
  auto descriptors = raise_descriptor_limit();
  if (auto made = make_data_folder(options.data); !made) return fails(made.error());
  auto ledger = store::open_sqlite(options.data, sealing_in_log());
  if (!ledger) return fails(ledger.error());
  auto operator_token = identity::load_or_create_operator_token(options.data);
  if (!operator_token) return fails(operator_token.error());
  auto key = token_key(options.data);
  if (!key) return fails(key.error());
  // Tasks that still wait at the end refer to parts of the server; the process ends without taking them apart.
  auto* server = new Server(options, descriptors, std::move(*operator_token), std::move(*key), **ledger);
  int code = server->run();
  ledger->reset();
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace bw::cli
