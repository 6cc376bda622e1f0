// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cel/type.h"
#include "policy/plan.h"
#include "prove/value.h"

namespace bw::prove {

// Elements of a list that are told apart. Of longer lists something may be true of the rest.
constexpr std::size_t elements_told_apart = 3;

// What a JSON value of no known type may be.
enum DynamicKind : std::uint8_t { null_kind, boolean_kind, number_kind, string_kind, list_kind, object_kind, kinds };

// A value somewhere in a request, of which nothing is known but its type: missing, of another type, or any value of it.
// Parts come into being when an expression reads them.
struct Part {
  std::string path;
  cel::Type type;
  bool may_be_absent = false;  // so that being missing is no fault of the request
  z3::expr missing, wrong;
  std::optional<z3::expr> kind;  // of one whose type is not known: a number of DynamicKind
  std::optional<z3::expr> boolean, integer, real, text, length;
  std::map<std::string, std::unique_ptr<Part>> fields;
  std::vector<std::unique_ptr<Part>> elements;
};

// What rules can speak of: a tool, or (with `tool` empty) all resources or prompts.
struct Subject {
  const policy::ToolPlan* plan = nullptr;
  domain::ActionKind kind = domain::ActionKind::tool;
  std::string tool, upstream;
  domain::ToolProfile profile;
};

// All requests about one subject at once: a value for each variable, and what is true of every request. What cannot be said
// exactly is any value at all, so that what is proven is true, and what is found has to be tried on the judge.
class Universe {
 public:
  Universe(z3::context& z3, const policy::Plan& plan, const Subject& subject);
  Universe(const Universe&) = delete;
  Universe& operator=(const Universe&) = delete;

  z3::context& z3() const { return z3_; }
  const policy::Plan& plan() const { return plan_; }
  const Subject& subject() const { return subject_; }

  Value variable(std::size_t slot);
  void bind(std::size_t slot, Value value) { bound_.insert_or_assign(slot, std::move(value)); }

  // What holds of every request, and what holds of one that people would write: arguments that fit, facts that are there.
  const std::vector<z3::expr>& axioms() const { return axioms_; }
  const std::vector<z3::expr>& ordinary() const { return ordinary_; }
  void assume(const z3::expr& axiom) { axioms_.push_back(axiom); }
  void wish(const z3::expr& ordinary) { ordinary_.push_back(ordinary); }

  // Any value, or a failure; the same for the same `name`. `why` is remembered for people, unless it is empty.
  Value anything(const std::string& name, const std::string& why);
  Value unclear(const std::string& cel);  // of a piece of CEL that has no formula
  Truth any_truth(const std::string& name, const std::string& why);
  z3::expr any_boolean(const std::string& name);
  void note(std::string_view text);                                  // that a piece of CEL could not
  const std::set<std::string>& reasons() const { return reasons_; }  // what could not be said exactly
  const std::vector<z3::expr>& guesses() const { return guesses_; }  // the truths that were made up for it

  // run.NAME(pattern) of what the run did before; `argument` is what returned() and mentioned() look for.
  Value calls(const std::string& pattern, bool succeeded);
  Truth came_from(const std::string& function, const std::string& argument, const Value& value,
                  const std::string& pattern);

  z3::expr agent() const { return agent_; }
  z3::expr workflow() const { return workflow_; }
  z3::expr name() const { return name_; }          // of a resource or prompt
  z3::expr upstream() const { return upstream_; }  // of a resource or prompt
  z3::expr environment() const { return environment_; }

  // The request of a model, in the form of a test's `given`.
  std::string request(const z3::model& model) const;

 private:
  struct Origin {
    z3::expr holds;
    Value value;
    std::string pattern;
  };

  z3::expr symbol(const std::string& name, const z3::sort& sort);
  Part make(std::string path, const cel::Type& type, bool may_be_absent);
  void fill(Part& part);
  void fill_dynamic(Part& part);
  Value value_of(Part& part);
  Value dynamic_value(Part& part);
  Alternative list_of(Part& part, const z3::expr& when);
  Alternative object_of(Part& part, const z3::expr& when);
  Part& field_of(Part& part, const std::string& name);
  Value record(std::string name, std::map<std::string, Value> fields);
  Value labels();
  Value variable_made(std::size_t slot);
  z3::expr number(const std::string& name);  // of calls: at least none

  std::string json_of(const z3::model& model, const Part& part) const;
  std::string list_json(const z3::model& model, const Part& part) const;
  std::string object_json(const z3::model& model, const Part& part) const;
  std::string run_json(const z3::model& model) const;

  z3::context& z3_;
  const policy::Plan& plan_;
  const Subject& subject_;
  z3::expr agent_, workflow_, name_, upstream_, environment_, now_ms_, run_id_, history_known_;
  std::vector<z3::expr> axioms_, ordinary_, guesses_;
  std::map<std::size_t, Value> bound_;
  std::map<std::string, Value> anything_;
  std::map<std::string, Truth> truths_;
  std::set<std::string> reasons_;
  Part args_, labels_;
  std::map<std::string, Part> facts_;
  std::map<std::string, z3::expr> sent_, answered_;  // by name of what was called
  std::map<std::string, Origin> origins_;
};

}  // namespace bw::prove
