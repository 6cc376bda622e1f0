// SPDX-License-Identifier: Apache-2.0
#include "ledger/entry.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/clock.h"
#include "json/document.h"
#include "json/writer.h"

namespace bw::ledger {
namespace {

// The members of a leaf in their order, once for writing and reading. `v` and `k` stand before them.
template <class Visitor, class E>
void visit(Visitor& visitor, E& entry) {
  visitor.time("t", entry.at_ms);
  visitor.text("act", entry.action);
  visitor.text("pl", entry.previous);
  visitor.text("run", entry.run);
  visitor.text("ag", entry.agent);
  visitor.text("wf", entry.workflow);
  visitor.text("env", entry.environment);
  visitor.text("tok", entry.token);
  visitor.text("up", entry.upstream);
  visitor.word("what", entry.what, domain::parse_action_kind);
  visitor.text("tool", entry.tool);
  visitor.word("tier", entry.tier, domain::parse_tier);
  visitor.text("td", entry.tool_digest);
  visitor.text("ad", entry.digest);
  visitor.text("pol", entry.snapshot);
  visitor.word("verdict", entry.verdict, domain::parse_verdict);
  visitor.texts("rules", entry.rules);
  visitor.text("refused", entry.refused);
  visitor.text("tkt", entry.ticket);
  visitor.text("state", entry.state);
  visitor.text("by", entry.by);
  visitor.text("scope", entry.scope);
  visitor.text("cred", entry.credential);
  visitor.text("undo", entry.undo);
  visitor.time("exp", entry.expires_at_ms);
  visitor.word("outcome", entry.outcome, domain::parse_outcome);
  visitor.integer("status", entry.status);
  visitor.charges("charges", entry.charges);
  visitor.actuals("actual", entry.actuals);
  visitor.retention("ret", entry.retention);
  visitor.text("cause", entry.cause);
  visitor.gone("gone", entry.gone);
  visitor.commitments("c", entry.commitments);
}

template <class Visitor, class C>
void visit_commitments(Visitor& visitor, C& commitments) {
  visitor.text("args", commitments.args);
  visitor.text("out", commitments.out);
  visitor.text("why", commitments.why);
  visitor.text("checks", commitments.checks);
  visitor.text("text", commitments.text);
  visitor.text("subject", commitments.subject);
  visitor.text("reviewers", commitments.reviewers);
}

// Appends members, each with a comma before it: `v` is always first. Written out instead of with json::Writer because
// every action pays for two leaves.
struct Writing {
  std::string out;

  void key(std::string_view name) { ((out += ",\"") += name) += "\":"; }
  void quoted(std::string_view value) { json::append_quoted(out, value); }
  void number(std::int64_t value) {
    std::array<char, 20> digits;
    auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
  }

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    quoted(value);
  }
  void time(std::string_view name, std::int64_t ms) {
    if (ms == 0) return;
    // The entries of one commit have one time.
    thread_local std::int64_t last_ms = 0;
    thread_local std::string last;
    if (ms != last_ms) {
      last = format_time(ms);
      last_ms = ms;
    }
    text(name, last);
  }
  void integer(std::string_view name, std::int64_t value) {
    if (value == 0) return;
    key(name);
    number(value);
  }
  template <class Word, class Parse>
  void word(std::string_view key, const std::optional<Word>& value, Parse) {
    if (value) text(key, name(*value));
  }
  // "[…,…]", each element written by `write`.
  template <class Values, class Write>
  void list(std::string_view name, const Values& values, Write write) {
    if (values.empty()) return;
    key(name);
    char before = '[';
    for (const auto& value : values) {
      out += before;
      write(value);
      before = ',';
    }
    out += ']';
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    list(name, values, [this](const std::string& value) { quoted(value); });
  }
  void amount(const std::string& meter, const std::string& meter_key, std::int64_t amount) {
    out += '[';
    quoted(meter);
    out += ',';
    quoted(meter_key);
    out += ',';
    number(amount);
  }
  void charges(std::string_view name, const std::vector<domain::Charge>& values) {
    list(name, values, [this](const domain::Charge& charge) {
      amount(charge.meter, charge.key, charge.amount);
      out += ',';
      number(charge.limit);
      out += ',';
      number(charge.window_ms);
      out += ']';
    });
  }
  void actuals(std::string_view name, const std::vector<Actual>& values) {
    list(name, values, [this](const Actual& actual) {
      amount(actual.meter, actual.key, actual.amount);
      out += ']';
    });
  }
  void gone(std::string_view name, const std::vector<Gone>& values) {
    list(name, values, [this](const Gone& one) {
      out += '[';
      number(static_cast<std::int64_t>(one.first));
      out += ',';
      number(static_cast<std::int64_t>(one.last));
      if (one.fields != Fields::by_default()) fields(one.fields);
      out += ']';
    });
  }
  void retention(std::string_view name, const std::vector<Retention>& values) {
    list(name, values, [this](const Retention& one) {
      out += '[';
      quoted(one.name);
      out += ',';
      number(one.ms);
      if (one.fields != Fields::by_default()) fields(one.fields);
      out += ']';
    });
  }
  void fields(Fields values) {
    for (auto field : all_fields) {
      if (!values.has(field)) continue;
      out += ',';
      quoted(ledger::name(field));
    }
  }
  void commitments(std::string_view name, const Commitments& values) {
    if (values == Commitments{}) return;
    key(name);
    auto open = out.size();
    visit_commitments(*this, values);
    out[open] = '{';  // in the place of the first comma
    out += '}';
  }
};

// Takes members in order; one that is missing leaves its default, one that is unknown, out of order or of the wrong type
// stops the cursor before the end.
struct Reading {
  std::vector<json::Member> members;
  std::size_t next = 0;
  bool good = true;

  explicit Reading(json::Value object) {
    for (auto member : object.members()) members.push_back(member);
  }
  bool finished() const { return good && next == members.size(); }

  json::Value take(std::string_view key) {
    if (next == members.size() || members[next].key != key) return {};
    return members[next++].value;
  }
  template <class T>
  void assign(T& target, std::optional<T> value) {
    if (value) {
      target = *std::move(value);
    } else {
      good = false;
    }
  }
  static std::optional<std::string> as_text(json::Value value) {
    auto text = value.string();
    return text ? std::optional<std::string>(*text) : std::nullopt;
  }

  void text(std::string_view key, std::string& target) {
    if (auto value = take(key)) assign(target, as_text(value));
  }
  void time(std::string_view key, std::int64_t& target) {
    auto value = take(key);
    if (!value) return;
    auto ms = value.string() ? parse_time(*value.string()) : fail(Code::data_loss, "");
    assign(target, ms ? std::optional(*ms) : std::nullopt);
  }
  void integer(std::string_view key, std::int64_t& target) {
    if (auto value = take(key)) assign(target, value.integer());
  }
  template <class Word, class Parse>
  void word(std::string_view key, std::optional<Word>& target, Parse parse) {
    auto value = take(key);
    if (!value) return;
    target = value.string() ? parse(*value.string()) : std::nullopt;
    good = good && target.has_value();
  }
  void texts(std::string_view key, std::vector<std::string>& target) {
    for (auto element : take(key).elements()) assign(target.emplace_back(), as_text(element));
  }
  void charges(std::string_view key, std::vector<domain::Charge>& target) {
    for (auto element : take(key).elements()) {
      auto& charge = target.emplace_back();
      assign(charge.meter, as_text(element.at(0)));
      assign(charge.key, as_text(element.at(1)));
      assign(charge.amount, element.at(2).integer());
      assign(charge.limit, element.at(3).integer());
      assign(charge.window_ms, element.at(4).integer());
    }
  }
  void actuals(std::string_view key, std::vector<Actual>& target) {
    for (auto element : take(key).elements()) {
      auto& actual = target.emplace_back();
      assign(actual.meter, as_text(element.at(0)));
      assign(actual.key, as_text(element.at(1)));
      assign(actual.amount, element.at(2).integer());
    }
  }
  // Behind two others: the fields, or none for those by default.
  Fields fields(json::Value list) {
    Fields out;
    std::size_t place = 0;
    for (auto part : list.elements()) {
      if (place++ < 2) continue;
      auto field = part.string() ? parse_field(*part.string()) : std::nullopt;
      good = good && field;
      if (field) out.add(*field);
    }
    good = good && place >= 2;
    return place == 2 ? Fields::by_default() : out;
  }
  void retention(std::string_view key, std::vector<Retention>& target) {
    for (auto element : take(key).elements()) {
      auto& one = target.emplace_back();
      assign(one.name, as_text(element.at(0)));
      assign(one.ms, element.at(1).integer());
      one.fields = fields(element);
      good = good && one.ms > 0;
    }
  }
  void gone(std::string_view key, std::vector<Gone>& target) {
    for (auto element : take(key).elements()) {
      auto& one = target.emplace_back();
      std::int64_t first = -1, last = -1;
      assign(first, element.at(0).integer());
      assign(last, element.at(1).integer());
      one = {static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(last), fields(element)};
      good = good && first >= 0 && first <= last;
    }
  }
  void commitments(std::string_view key, Commitments& target) {
    auto value = take(key);
    if (!value) return;
    Reading inner(value);
    visit_commitments(inner, target);
    good = good && inner.finished();
  }
};

std::string write(const Entry& entry) {
  Writing writing;
  writing.out.reserve(1280);
  writing.out = R"({"v":1,"seq":)";
  writing.number(static_cast<std::int64_t>(entry.seq));
  writing.text("k", name(entry.kind));
  visit(writing, entry);
  writing.out += '}';
  return std::move(writing.out);
}

bool read(json::Value root, Entry& entry) {
  Reading reading(root);
  auto version = reading.take("v").integer();
  auto seq = reading.take("seq").integer();
  auto kind = reading.take("k").string();
  if (version != 1 || !seq || *seq < 0 || !kind || !parse_kind(*kind)) return false;
  entry.seq = static_cast<std::uint64_t>(*seq);
  entry.kind = *parse_kind(*kind);
  visit(reading, entry);
  return reading.finished();
}

}  // namespace

Result<std::string> encode(const Entry& entry) {
  auto leaf = write(entry);
  if (leaf.size() > leaf_bytes_max) {
    return fail(Code::invalid_argument,
                fmt::format("the ledger entry would have {} bytes, more than {}: names or ids are too long",
                            leaf.size(), leaf_bytes_max));
  }
  return leaf;
}

Result<Entry> parse_entry(std::string_view leaf) {
  if (leaf.size() > leaf_bytes_max) return fail(Code::data_loss, "the leaf is too large for a ledger entry");
  auto document = json::Document::parse(std::string(leaf), {.bytes_max = leaf_bytes_max, .depth_max = 4});
  if (!document) return fail(Code::data_loss, "the leaf is no ledger entry: " + document.error().message);
  Entry entry;
  // Written anew it must give the same bytes, so that there is one spelling of each entry.
  if (!read(document->root(), entry) || write(entry) != leaf)
    return fail(Code::data_loss, "the leaf is no ledger entry");
  return entry;
}

crypto::Digest leaf_hash(std::string_view leaf) { return crypto::digest({std::string_view("\0", 1), leaf}); }

}  // namespace bw::ledger
