// SPDX-License-Identifier: Apache-2.0
// What holds of every policy, whatever it says. Policies and calls are made from a seed, which a failure prints; the
// environment variable BW_SEED runs one seed alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "base/text.h"
#include "cel/compile.h"
#include "cel/from_json.h"
#include "policy/generated_fake.h"
#include "policy/judge.h"
#include "policy/schema_type.h"

namespace bw::policy {
namespace {

using domain::Verdict;

// The judge that is obviously right: looks at every rule there is, evaluates every condition, remembers nothing.
class Naive {
 public:
  explicit Naive(const Sources& sources) : sources_(sources) {
    auto schema = json::Document::parse(sources.tools.front().input_schema).value();
    args_ = schema_type(schema.root(), "args");
    facts_ = cel::Type::object(cel::make_object("facts", {{"score", cel::Type::float64()}}));
    args_slot_ = environment_.declare("args", args_);
    facts_slot_ = environment_.declare("facts", facts_);
  }

  struct Seen {
    Truth truth;
    bool satisfied;
  };

  // Every rule that speaks of the action, by id.
  std::map<std::string, Seen> look(const domain::Action& action, json::Value args) {
    cel::Arena arena;
    cel::Activation activation(environment_);
    activation.bind(args_slot_, cel::from_json(args, args_, "args", arena));
    std::array unavailable{cel::Value::error(arena, cel::Fault::host, "unavailable")};
    activation.bind(facts_slot_, cel::Value::object(arena, *facts_.object(), unavailable));
    std::map<std::string, Seen> out;
    for (const auto& policy : sources_.policies) {
      for (const auto& rule : policy.rules) {
        if (!speaks_of(rule.match, action)) continue;
        Truth truth = truth_of(rule, activation, arena);
        out[rule.id] = {truth, truth == Truth::yes || (truth == Truth::error && rule.effect != Verdict::allow)};
      }
    }
    return out;
  }

 private:
  static bool matches(const std::vector<std::string>& patterns, std::string_view text) {
    return patterns.empty() || std::ranges::any_of(patterns, [&](const auto& p) { return glob_match(p, text); });
  }
  static bool speaks_of(const domain::Match& match, const domain::Action& action) {
    return matches(match.tool, action.name) && matches(match.agent, action.principal.agent) &&
           matches(match.workflow, action.principal.workflow);
  }

  Truth ask(const domain::Expression& text, const cel::Activation& activation, cel::Arena& arena) {
    auto [known, fresh] = programs_.try_emplace(text.text);
    if (fresh) known->second = cel::compile(text.text, environment_, {.expected = cel::Type::boolean()}).program;
    cel::Value value = cel::evaluate(*known->second, activation, arena);
    return value.is_true() ? Truth::yes : value.is_false() ? Truth::no : Truth::error;
  }

  static Truth opposite(Truth t) { return t == Truth::yes ? Truth::no : t == Truth::no ? Truth::yes : t; }
  static Truth both(Truth a, Truth b) {
    if (a == Truth::no || b == Truth::no) return Truth::no;
    return a == Truth::error || b == Truth::error ? Truth::error : Truth::yes;
  }
  static Truth either(Truth a, Truth b) { return opposite(both(opposite(a), opposite(b))); }

  Truth truth_of(const domain::Rule& rule, const cel::Activation& activation, cel::Arena& arena) {
    Truth out = Truth::yes;
    for (const auto& text : rule.all) out = both(out, ask(text, activation, arena));
    for (const auto& text : rule.unless) out = both(out, opposite(ask(text, activation, arena)));
    if (rule.any.empty()) return out;
    Truth one = Truth::no;
    for (const auto& text : rule.any) one = either(one, ask(text, activation, arena));
    return both(out, one);
  }

  const Sources& sources_;
  cel::Type args_, facts_;
  cel::Environment environment_;
  std::size_t args_slot_ = 0, facts_slot_ = 0;
  std::map<std::string, std::optional<cel::Program>> programs_;
};

// One generated world with calls, of which some do not fit the tools' schemas.
struct Case {
  explicit Case(std::uint64_t seed, int rules = 150) : world(seed, options(rules)), sources(world.sources()) {
    plan = compile(sources).plan;
    for (int i = 0; i < 60; ++i) {
      texts.push_back(world.percent(20) ? world.damaged_arguments() : world.arguments(0));
      actions.push_back(world.action());
    }
  }
  static generated::Options options(int rules) {
    return {.rules = rules, .tools = 4, .agents = 12, .workflows = 3, .general_percent = 20, .failing_percent = 10};
  }

  template <class Each>
  void each(const Each& each) const {
    for (std::size_t i = 0; i < actions.size(); ++i) {
      SCOPED_TRACE(texts[i]);
      auto document = json::Document::parse(texts[i]).value();
      each(actions[i], document.root());
    }
  }

  generated::World world;
  Sources sources;
  std::shared_ptr<const Plan> plan;
  std::vector<domain::Action> actions;
  std::vector<std::string> texts;
};

std::vector<std::uint64_t> seeds() {
  if (const char* one = std::getenv("BW_SEED")) return {std::strtoull(one, nullptr, 10)};
  std::vector<std::uint64_t> out;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) out.push_back(seed);
  return out;
}

class Properties : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    RecordProperty("seed", static_cast<int>(GetParam()));
    ASSERT_TRUE(generated.plan) << format(compile(generated.sources).diagnostics.front());
  }
  Case generated{GetParam()};
};

std::set<std::string> ids(const std::vector<domain::RuleResult>& rules) {
  std::set<std::string> out;
  for (const auto& rule : rules) {
    if (!rule.rule.starts_with("builtin/")) out.insert(rule.rule);
  }
  return out;
}

const domain::Rule& rule_of(const Sources& sources, const std::string& id) {
  const auto& rules = sources.policies.front().rules;
  return *std::ranges::find(rules, id, &domain::Rule::id);
}

TEST_P(Properties, ASatisfiedDenyDenies) {
  Naive naive(generated.sources);
  int denied = 0;
  generated.each([&](const domain::Action& action, json::Value args) {
    bool deny = false;
    for (const auto& [id, seen] : naive.look(action, args))
      deny = deny || (seen.satisfied && rule_of(generated.sources, id).effect == Verdict::deny);
    if (!deny) return;
    ++denied;
    EXPECT_EQ(judge(*generated.plan, {action, args}).verdict, Verdict::deny);
  });
  EXPECT_GT(denied, 0);
}

TEST_P(Properties, NothingIsAllowedWithoutASatisfiedAllow) {
  Naive naive(generated.sources);
  generated.each([&](const domain::Action& action, json::Value args) {
    auto decision = judge(*generated.plan, {action, args});
    if (decision.verdict != Verdict::allow) return;
    auto all = naive.look(action, args);
    EXPECT_FALSE(decision.determining.empty());
    for (const auto& rule : decision.determining) {
      EXPECT_EQ(rule.effect, Verdict::allow);
      EXPECT_EQ(all[rule.rule].truth, Truth::yes) << rule.rule;
    }
  });
}

TEST_P(Properties, AHoldThatTightensHoldsWhatIsAllowedAndNothingElse) {
  Sources other = generated.sources;
  std::erase_if(other.policies.front().rules, [](const domain::Rule& rule) { return rule.tightens; });
  auto without = compile(other).plan;
  ASSERT_TRUE(without);
  Naive naive(generated.sources);
  generated.each([&](const domain::Action& action, json::Value args) {
    bool tightens = false;
    for (const auto& [id, seen] : naive.look(action, args))
      tightens = tightens || (seen.satisfied && rule_of(generated.sources, id).tightens);
    Verdict was = judge(*without, {action, args}).verdict;
    Verdict is = judge(*generated.plan, {action, args}).verdict;
    EXPECT_EQ(is, tightens && was == Verdict::allow ? Verdict::hold : was);
  });
}

TEST_P(Properties, OrderAndRepetitionDoNotMatter) {
  Sources other = generated.sources;
  auto& rules = other.policies.front().rules;
  std::size_t original = rules.size();
  for (std::size_t i = 0; i < original; i += 3) {
    rules.push_back(rules[i]);
    rules.back().id += "-again";
  }
  std::ranges::shuffle(rules, generated.world.random());
  auto plan = compile(other).plan;
  ASSERT_TRUE(plan);
  auto without_repeats = [](std::set<std::string> all) {
    std::erase_if(all, [](const std::string& id) { return id.ends_with("-again"); });
    return all;
  };
  generated.each([&](const domain::Action& action, json::Value args) {
    auto one = judge(*generated.plan, {action, args}), two = judge(*plan, {action, args});
    EXPECT_EQ(one.verdict, two.verdict);
    EXPECT_EQ(ids(one.determining), without_repeats(ids(two.determining)));
  });
}

TEST_P(Properties, TheIndexLosesNoRule) {
  Naive naive(generated.sources);
  Judge judge;
  generated.each([&](const domain::Action& action, json::Value args) {
    auto all = naive.look(action, args);
    Observation observation;
    judge.decide(*generated.plan, {.action = action, .args = args, .observation = &observation});
    EXPECT_EQ(observation.rules.size(), all.size());
    for (const auto& observed : observation.rules) {
      ASSERT_TRUE(all.contains(observed.rule->id));
      EXPECT_EQ(observed.satisfied, all[observed.rule->id].satisfied) << observed.rule->id;
    }
  });
}

TEST_P(Properties, ErrorsGoToTheStricterSide) {
  Naive naive(generated.sources);
  int errors = 0;
  generated.each([&](const domain::Action& action, json::Value args) {
    auto decision = judge(*generated.plan, {action, args});
    auto determining = ids(decision.determining);
    for (const auto& [id, seen] : naive.look(action, args)) {
      if (seen.truth != Truth::error) continue;
      ++errors;
      Verdict effect = rule_of(generated.sources, id).effect;
      if (effect == Verdict::allow) EXPECT_FALSE(determining.contains(id));
      if (effect == Verdict::deny) EXPECT_TRUE(determining.contains(id));
      if (effect == Verdict::hold) EXPECT_NE(decision.verdict, Verdict::allow);
    }
  });
  EXPECT_GT(errors, 0);
}

// What people are told is what was decided.
TEST_P(Properties, ExplanationsAgreeWithTheDecision) {
  generated.each([&](const domain::Action& action, json::Value args) {
    Judge judge;
    Verdict verdict = judge.decide(*generated.plan, {action, args});
    auto decision = judge.decision();
    EXPECT_EQ(decision.verdict, verdict);
    for (const auto& rule : decision.determining) {
      EXPECT_TRUE(rule.satisfied) << rule.rule;
      if (!rule.rule.starts_with("builtin/") && rule.effect == Verdict::allow) EXPECT_EQ(rule.error, "");
    }
    for (const auto& rule : decision.unmet) EXPECT_FALSE(rule.satisfied) << rule.rule;
    EXPECT_NE(decision.reason, "");
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, Properties, testing::ValuesIn(seeds()),
                         [](const auto& info) { return "seed_" + std::to_string(info.param); });

}  // namespace
}  // namespace bw::policy
