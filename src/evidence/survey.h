// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "evidence/pack.h"
#include "registry/snapshot.h"

namespace bw::evidence {

// How many rows of a table the page shows; the files beside it have all.
constexpr std::size_t rows_max = 1000;

// One entry as the export has it.
struct Sight {
  const ledger::Entry& entry;
  const std::string& leaf_hash;
  bool in_period = false;         // else it stands in the export because the period rests on it
  bool taken = false;             // belongs to the subject, so its contents are here
  std::vector<Content> contents;  // one for each commitment when taken, else none
  Values values;                  // of those that are present
};

// What a person decided about a held action, or how its ticket ended without one.
struct Approval {
  std::string ticket, action, tool, agent, decision, by, reason, asked;
  std::int64_t asked_at_ms = 0, at_ms = 0;
  std::uint64_t entry = 0, asked_entry = 0;
};

// Something that did not go the ordinary way.
struct Exception {
  std::int64_t at_ms = 0;
  std::uint64_t entry = 0;
  std::string kind;     // refusal, ambiguous, reconcile, switch, …
  std::string subject;  // the action's tool, the scope, the token …
  std::string who, what;
};

struct ActionLine {
  std::uint64_t entry = 0;
  std::int64_t at_ms = 0;
  std::string action, agent, workflow, tool, args, verdict, ended;
  std::vector<std::string> rules;
};

struct RegistryLine {
  std::uint64_t entry = 0;
  std::int64_t at_ms = 0;
  std::string digest, by, why, changes;  // since the one before, as `bailiwick plan` says it
  bool in_period = false;
};

struct ToolCounts {
  std::uint64_t admitted = 0, held = 0, refused = 0, failed = 0, ambiguous = 0;
};
using Bucket = std::array<std::uint64_t, 3>;  // admitted, held, refused

// What an export adds up to, and whether it holds together: each entry of an action follows the one before it, time does not
// go back, what was held ran only with an approval that stands in the export, and every registry that is named is there. Built by
// whoever writes an export and by whoever checks one, from the same entries in the same order, so their answers are the same.
// Memory does not grow with the period, but for the actions of which the export has more than one entry.
class Survey {
 public:
  // Lines of the files `approvals` and `exceptions`, with their newlines.
  struct Sinks {
    std::function<void(const std::string&)> approval, exception;
  };
  explicit Survey(Sinks sinks) : sinks_(std::move(sinks)) {}

  // Entries by ascending number. Errors: data_loss with what was found.
  Status add(const Sight& sight);
  void add_concealed() { ++concealed; }

  std::map<std::string, std::uint64_t> kinds;  // entries of the subject in the period
  std::uint64_t others = 0, concealed = 0;     // entries in the period that are not of it, shown and not shown
  std::uint64_t present = 0, erased = 0, missing = 0;
  std::uint64_t approvals_all = 0, exceptions_all = 0, actions_all = 0;
  std::map<std::string, ToolCounts> tools;
  std::map<std::string, std::uint64_t> refusals;  // by why
  std::map<std::int64_t, Bucket> hours;           // since 1970
  std::vector<Approval> approvals;                // the first rows_max of each
  std::vector<Exception> exceptions;
  std::vector<ActionLine> actions;
  std::vector<RegistryLine> registries;
  std::shared_ptr<const registry::Snapshot> registry;  // the one that was live at the end; null when it is not known

 private:
  struct Known {
    std::string last_hash, tool, agent;
    std::size_t line = rows_max;  // in `actions`
  };
  struct Ticket {
    Approval asked;
    std::string digest, state;
    std::int64_t expires_at_ms = 0;
    std::optional<std::vector<std::string>> reviewers;  // none: not known any more
  };

  Status check_chain(const Sight& sight);
  Status check_registry(const Sight& sight);
  Status see_hold(const Sight& sight);
  Status see_decision(const Sight& sight);
  Status see_intent(const Sight& sight);
  Status see_apply(const Sight& sight);
  void count(const Sight& sight);
  void count_contents(const Sight& sight);
  void list_action(const Sight& sight);
  void note_end(const Sight& sight);
  void note_exception(const Sight& sight);
  void except(const Sight& sight, std::string kind, std::string what);
  void decided(Approval approval);
  std::string tool_of(const ledger::Entry& entry) const;

  Sinks sinks_;
  std::int64_t at_ms_ = 0;
  bool running_ = false;  // a start stands without its stop
  std::unordered_map<std::string, Known> known_;
  std::unordered_map<std::string, Ticket> tickets_;
  std::map<std::string, bool> snapshots_;  // named, and whether its text is here
};

std::string to_json(const Approval& approval);
std::string to_json(const Exception& exception);

}  // namespace bw::evidence
