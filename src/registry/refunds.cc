// SPDX-License-Identifier: Apache-2.0
#include "registry/refunds.h"

#include <fmt/format.h>

#include "registry/lowering.h"

namespace bw::registry {
namespace {

// An expression around one of the author. It stands as far to the left, even of the line, that what is wrong in the author's
// own part is shown where it was written.
Node around(const Node& written, std::string_view before, std::string_view after) {
  Span where = written.where;
  where.column -= static_cast<int>(before.size());
  return Node::string(fmt::format("{}{}{}", before, written.text, after), where);
}

class Terms {
 public:
  Terms(const Document& terms, Diagnostics& diagnostics) : terms_(terms), diagnostics_(diagnostics) {}

  std::vector<Document> run() {
    check();
    std::vector<Document> out;
    out.push_back({.kind = find_kind("Policy"), .name = terms_.name, .body = policy(), .where = terms_.where});
    if (auto meters = this->meters(); !meters.items.empty()) {
      Node body = map_at(terms_.where);
      body.set("meters", std::move(meters));
      out.push_back({.kind = find_kind("Meters"), .name = terms_.name, .body = std::move(body), .where = terms_.where});
    }
    return out;
  }

 private:
  const Node* given(std::string_view key) const { return terms_.body.find(key); }

  void check() {
    const Node *up_to = given("auto_up_to"), *never = given("never_above");
    if (up_to && never && never->integer < up_to->integer)
      report(never->where,
             fmt::format("{} is denied and up to {} is paid without a human", never->integer + 1, up_to->integer),
             "`never_above` is at least `auto_up_to`");
    if (given("unattended") && !up_to)
      report(given("unattended")->where, "nothing is paid without a human",
             "give `auto_up_to`, or leave `unattended` out");
    if (given("a_day_each") && !given("customer"))
      report(given("a_day_each")->where, "it is not said whom a call pays",
             "give `customer`, for example args.customer");
  }
  void report(const Span& where, std::string message, std::string hint) {
    diagnostics_.push_back({Severity::error, where, std::move(message), std::move(hint)});
  }

  // The amount compared with a number. A path needs no parentheses.
  Node amount_is(std::string_view relation, std::int64_t number) const {
    const Node& amount = *given("amount");
    bool path = amount.text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") ==
                std::string::npos;
    return around(amount, path ? "" : "(", fmt::format("{} {} {}", path ? "" : ")", relation, number));
  }

  Node rule(std::string_view part, std::string_view effect, const Span& where) const {
    Node out = map_at(where), match = map_at(given("tool")->where);
    match.set("tool", *given("tool"));
    out.set("id", Node::string(fmt::format("{}.{}", terms_.name, part), where));
    out.set("match", std::move(match));
    out.set("effect", Node::string(std::string(effect), where));
    return out;
  }

  Node automatic(const Node& up_to) const {
    Node out = rule("auto", "allow", up_to.where), all = list_at(up_to.where);
    all.items.push_back(amount_is(">", 0));
    all.items.push_back(amount_is("<=", up_to.integer));
    out.set("all", std::move(all));
    if (const Node* why = given("unattended")) out.set("unattended", *why);
    return out;
  }

  Node human() const {
    const Node *up_to = given("auto_up_to"), *also = given("human_if");
    const Span& where = also ? also->where : up_to ? up_to->where : given("amount")->where;
    Node out = rule("human", "hold", where), any = list_at(where);
    any.items.push_back(amount_is(">", up_to ? up_to->integer : 0));
    for (std::size_t i = 0; also && i < also->items.size(); ++i) any.items.push_back(also->items[i]);
    out.set("any", std::move(any));
    std::string reason =
        up_to ? fmt::format("More than {} is decided by a person", up_to->integer) : "This is decided by a person";
    if (also) reason += ", and so is what the terms single out";
    out.set("reason", Node::string(reason + ".", where));
    if (const Node* approve = given("approve")) {
      Node oblige = list_at(approve->where), one = map_at(approve->where);
      one.set("approve", *approve);
      one.keys.back().where = *terms_.body.find_key("approve");
      oblige.items.push_back(std::move(one));
      out.set("oblige", std::move(oblige));
    }
    return out;
  }

  Node never(const Node& above) const {
    Node out = rule("never", "deny", above.where);
    out.set("when", amount_is(">", above.integer));
    out.set("reason", Node::string(fmt::format("More than {} is not paid by agents.", above.integer), above.where));
    return out;
  }

  Node policy() const {
    Node body = map_at(terms_.where), rules = list_at(terms_.where);
    if (const Node* up_to = given("auto_up_to")) rules.items.push_back(automatic(*up_to));
    rules.items.push_back(human());
    if (const Node* above = given("never_above")) rules.items.push_back(never(*above));
    body.set("rules", std::move(rules));
    for (const auto* key : {"description", "invariants", "fixtures", "tests"}) {
      if (const Node* same = given(key)) body.set(key, *same);
    }
    return body;
  }

  // Sums are rounded up, call by call: many small ones cannot slip by.
  Node meters() const {
    Node out = map_at(terms_.where);
    std::string name = as_identifier(terms_.name);
    for (const auto* key : {"a_day", "a_day_each"}) {
      const Node* limit = given(key);
      if (!limit) continue;
      Node meter = map_at(limit->where), match = map_at(given("tool")->where);
      match.set("tool", *given("tool"));
      meter.set("match", std::move(match));
      meter.set("sum", around(*given("amount"), "int(math.ceil(double(", ")))"));
      const Node* customer = given("customer");
      if (key == std::string_view("a_day_each") && customer) meter.set("by", *customer);
      meter.set("window", Node::string("1d", limit->where));
      meter.set("limit", whole_at(limit->integer, limit->where));
      out.set(fmt::format("{}_{}", name, key), std::move(meter));
      out.keys.back().where = limit->where;
    }
    return out;
  }

  const Document& terms_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::vector<Document> become_refunds(const Document& terms, Diagnostics& diagnostics) {
  return Terms(terms, diagnostics).run();
}

}  // namespace bw::registry
