// SPDX-License-Identifier: Apache-2.0
// Against real servers: the fixture that the end-to-end tests use, in each era and over both transports, and two servers
// that other people wrote.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "execution/keeper.h"
#include "execution/real_for_test.h"
#include "execution/scripted_for_test.h"
#include "transport/client.h"

namespace bw::execution {
namespace {

using domain::Outcome;

struct Real {
  Real() : client(loop) {
    declared.name = "real";
    declared.timeout_ms = 20'000;
  }
  void start() {
    keeper = std::make_shared<Keeper>(loop, client, listener, declared);
    keeper->start();
  }
  async::Loop loop;
  transport::Client client;
  RecordingListener listener;
  registry::Upstream declared;
  std::shared_ptr<Keeper> keeper;
};

async::Task<bool> reaches(Real& real, Health::State state, std::int64_t ms = 30'000) {
  while (real.keeper->health().state != state) {
    real.listener.changed.reset();
    auto first = co_await async::wait_any(ms, real.listener.changed);
    if (!first) co_return false;
  }
  co_return true;
}

Caller caller_of(std::string session) {
  return {.session = std::move(session),
          .capabilities = R"({"elicitation":{},"sampling":{},"roots":{}})",
          .client_info = R"({"name":"test","version":"1"})",
          .log_level = "debug"};
}

Call request(std::string method, std::string params) {
  Call call;
  call.method = std::move(method);
  call.params = std::move(params);
  call.caller = caller_of("s1");
  return call;
}

Call tool(std::string name, std::string arguments = "{}") {
  return request("tools/call", fmt::format(R"({{"name":"{}","arguments":{}}})", name, arguments));
}

bool has_tool(const Catalog& catalog, std::string_view name) {
  return std::ranges::any_of(catalog.tools, [name](const ToolDefinition& tool) { return tool.name == name; });
}

// One request, whose answer holds `part`.
async::Task<void> expect(Real& real, Call call, std::string part) {
  auto what = call.method + ' ' + call.params;
  auto result = co_await real.keeper->call(std::move(call));
  if (!result) {
    ADD_FAILURE() << what << ": " << result.error().error.message;
    co_return;
  }
  EXPECT_NE(result->body.find(part), std::string::npos) << what << " gave " << result->body;
}

// What every era and transport of the fixture can do. A shared child is one that nobody can be asked through.
async::Task<void> tour(Real& real, RecordingPeer& peer, bool legacy) {
  real.start();
  auto ready = co_await reaches(real, Health::State::ready);
  EXPECT_TRUE(ready) << real.keeper->health().detail;
  if (!ready) co_return;
  EXPECT_EQ(real.keeper->health().protocol, legacy ? "2025-11-25" : "2026-07-28");
  auto catalog = real.keeper->catalog();
  EXPECT_TRUE(has_tool(*catalog, "echo"));
  EXPECT_GE(catalog->tools.size(), 30U);
  EXPECT_GE(catalog->resources.size(), 3U);
  EXPECT_GE(catalog->resource_templates.size(), 1U);
  EXPECT_GE(catalog->prompts.size(), 3U);

  co_await expect(real, tool("echo", R"({"message":"over there"})"), "over there");
  co_await expect(real, tool("add", R"({"a":1,"b":2})"), R"("structuredContent":{"sum":3})");
  co_await expect(real, tool("test_error_handling"), R"("isError":true)");
  co_await expect(real, tool("test_x_mcp_header", R"({"region":"süd","level":3})"), "süd");
  co_await expect(real, tool("large", R"({"bytes":3000000})"), "xxxx");
  co_await expect(real, request("resources/read", R"({"uri":"test://static-text"})"), "The static text.");
  co_await expect(
      real, request("prompts/get", R"({"name":"test_prompt_with_arguments","arguments":{"arg1":"Paris","arg2":"b"}})"),
      "arg1='Paris'");
  co_await expect(
      real,
      request(
          "completion/complete",
          R"({"ref":{"type":"ref/prompt","name":"test_prompt_with_arguments"},"argument":{"name":"arg1","value":"par"}})"),
      "Parma");

  auto progress = tool("test_tool_with_progress");
  progress.peer = &peer;
  progress.progress_token = "77";
  co_await expect(real, std::move(progress), "Reported progress");
  EXPECT_TRUE(peer.heard(R"("progressToken":77)"));
  EXPECT_TRUE(peer.heard("100 of 100"));
  auto logging = tool("test_tool_with_logging");
  logging.peer = &peer;
  co_await expect(real, std::move(logging), "Logged three");
  EXPECT_TRUE(peer.heard("Tool processing data"));

  auto cancel = tool("wait", R"({"ms":30000})");
  cancel.timeout_ms = 300;
  auto cancelled = co_await real.keeper->call(std::move(cancel));
  EXPECT_FALSE(cancelled);
  EXPECT_TRUE(!cancelled && cancelled.error().outcome == Outcome::ambiguous);
  co_await expect(real, tool("echo", R"({"message":"still there"})"), "still there");
}

async::Task<void> questions(Real& real, RecordingPeer& peer, bool legacy) {
  peer.says = R"({"action":"accept","content":{"name":"Ann","response":"yes","ok":true}})";
  auto named = tool("test_input_required_result_elicitation");
  named.peer = &peer;
  co_await expect(real, std::move(named), "Hello, Ann!");
  auto confirmed = tool("test_input_required_result_request_state");
  confirmed.peer = &peer;
  co_await expect(real, std::move(confirmed), "state-ok");
  peer.says = R"({"roots":[{"uri":"file:///tmp","name":"tmp"}]})";
  auto roots = tool("test_input_required_result_list_roots");
  roots.peer = &peer;
  co_await expect(real, std::move(roots), "file:///tmp");
  if (!legacy) co_await expect(real, tool("come_back", R"({"rounds":3})"), "You came back 3 times");
  if (!legacy) co_return;
  peer.says = R"({"action":"accept","content":{"response":"yes"}})";
  for (const char* name : {"test_elicitation", "ask_aside"}) {
    auto asked = tool(name, R"({"message":"well?"})");
    asked.peer = &peer;
    co_await expect(real, std::move(asked), "accept");
  }
  peer.says = R"({"role":"assistant","content":{"type":"text","text":"Lisbon"},"model":"m"})";
  auto sampled = tool("test_sampling", R"({"prompt":"capital?"})");
  sampled.peer = &peer;
  co_await expect(real, std::move(sampled), "Lisbon");
}

async::Task<void> changes(Real& real, RecordingPeer& peer, bool fresh) {
  auto caller = caller_of("s1");
  std::vector<std::string> uris{"test://watched-resource"};
  auto listened = co_await real.keeper->listen(std::move(caller), std::move(uris), &peer);
  EXPECT_TRUE(listened) << listened.error().message;
  co_await expect(real, tool("touch", R"({"uri":"test://watched-resource"})"), "Announced");
  auto touched = co_await peer.hears("test://watched-resource");
  EXPECT_TRUE(touched);
  auto before = real.keeper->catalog();
  co_await expect(real, tool("redescribe_echo", R"({"description":"Something else"})"), "Changed");
  auto told = co_await peer.hears("tools/list_changed");
  EXPECT_TRUE(told);
  auto after = real.keeper->catalog();
  auto digest = [](const Catalog& catalog) {
    auto found = std::ranges::find_if(catalog.tools, [](const ToolDefinition& one) { return one.name == "echo"; });
    return found == catalog.tools.end() ? std::string() : found->digest;
  };
  // In the fixture a session, and a child, keep the description they began with.
  EXPECT_EQ(digest(*before) != digest(*after), fresh);
  real.keeper->forget(&peer);
}

struct Way {
  const char* name;
  const char* era;
  bool stdio;
  registry::Sessions sessions = registry::Sessions::per_agent;
};

class EveryWay : public testing::TestWithParam<Way> {
 protected:
  bool legacy() const { return std::string_view(GetParam().era) == "legacy"; }
  void declare(Real& real) {
    real.declared.sessions = GetParam().sessions;
    if (GetParam().stdio) {
      real.declared.command = node();
      real.declared.args = {e2e("fixture/server.mjs"), "--stdio", "--era", GetParam().era};
    } else {
      fixture = std::make_unique<Fixture>(std::vector<std::string>{"--era", GetParam().era, "--page-size", "7"});
      real.declared.url = fixture->url;
    }
  }
  std::unique_ptr<Fixture> fixture;
};

INSTANTIATE_TEST_SUITE_P(Fixture, EveryWay,
                         testing::Values(Way{"HttpLegacy", "legacy", false}, Way{"HttpModern", "modern", false},
                                         Way{"HttpBoth", "both", false}, Way{"StdioLegacy", "legacy", true},
                                         Way{"StdioModern", "modern", true}, Way{"StdioBoth", "both", true}),
                         [](const auto& one) { return one.param.name; });

async::Task<void> everything_of_the_fixture(Real& real, bool legacy) {
  RecordingPeer peer, listener;
  co_await tour(real, peer, legacy);
  co_await questions(real, peer, legacy);
  co_await changes(real, listener, !legacy && real.declared.command.empty());
  co_await real.keeper->stop();
}

TEST_P(EveryWay, DoesWhatTheFixtureOffers) {
  BW_NEEDS_REAL_SERVERS();
  Real real;
  declare(real);
  async::run(real.loop, everything_of_the_fixture(real, legacy()));
}

async::Task<void> reconnection(Real& real) {
  real.start();
  co_await reaches(real, Health::State::ready);
  co_await expect(real, tool("test_reconnection"), "You resumed the stream.");
  co_await real.keeper->stop();
}

TEST(RealHttp, ResumesAStreamThatTheServerDrops) {
  BW_NEEDS_REAL_SERVERS();
  Fixture fixture({"--era", "legacy"});
  Real real;
  real.declared.url = fixture.url;
  async::run(real.loop, reconnection(real));
}

async::Task<void> wrong_then_right(Real& real, std::string path) {
  real.start();
  auto failing = co_await reaches(real, Health::State::failing);
  EXPECT_TRUE(failing);
  EXPECT_EQ(real.keeper->health().detail, "upstream refused Bailiwick's credential");
  std::ofstream(path) << "the-right-token";
  auto ready = co_await reaches(real, Health::State::ready);
  EXPECT_TRUE(ready);
  co_await real.keeper->stop();
}

TEST(RealHttp, AWrongCredentialIsSaidAndARightOneIsPickedUp) {
  BW_NEEDS_REAL_SERVERS();
  Fixture fixture({"--require-bearer", "the-right-token"});
  Real real;
  real.declared.url = fixture.url;
  auto path = std::filesystem::temp_directory_path() / fmt::format("bw-bearer-{}", ::getpid());
  std::ofstream(path) << "the-wrong-token!";
  real.declared.credentials.push_back(
      {.header = "Authorization", .prefix = "Bearer ", .from = {registry::SecretSource::Kind::file, path}});
  async::run(real.loop, wrong_then_right(real, path));
  std::filesystem::remove(path);
}

async::Task<void> two_rounds_at_a_session(Real& real) {
  real.start();
  co_await reaches(real, Health::State::ready);
  auto call = tool("test_elicitation", R"({"message":"well?"})");
  call.caller.multi_round = true;
  auto again = call;
  auto first = co_await real.keeper->call(std::move(call));
  EXPECT_TRUE(first && first->kind == Reply::Kind::input_required)
      << (first ? first->body : first.error().error.message);
  auto document = json::Document::parse(first->body);
  auto key = std::string((*document->root()["inputRequests"].members().begin()).key);
  again.params =
      mcp::set_member(again.params, "inputResponses", fmt::format(R"({{"{}":{{"action":"decline"}}}})", key));
  again.params = mcp::set_member(again.params, "requestState", document->root()["requestState"].raw());
  co_await expect(real, std::move(again), "decline");
  co_await real.keeper->stop();
}

TEST(RealHttp, AStatelessCallerIsAskedInRoundsByAServerWithSessions) {
  BW_NEEDS_REAL_SERVERS();
  Fixture fixture({"--era", "legacy"});
  Real real;
  real.declared.url = fixture.url;
  async::run(real.loop, two_rounds_at_a_session(real));
}

// kill -9 of the child in the middle of a call.
async::Task<void> kill_soon(pid_t victim) {
  co_await async::sleep(300);
  ::kill(victim, SIGKILL);
}

pid_t only_child() {
  std::ifstream children(fmt::format("/proc/self/task/{}/children", ::getpid()));
  pid_t pid = -1;
  children >> pid;
  return pid;
}

async::Task<void> kill_mid_call(Real& real) {
  real.start();
  co_await reaches(real, Health::State::ready);
  async::spawn(real.loop, kill_soon(only_child()));
  auto result = co_await real.keeper->call(tool("wait", R"({"ms":20000})"));
  EXPECT_FALSE(result);
  if (!result) {
    EXPECT_EQ(result.error().outcome, Outcome::ambiguous);
    EXPECT_NE(result.error().error.message.find("signal 9"), std::string::npos) << result.error().error.message;
  }
  auto failing = co_await reaches(real, Health::State::failing);  // it had not run long enough to be trusted at once
  EXPECT_TRUE(failing);
  auto ready = co_await reaches(real, Health::State::ready);
  EXPECT_TRUE(ready);
  co_await expect(real, tool("echo", R"({"message":"again"})"), "again");
  EXPECT_EQ(real.keeper->health().restarts, 1U);
  co_await real.keeper->stop();
}

TEST(RealStdio, AKilledChildLeavesItsCallAmbiguousAndIsStartedAgain) {
  BW_NEEDS_REAL_SERVERS();
  Real real;
  real.declared.sessions = registry::Sessions::shared;
  real.declared.command = node();
  real.declared.args = {e2e("fixture/server.mjs"), "--stdio"};
  async::run(real.loop, kill_mid_call(real));
}

async::Task<void> crash_loop(Real& real) {
  real.start();
  auto failing = co_await reaches(real, Health::State::failing);
  EXPECT_TRUE(failing);
  EXPECT_NE(real.keeper->health().detail.find("exited with 3"), std::string::npos) << real.keeper->health().detail;
  EXPECT_NE(real.keeper->health().detail.find("Error: no such desk"), std::string::npos)
      << real.keeper->health().detail;
  EXPECT_EQ(real.keeper->health().detail.find("hunter2hunter2"), std::string::npos);
  while (real.keeper->health().restarts < 3) {
    real.listener.changed.reset();
    co_await async::wait_any(5'000, real.listener.changed);
  }
  co_await real.keeper->stop();
}

TEST(RealStdio, ACrashLoopIsVisibleAndSlowsDown) {
  Real real;
  ::setenv("BW_TEST_SECRET", "hunter2hunter2", 1);
  real.declared.command = "/bin/sh";
  real.declared.args = {"-c", "echo starting >&2; echo \"Error: no such desk $SECRET\" >&2; exit 3"};
  real.declared.credentials.push_back({.env = "SECRET", .from = {registry::SecretSource::Kind::env, "BW_TEST_SECRET"}});
  async::run(real.loop, crash_loop(real));
}

async::Task<void> clean_environment(Real& real) {
  real.start();
  auto ready = co_await reaches(real, Health::State::ready);
  EXPECT_TRUE(ready) << real.keeper->health().detail;
  auto result = co_await real.keeper->call(tool("env"));
  EXPECT_TRUE(result);
  if (result) {
    EXPECT_EQ(result->body.find("BW_TEST_LEAK"), std::string::npos) << result->body;
    EXPECT_NE(result->body.find("MARK=here"), std::string::npos) << result->body;
    EXPECT_NE(result->body.find("SECRET=[credential]"), std::string::npos) << result->body;
  }
  co_await real.keeper->stop();
}

// Answers in the shell what a server must, and tells its environment.
constexpr const char* kShellServer = R"sh(while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *server/discover*) printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}\n' "$id";;
    *\"initialize\"*) printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}}\n' "$id";;
    *tools/list*) printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"env","inputSchema":{}}]}}\n' "$id";;
    *tools/call*) printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"%s"}]}}\n' "$id" "$(env | sort | tr '\n' ' ' | tr -d '"\\')";;
  esac
done)sh";

TEST(RealStdio, AChildSeesOnlyWhatIsDeclared) {
  Real real;
  ::setenv("BW_TEST_LEAK", "x", 1);
  ::setenv("BW_TEST_SECRET", "hunter2hunter2", 1);
  real.declared.command = "/bin/sh";
  real.declared.args = {"-c", kShellServer};
  real.declared.env = {{"MARK", "here"}};
  real.declared.credentials.push_back({.env = "SECRET", .from = {registry::SecretSource::Kind::env, "BW_TEST_SECRET"}});
  async::run(real.loop, clean_environment(real));
}

async::Task<void> everything(Real& real, RecordingPeer& peer) {
  real.start();
  auto ready = co_await reaches(real, Health::State::ready);
  EXPECT_TRUE(ready) << real.keeper->health().detail;
  EXPECT_TRUE(has_tool(*real.keeper->catalog(), "echo"));
  co_await expect(real, tool("echo", R"({"message":"hello"})"), "hello");
  co_await expect(real, tool("get-sum", R"({"a":2,"b":3})"), "5");
  auto progress = tool("trigger-long-running-operation", R"({"duration":1,"steps":2})");
  progress.peer = &peer;
  progress.progress_token = "\"p\"";
  co_await expect(real, std::move(progress), "completed");
  EXPECT_TRUE(peer.heard(R"("progressToken":"p")"));
  auto prompts = real.keeper->catalog()->prompts;
  EXPECT_FALSE(prompts.empty());
  peer.says = R"({"role":"assistant","content":{"type":"text","text":"sampled words"},"model":"m"})";
  auto sampled = tool("trigger-sampling-request", R"({"prompt":"p","maxTokens":10})");
  sampled.peer = &peer;
  co_await expect(real, std::move(sampled), "sampled words");
  co_await real.keeper->stop();
}

TEST(RealStdio, ServerEverything) {
  BW_NEEDS_REAL_SERVERS();
  Real real;
  real.declared.command = node();
  real.declared.args = {e2e("node_modules/@modelcontextprotocol/server-everything/dist/index.js"), "stdio"};
  RecordingPeer peer;
  async::run(real.loop, everything(real, peer));
}

async::Task<void> files(Real& real, std::string folder) {
  real.start();
  auto ready = co_await reaches(real, Health::State::ready);
  EXPECT_TRUE(ready) << real.keeper->health().detail;
  EXPECT_TRUE(has_tool(*real.keeper->catalog(), "read_text_file"));
  co_await expect(real, tool("write_file", fmt::format(R"({{"path":"{}/a.txt","content":"one\ntwo"}})", folder)),
                  "Successfully");
  co_await expect(real, tool("read_text_file", fmt::format(R"({{"path":"{}/a.txt"}})", folder)), R"(one\ntwo)");
  co_await expect(real, tool("read_text_file", R"({"path":"/etc/passwd"})"), "isError");
  co_await real.keeper->stop();
}

TEST(RealStdio, ServerFilesystem) {
  BW_NEEDS_REAL_SERVERS();
  auto folder = std::filesystem::temp_directory_path() / fmt::format("bw-files-{}", ::getpid());
  std::filesystem::create_directories(folder);
  Real real;
  real.declared.sessions = registry::Sessions::shared;
  real.declared.command = node();
  real.declared.args = {e2e("node_modules/@modelcontextprotocol/server-filesystem/dist/index.js"), folder};
  async::run(real.loop, files(real, folder));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bw::execution
