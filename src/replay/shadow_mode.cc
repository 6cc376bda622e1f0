// SPDX-License-Identifier: Apache-2.0
#include "replay/shadow_mode.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/durable_file.h"
#include "base/log.h"
#include "gateway/committer.h"
#include "json/document.h"
#include "json/writer.h"
#include "replay/recorded_run.h"

namespace bw::replay {
namespace {

using admission::Committed;
using admission::SetShadow;

constexpr std::string_view by_server = "server";
constexpr json::Limits file_limits{.bytes_max = 1'000, .depth_max = 2, .values_max = 10};

// One candidate is started or stopped at a time.
class Turn {
 public:
  explicit Turn(bool& taken) : taken_(taken), mine_(!std::exchange(taken, true)) {}
  ~Turn() {
    if (mine_) taken_ = false;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  Status check() const {
    if (mine_) return {};
    return fail(Code::failed_precondition,
                "another candidate is being started or stopped at this moment; look at `bailiwick shadow report`");
  }

 private:
  bool& taken_;
  const bool mine_;
};

// What DATA/shadow says. `entries` counts the ledger's `shadow` entries up to that one: where there are more, something was started or
// stopped that a crash kept from being written here.
struct Kept {
  std::uint64_t entry = 0, entries = 0;
};

std::string file_of(const std::string& data_dir) { return data_dir + "/shadow"; }

Result<std::uint64_t> entries_of_shadow(admission::Records& records) {
  BW_TRY(auto counts, records.counts());
  for (const auto& [word, n] : counts.by_word) {
    if (word == name(ledger::Kind::shadow)) return n;
  }
  return 0;
}

Status keep(const std::string& data_dir, Kept kept) {
  json::Writer w;
  w.begin_object()
      .member("entry", static_cast<std::int64_t>(kept.entry))
      .member("entries", static_cast<std::int64_t>(kept.entries))
      .end_object();
  return write_durably(file_of(data_dir), w.text() + "\n", 0600);
}

// The ledger says already that it ended: a file that stays is refused by what it counts.
void forget(const std::string& data_dir) {
  std::error_code error;
  std::filesystem::remove(file_of(data_dir), error);
  if (error) log::warn("shadow: cannot remove `{}`: {}", file_of(data_dir), error.message());
}

Result<std::optional<Kept>> read_kept(const std::string& data_dir) {
  auto text = read_file(file_of(data_dir), file_limits.bytes_max);
  if (!text && text.error().code == Code::not_found) return std::nullopt;
  if (!text) return fail(std::move(text).error());
  auto wrong = [&] {
    return fail(Code::data_loss, fmt::format("`{}` does not say {{\"entry\":N,\"entries\":N}}", file_of(data_dir)));
  };
  auto document = json::Document::parse(*text, file_limits);
  if (!document || document->root().size() != 2) return wrong();
  auto entry = document->root()["entry"].integer(), entries = document->root()["entries"].integer();
  if (!entry || *entry < 0 || !entries || *entries <= 0) return wrong();
  return Kept{static_cast<std::uint64_t>(*entry), static_cast<std::uint64_t>(*entries)};
}

// The entry that started the candidate of `kept`.
Result<ledger::Entry> entry_of(admission::Records& records, const Kept& kept) {
  BW_TRY(auto entries, entries_of_shadow(records));
  if (entries != kept.entries)
    return fail(Code::not_found,
                fmt::format("{} `shadow` entries are recorded, and not {}: another one was started or stopped", entries,
                            kept.entries));
  BW_TRY(auto stored, records.entries(kept.entry, 1));
  bool starts = !stored.empty() && stored.front().entry.seq == kept.entry &&
                stored.front().entry.kind == ledger::Kind::shadow && stored.front().entry.state == "started";
  if (!starts) return fail(Code::data_loss, fmt::format("entry {} starts no candidate", kept.entry));
  return stored.front().entry;
}

Result<gateway::Live> live_of(admission::Records& records, const ledger::Entry& entry) {
  BW_TRY(auto contents, records.contents(entry.seq));
  BW_TRY(auto snapshot, registry::Snapshot::from_canonical(contents.text));
  BW_TRY(auto known, known_definitions(records));
  auto prepared = gateway::prepare(std::move(snapshot), known.definitions);
  if (prepared.live.plan) return std::move(prepared.live);
  return fail(Code::failed_precondition,
              "its rules do not compile with this version: " +
                  (prepared.diagnostics.empty() ? std::string() : prepared.diagnostics.front().message));
}

}  // namespace

// On the pool.
Status ShadowMode::run(gateway::Live live, ShadowReport::Begun begun) {
  BW_TRY(auto candidate, Candidate::make(parts_.data_dir, parts_.records, std::move(live), std::move(begun)));
  shadow_.start(std::move(candidate));
  return {};
}

async::Task<Result<ShadowReport>> ShadowMode::start(gateway::Live live, std::string by) {
  Turn turn(changing_);
  BW_CO_OK(turn.check());
  std::string digest = live.snapshot->digest();
  admission::Change change =
      SetShadow{.digest = digest, .text = live.snapshot->canonical(), .on = true, .by = by, .reason = ""};
  Result<Committed> committed = co_await gateway::commit(parts_.admission, std::move(change));
  if (!committed) co_return fail(std::move(committed).error());
  ShadowReport::Begun begun{.entry = committed->seq, .by = std::move(by), .at_ms = committed->at_ms};
  auto begin = [this, live = std::move(live), begun]() -> Status {
    BW_TRY(auto entries, entries_of_shadow(parts_.records));
    BW_OK(keep(parts_.data_dir, {begun.entry, entries}));
    return run(live, begun);
  };
  Status running = co_await async::offload(parts_.pool, std::move(begin));
  if (!running) {
    co_await give_up(std::move(digest), running.error().message);
    co_return fail(std::move(running).error().with("the candidate is recorded, and does not run"));
  }
  lost_.clear();
  co_return *report();
}

async::Task<Result<ShadowReport>> ShadowMode::stop(std::string by) {
  Turn turn(changing_);
  BW_CO_OK(turn.check());
  auto found = report();
  if (!found) co_return fail(Code::not_found, "no candidate is in shadow mode");
  admission::Change change =
      SetShadow{.digest = found->candidate, .text = "", .on = false, .by = std::move(by), .reason = ""};
  Result<Committed> committed = co_await gateway::commit(parts_.admission, std::move(change));
  if (!committed) co_return fail(std::move(committed).error());
  auto finish = [this] {
    forget(parts_.data_dir);
    return *shadow_.stop();
  };
  Result<ShadowReport> last = co_await async::offload(parts_.pool, std::move(finish));
  co_return last;
}

Status ShadowMode::run_of(const ledger::Entry& entry) {
  BW_TRY(auto live, live_of(parts_.records, entry));
  return run(std::move(live), {.entry = entry.seq, .by = entry.by, .at_ms = entry.at_ms});
}

// On the pool.
Result<ShadowMode::Earlier> ShadowMode::go_on() {
  BW_TRY(auto kept, read_kept(parts_.data_dir));
  if (!kept) return Earlier();
  BW_TRY(auto entry, entry_of(parts_.records, *kept));
  auto running = run_of(entry);
  return Earlier{entry.snapshot, running ? std::string() : running.error().message};
}

async::Task<void> ShadowMode::resume() {
  auto work = [this] { return go_on(); };
  Result<Earlier> earlier = co_await async::offload(parts_.pool, std::move(work));
  if (!earlier) earlier = Earlier{.candidate = "", .trouble = earlier.error().message};
  if (earlier->trouble.empty()) {
    if (!earlier->candidate.empty()) log::info("shadow: candidate {} goes on", earlier->candidate);
    co_return;
  }
  lost_ = fmt::format("the candidate of before the restart{} does not go on: {}",
                      earlier->candidate.empty() ? "" : ", " + earlier->candidate + ",", earlier->trouble);
  co_await give_up(std::move(earlier->candidate), std::move(earlier->trouble));
}

// No candidate runs any more; where it is known which one should, the ledger says why it does not.
async::Task<void> ShadowMode::give_up(std::string candidate, std::string why) {
  log::warn("shadow: candidate {} does not run: {}", candidate.empty() ? "of before" : candidate, why);
  if (!candidate.empty()) {
    admission::Change change = SetShadow{
        .digest = std::move(candidate), .text = "", .on = false, .by = std::string(by_server), .reason = std::move(why)};
    [[maybe_unused]] Result<Committed> committed = co_await gateway::commit(parts_.admission, std::move(change));
  }
  auto remove = [this] {
    (void)shadow_.stop();
    forget(parts_.data_dir);
  };
  [[maybe_unused]] Status removed = co_await async::offload(parts_.pool, std::move(remove));
}

}  // namespace bw::replay
