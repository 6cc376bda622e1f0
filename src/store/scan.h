// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "admission/records.h"
#include "base/result.h"
#include "ledger/entry.h"

// Reading very many recorded actions, once and in order: what re-deciding a month of them needs. For single ones see
// admission::Records.
namespace bw::store {

// Entries from `begin` up to, not including, `end`.
struct EntryRange {
  std::uint64_t begin = 0, end = 0;
};

// The entries of DATA/ledger.db with from_ms <= time < to_ms. Times never go back, so they are one range.
Result<EntryRange> entries_between(const std::string& data_dir, std::int64_t from_ms, std::int64_t to_ms);

// An action's first entry: its intent, refusal or hold. Views are good until the next one.
struct FirstEntry {
  const ledger::Entry& entry;
  std::optional<std::string_view> args;    // JSON; none when they were erased
  std::optional<std::string_view> checks;  // JSON: the explanation of the decision; none when there is none, or erased
};

// Calls `visit` for each action that begins in `range`, in order, and `passed` with each multiple of 4096 entries and at
// the end with how many it has passed since the call before. Reads through a connection of its own, from one snapshot of
// the file, also while a server writes; blocking, from any thread.
Status scan_actions(const std::string& data_dir, EntryRange range, const std::function<void(const FirstEntry&)>& visit,
                    const std::function<void(std::uint64_t)>& passed);

// Reads whole runs, from one snapshot of the file. Blocking; one thread at a time.
class RunReader {
 public:
  virtual ~RunReader() = default;
  // Calls `visit` for each entry of the run's actions, oldest first; never, when there is no such run.
  virtual Status read(const std::string& run, const std::function<void(const ledger::Entry&)>& visit) = 0;
  virtual Result<admission::ContentValues> contents(std::uint64_t seq) = 0;
};
Result<std::unique_ptr<RunReader>> open_runs(const std::string& data_dir);

// Calls `visit` for each entry in `range`, in order, with its bytes, which are good until the next one; and `passed` as above.
Status scan_leaves(const std::string& data_dir, EntryRange range,
                   const std::function<Status(std::uint64_t seq, std::string_view leaf)>& visit,
                   const std::function<void(std::uint64_t)>& passed);

}  // namespace bw::store
