// SPDX-License-Identifier: Apache-2.0
#include "notary/witness.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/durable_file.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace bw::notary {
namespace {

constexpr std::size_t proof_lines_max = 63;
constexpr std::size_t request_bytes_max = ledger::note_bytes_max + 4096;

Witness::Answer refuse(int status, std::string_view why) {
  return {.status = status, .body = fmt::format("{}\n", why)};
}

Result<ledger::NoteSigner> load_or_create_key(const std::string& folder, const std::string& name) {
  auto path = folder + "/witness.key";
  auto text = read_private_file(path, 4096);
  if (text) {
    BW_TRY(auto signer, ledger::NoteSigner::parse(trim(*text)));
    if (signer.verifier().kind() == ledger::KeyKind::cosignature && (name.empty() || signer.verifier().name() == name))
      return signer;
    return fail(Code::failed_precondition, fmt::format("`{}` is the key of `{}`", path, signer.verifier().name()));
  }
  if (text.error().code != Code::not_found) return fail(std::move(text).error());
  if (!ledger::is_key_name(name))
    return fail(Code::invalid_argument, "--name: expected a name without spaces and plus, as witness.example.com");
  ledger::NoteSigner signer(name, ledger::KeyKind::cosignature, crypto::SigningKey::generate());
  BW_OK(write_durably(path, signer.secret() + "\n", 0600));
  return signer;
}

Result<int> take_lock(const std::string& folder) {
  auto path = folder + "/lock";
  int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return fail(Code::unavailable, fmt::format("cannot open `{}`", path));
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  ::close(lock);
  return fail(Code::failed_precondition, fmt::format("`{}` is in use by another witness", folder));
}

}  // namespace

Result<std::unique_ptr<Witness>> Witness::open(const std::string& folder, const std::string& name,
                                               std::vector<ledger::NoteVerifier> logs) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Code::unavailable, fmt::format("cannot make `{}`: {}", folder, error.message()));
  BW_TRY(auto lock, take_lock(folder));
  auto signer = load_or_create_key(folder, name);
  if (signer) return std::unique_ptr<Witness>(new Witness(folder, *std::move(signer), std::move(logs), lock));
  ::close(lock);
  return fail(std::move(signer).error());
}

Witness::~Witness() { ::close(lock_); }

std::string Witness::path_of(std::string_view origin) const {
  return fmt::format("{}/{}.checkpoint", folder_, to_hex(crypto::sha256(origin)));
}

// The empty tree when nothing was signed for the origin yet.
Result<ledger::Checkpoint> Witness::last_of(const std::string& origin) const {
  auto bytes = read_file(path_of(origin), ledger::note_bytes_max);
  if (!bytes && bytes.error().code == Code::not_found)
    return ledger::Checkpoint{origin, 0, ledger::Frontier().root(), ""};
  if (!bytes) return fail(std::move(bytes).error());
  BW_TRY(auto note, ledger::parse_note(*bytes));
  BW_OK(ledger::check_note(note, std::vector{signer_.verifier()}));
  return ledger::parse_checkpoint(note.text);
}

Result<WitnessRequest> parse_witness_request(std::string_view body) {
  constexpr std::string_view old = "old ";
  WitnessRequest out;
  for (bool first = true;; first = false) {
    auto end = body.find('\n');
    if (end == std::string_view::npos) return fail(Code::invalid_argument, "the request has no checkpoint");
    auto line = body.substr(0, end);
    body.remove_prefix(end + 1);
    if (first) {
      if (!line.starts_with(old)) return fail(Code::invalid_argument, "the first line is not `old SIZE`");
      BW_TRY(out.old_size, ledger::parse_decimal(line.substr(old.size())));
      continue;
    }
    if (line.empty()) break;
    if (out.proof.size() == proof_lines_max) return fail(Code::invalid_argument, "the proof has more than 63 hashes");
    BW_TRY(auto hash, ledger::parse_hash(line));
    out.proof.push_back(hash);
  }
  out.checkpoint = body;
  return out;
}

Witness::Answer Witness::add_checkpoint(std::string_view body, std::int64_t now_s) {
  auto request = parse_witness_request(body);
  if (!request) return refuse(400, request.error().message);
  auto note = ledger::parse_note(request->checkpoint);
  if (!note) return refuse(400, note.error().message);
  auto told = ledger::parse_checkpoint(note->text);
  if (!told) return refuse(400, told.error().message);
  bool known = std::ranges::any_of(logs_, [&](const auto& log) { return log.name() == told->origin; });
  if (!known) return refuse(404, "the origin is not known here");
  auto submitted = ledger::open_checkpoint(request->checkpoint, logs_);
  if (!submitted) return refuse(403, submitted.error().message);
  return judge(*request, *submitted, now_s);
}

Witness::Answer Witness::judge(const WitnessRequest& request, const ledger::SignedCheckpoint& submitted,
                               std::int64_t now_s) {
  const auto& checkpoint = submitted.checkpoint;
  if (request.old_size > checkpoint.size) return refuse(400, "the old size is above that of the checkpoint");
  auto last = last_of(checkpoint.origin);
  if (!last) {
    log::error("cannot read what was signed last: {}", last.error().message);
    return refuse(500, "this witness cannot read its records");
  }
  if (request.old_size != last->size)
    return {.status = 409, .content_type = "text/x.tlog.size", .body = fmt::format("{}\n", last->size)};
  if (!ledger::verify_consistency(last->size, checkpoint.size, last->root, checkpoint.root, request.proof)) {
    // Signed by the ledger, and no continuation: evidence, kept in the log of this process.
    log::error("{} does not continue its checkpoint of {} entries:\n{}", checkpoint.origin, last->size,
               submitted.bytes());
    return refuse(422, "it does not continue the checkpoint that was signed last");
  }
  auto cosignature = signer_.sign(submitted.note.text, now_s);
  ledger::Note kept{submitted.note.text, {}};
  for (auto i : submitted.signed_by) {
    auto own = std::ranges::find_if(submitted.note.signatures, [&](const auto& one) { return logs_[i].is_of(one); });
    kept.signatures.push_back(*own);
  }
  kept.signatures.push_back(cosignature);
  if (auto stored = write_durably(path_of(checkpoint.origin), format(kept), 0644); !stored) {
    log::error("nothing is signed: {}", stored.error().message);
    return refuse(500, "this witness cannot write its records");
  }
  return {.body = format(cosignature)};
}

Witness::Answer Witness::checkpoint(std::string_view origin_hash) const {
  bool is_hash = origin_hash.size() == 64 && from_hex(origin_hash).has_value();
  auto bytes = read_file(fmt::format("{}/{}.checkpoint", folder_, is_hash ? origin_hash : "-"), ledger::note_bytes_max);
  return bytes ? Answer{.body = *std::move(bytes)} : refuse(404, "nothing was signed for this origin");
}

namespace {

class WitnessHandler final : public http::Handler {
 public:
  WitnessHandler(Witness& witness, const Clock& clock) : witness_(witness), clock_(clock) {}

  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override {
    auto answer = route(request);
    http::Response response;
    response.status = answer.status;
    response.headers.set("content-type", answer.content_type);
    response.headers.set("cache-control", "no-cache");
    response.body = std::move(answer.body);
    writer.respond(std::move(response));
    co_return;
  }
  std::size_t body_bytes_max(const http::Request&, const http::ServerLimits&) const override {
    return request_bytes_max;
  }

 private:
  Witness::Answer route(const http::Request& request) {
    auto path = request.path();
    constexpr std::string_view page = "/checkpoint";
    if (request.method == "POST" && path == "/add-checkpoint")
      return witness_.add_checkpoint(request.body, clock_.now_ms() / 1000);
    if (request.method == "GET" && path.ends_with(page) && path.size() > page.size())
      return witness_.checkpoint(path.substr(1, path.size() - page.size() - 1));
    return refuse(404, "a witness answers POST /add-checkpoint and GET /ORIGIN-HASH/checkpoint");
  }

  Witness& witness_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<http::Handler> make_witness_handler(Witness& witness, const Clock& clock) {
  return std::make_unique<WitnessHandler>(witness, clock);
}

}  // namespace bw::notary
