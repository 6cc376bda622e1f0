// SPDX-License-Identifier: Apache-2.0
#include "admission/prepare.h"

#include <fmt/core.h>

#include <initializer_list>

#include "admission/meters.h"
#include "admission/request.h"
#include "admission/subjects.h"
#include "json/utf8.h"

namespace bw::admission {
namespace {

constexpr std::size_t name_bytes_max = 1024;

struct Named {
  std::string_view what;
  const std::string& value;
  bool needed = false;
};

// Names and ids go into leaves, tables and messages: they must be text of a sane size.
Status check_names(std::initializer_list<Named> names) {
  for (const auto& [what, value, needed] : names) {
    if (needed && value.empty()) return fail(Code::invalid_argument, fmt::format("a change without {}", what));
    if (value.size() > name_bytes_max) {
      return fail(Code::invalid_argument,
                  fmt::format("{} has {} bytes, more than {}", what, value.size(), name_bytes_max));
    }
    if (!json::is_utf8(value)) return fail(Code::invalid_argument, fmt::format("{} is not UTF-8", what));
  }
  return {};
}

Status check(const domain::Action& action) {
  if (action.subjects.size() > subjects_max)
    return fail(Code::invalid_argument,
                fmt::format("an action speaks of {} subjects, more than {}", action.subjects.size(), subjects_max));
  for (const auto& subject : action.subjects) {
    BW_OK(check_subject(subject));
  }
  return check_names({{"action id", action.id, true},
                      {"run", action.run},
                      {"agent", action.principal.agent, true},
                      {"workflow", action.principal.workflow},
                      {"environment", action.principal.environment},
                      {"token", action.principal.token},
                      {"upstream", action.upstream},
                      {"tool", action.name, true},
                      {"tool digest", action.tool_digest},
                      {"action digest", action.digest, true}});
}

Status check(const DecisionSummary& decision) {
  for (const auto& rule : decision.rules) {
    BW_OK(check_names({{"rule", rule}}));
  }
  return {};
}

// Each field has one period, so that two do not quarrel about it.
Status check(const std::vector<ledger::Retention>& retention) {
  ledger::Fields seen;
  for (const auto& one : retention) {
    BW_OK(check_names({{"retention class", one.name, true}}));
    if (one.ms <= 0 || one.fields.empty() || !(seen & one.fields).empty())
      return fail(Code::invalid_argument, fmt::format("retention class {} says no period, or a second one", one.name));
    seen = seen | one.fields;
  }
  return {};
}

// Reads the change and moves its contents, still without salt, out of it.
struct Preparation {
  ledger::Contents values;

  Status operator()(Admit& change) {
    BW_OK(check(change.action));
    BW_OK(check(change.decision));
    BW_OK(check(change.retention));
    BW_OK(check_names({{"snapshot", change.snapshot},
                       {"ticket", change.ticket},
                       {"credential", change.credential},
                       {"undo", change.undo}}));
    for (const auto& charge : change.charges) {
      BW_OK(check_names({{"meter", charge.meter, true}, {"meter's key", charge.key}}));
      BW_OK(check_charge(charge));
    }
    if (change.decision.verdict == domain::Verdict::deny) {
      return fail(Code::invalid_argument, "an action that policy denies cannot be admitted");
    }
    if (change.decision.verdict == domain::Verdict::hold && change.ticket.empty()) {
      return fail(Code::invalid_argument, "an action that policy holds cannot be admitted without a ticket");
    }
    values.args = std::move(change.action.arguments);
    values.subject = write_subjects(std::move(change.action.subjects));
    values.checks = std::move(change.decision.checks);
    return {};
  }
  Status operator()(Settle& change) {
    BW_OK(check_names({{"action id", change.action, true}}));
    bool counted = change.outcome == domain::Outcome::succeeded || change.outcome == domain::Outcome::failed;
    for (const auto& actual : change.actuals) {
      BW_OK(check_charge({.meter = actual.meter, .key = actual.key, .amount = actual.amount}));
      if (!counted)
        return fail(Code::invalid_argument, "amounts are corrected only for an action that succeeded or failed");
    }
    values.out = std::move(change.result);
    values.why = std::move(change.error_text);
    return {};
  }
  Status operator()(Refuse& change) {
    BW_OK(check(change.action));
    BW_OK(check(change.decision));
    BW_OK(check(change.retention));
    BW_OK(check_names({{"snapshot", change.snapshot}}));
    values.args = std::move(change.action.arguments);
    values.subject = write_subjects(std::move(change.action.subjects));
    values.checks = std::move(change.decision.checks);
    values.why = std::move(change.decision.reason);
    return {};
  }
  Status operator()(Hold& change) {
    BW_OK(check(change.action));
    BW_OK(check(change.decision));
    BW_OK(check(change.retention));
    BW_OK(check_names({{"snapshot", change.snapshot}}));
    for (const auto& reviewer : change.reviewers) {
      BW_OK(check_names({{"reviewer", reviewer, true}}));
    }
    if (change.quorum != 1) return fail(Code::invalid_argument, "only a quorum of 1 is understood");
    if (change.expires_at_ms <= 0) return fail(Code::invalid_argument, "a ticket must expire");
    values.args = std::move(change.action.arguments);
    values.subject = write_subjects(std::move(change.action.subjects));
    change.action.arguments.clear();
    values.text = write_request({change.action, change.terms});
    values.reviewers = write_reviewers(change.reviewers);
    values.checks = std::move(change.decision.checks);
    values.why = std::move(change.decision.reason);
    return {};
  }
  Status operator()(Decide& change) {
    values.why = std::move(change.reason);
    return check_names({{"ticket", change.ticket, true}, {"person", change.by, true}});
  }
  Status operator()(Withdraw& change) {
    return check_names({{"ticket", change.ticket, true}, {"agent", change.agent, true}});
  }
  Status operator()(Expire&) { return {}; }
  Status operator()(SetSwitch& change) {
    values.why = std::move(change.reason);
    bool named = change.scope.kind != domain::Scope::Kind::everything;
    return check_names({{"scope", change.scope.name, named}, {"person", change.by, true}});
  }
  Status operator()(Apply& change) {
    values.text = std::move(change.text);
    values.why = std::move(change.message);
    return check_names({{"snapshot digest", change.digest, true}, {"author", change.author, true}});
  }
  Status operator()(IssueToken& change) {
    return check_names({{"token", change.token, true},
                        {"agent", change.agent, true},
                        {"workflow", change.workflow},
                        {"environment", change.environment},
                        {"person", change.by, true}});
  }
  Status operator()(RevokeToken& change) {
    if (change.token.empty() == change.agent.empty()) {
      return fail(Code::invalid_argument, "revoke either a token or an agent's tokens");
    }
    values.why = std::move(change.reason);
    return check_names({{"token", change.token}, {"agent", change.agent}, {"person", change.by, true}});
  }
  Status operator()(Pin& change) {
    values.text = std::move(change.definition);
    return check_names({{"upstream", change.upstream, true},
                        {"tool", change.tool, true},
                        {"tool digest", change.digest, true},
                        {"person", change.by}});
  }
  Status operator()(Reconcile& change) {
    if (change.outcome != domain::Outcome::succeeded && change.outcome != domain::Outcome::not_executed) {
      return fail(Code::invalid_argument, "an ambiguous action either succeeded or was not executed");
    }
    values.why = std::move(change.reason);
    return check_names({{"action id", change.action, true}, {"person", change.by, true}});
  }
  Status operator()(Erase& change) {
    if (change.targets.empty() || change.targets.size() > Erase::targets_max)
      return fail(Code::invalid_argument, fmt::format("erase the contents of 1 to {} actions", Erase::targets_max));
    for (const auto& target : change.targets) {
      BW_OK(check_names({{"action id", target.action, true}}));
      if (target.fields.empty()) return fail(Code::invalid_argument, "no field is named that is to be erased");
    }
    values.why = std::move(change.reason);
    return check_names({{"person", change.by, true}});
  }
  Status operator()(Prune& change) {
    if (change.entries.empty() || change.entries.size() > Prune::entries_max)
      return fail(Code::invalid_argument, fmt::format("expire contents of 1 to {} entries", Prune::entries_max));
    return check_names({{"retention class", change.name, true}});
  }
  Status operator()(SetLegalHold& change) {
    values.why = std::move(change.reason);
    bool named = change.scope.kind != domain::Scope::Kind::everything;
    return check_names({{"scope", change.scope.name, named}, {"person", change.by, true}});
  }
  Status operator()(SetShadow& change) {
    if (change.on == change.text.empty())
      return fail(Code::invalid_argument, "a candidate that begins has a text, and one that ends has none");
    values.text = std::move(change.text);
    values.why = std::move(change.reason);
    return check_names({{"candidate's digest", change.digest, true}, {"person", change.by, true}});
  }
};

}  // namespace

Result<Prepared> prepare(Change change, const AdmissionOptions& options) {
  Preparation preparation;
  BW_OK(std::visit(preparation, change));
  auto& values = preparation.values;
  Prepared prepared{.change = std::move(change), .contents = {}, .commitments = {}};
  auto& contents = prepared.contents;
  for (auto [value, stored] : {std::pair(&values.args, &contents.args), std::pair(&values.out, &contents.out),
                               std::pair(&values.why, &contents.why), std::pair(&values.checks, &contents.checks),
                               std::pair(&values.text, &contents.text), std::pair(&values.subject, &contents.subject),
                               std::pair(&values.reviewers, &contents.reviewers)}) {
    if (value->size() > options.content_bytes_max) {
      return fail(Code::invalid_argument,
                  fmt::format("a content has {} bytes, more than {}", value->size(), options.content_bytes_max));
    }
    *stored = ledger::salt_content(*value);
  }
  prepared.commitments = ledger::commit(contents);
  return prepared;
}

}  // namespace bw::admission
