// SPDX-License-Identifier: Apache-2.0
// matches() and the regex extension: regex.extract, regex.extractAll, regex.replace.
#include <fmt/core.h>

#include <array>

#include "cel/library/library.h"
#include "cel/pattern.h"
#include "cel/utf8.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;
using re2::RE2;
using re2::StringPiece;

StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

// A part of the text that was searched, in which an optional group may have taken no part.
std::string_view part(const StringPiece& group) {
  return group.data() == nullptr ? std::string_view() : std::string_view(group.data(), group.size());
}

// The call's pattern: compiled when it was loaded, or now, which is dear and charged as such.
class Pattern {
 public:
  Pattern(CallContext& c, std::string_view text) : ready_(c.pattern()) {
    if (ready_ != nullptr || !c.charge(100 + text.size())) return;
    own_ = compile_pattern(text);
    ready_ = own_.get();
  }
  const RE2& operator*() const { return *ready_; }
  const RE2* operator->() const { return ready_; }

  // What keeps it from being used.
  std::optional<Value> failure(CallContext& c) const {
    if (ready_ == nullptr) return c.cost_exceeded();
    if (!ready_->ok()) return c.fail(Fault::invalid_argument, ill_formed(*ready_));
    return {};
  }

 private:
  std::unique_ptr<RE2> own_;
  const RE2* ready_;
};

Value matches(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string, Kind::string})) return no_such_overload(c, "matches", args);
  Pattern pattern(c, args[1].text());
  if (auto failure = pattern.failure(c)) return *failure;
  if (!c.charge_text(args[0].text().size())) return c.cost_exceeded();
  return Value::boolean(RE2::PartialMatch(piece(args[0].text()), *pattern));
}

// --- match after match ---

constexpr int groups_max = 10;  // \0 to \9
using Groups = std::array<StringPiece, groups_max>;

// The matches in a text, from left to right and apart from each other; an empty one right behind another does not count.
class Matches {
 public:
  Matches(const RE2& pattern, std::string_view text, int groups) : pattern_(pattern), text_(text), groups_(groups) {}

  // Each may read all that is left of the text, so that is what each costs. False when there are no more, or when the
  // budget is used up.
  bool next(CallContext& c, Groups& groups) {
    while (at_ <= text_.size()) {
      affordable_ = c.charge(1 + (text_.size() - at_) / 10);
      if (!affordable_) return false;
      bool found = pattern_.Match(piece(text_), at_, text_.size(), RE2::UNANCHORED, groups.data(), groups_);
      if (!found) return false;
      auto begin = static_cast<std::size_t>(groups[0].data() - text_.data());
      std::size_t end = begin + groups[0].size();
      bool counts = begin != end || begin != behind_;
      at_ = end;
      behind_ = end;
      if (begin == end && (end == text_.size() || next_code_point(text_, at_) < 0)) ++at_;
      if (counts) return true;
    }
    return false;
  }
  bool affordable() const { return affordable_; }

 private:
  const RE2& pattern_;
  std::string_view text_;
  int groups_;
  std::size_t at_ = 0;
  std::size_t behind_ = std::string_view::npos;
  bool affordable_ = true;
};

// --- extracting ---

std::optional<Value> more_than_one_group(CallContext& c, const RE2& pattern) {
  if (pattern.NumberOfCapturingGroups() <= 1) return {};
  return c.fail(Fault::invalid_argument,
                fmt::format("the pattern has {} groups and may have one; write (?:…) for those that only group: {}",
                            pattern.NumberOfCapturingGroups(), pattern.pattern()));
}

// What the pattern's group took of the text; all that matched when it has none.
std::string_view extracted(const RE2& pattern, const Groups& groups) {
  return part(groups[pattern.NumberOfCapturingGroups() == 1 ? 1 : 0]);
}

Value extract(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string, Kind::string})) return no_such_overload(c, "regex.extract", args);
  Pattern pattern(c, args[1].text());
  if (auto failure = pattern.failure(c)) return *failure;
  if (auto failure = more_than_one_group(c, *pattern)) return *failure;
  Groups groups;
  Matches found(*pattern, args[0].text(), 2);
  bool any = found.next(c, groups);
  if (!found.affordable()) return c.cost_exceeded();
  bool nothing = !any || (pattern->NumberOfCapturingGroups() == 1 && part(groups[1]).empty());
  return nothing ? Value::none() : Value::some(c.arena(), Value::string(extracted(*pattern, groups)));
}

Value extract_all(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string, Kind::string})) return no_such_overload(c, "regex.extractAll", args);
  Pattern pattern(c, args[1].text());
  if (auto failure = pattern.failure(c)) return *failure;
  if (auto failure = more_than_one_group(c, *pattern)) return *failure;
  Groups groups;
  std::vector<Value> values;
  Matches found(*pattern, args[0].text(), 2);
  while (found.next(c, groups)) {
    if (pattern->NumberOfCapturingGroups() == 1 && part(groups[1]).empty()) continue;
    values.push_back(Value::string(extracted(*pattern, groups)));
  }
  if (!found.affordable()) return c.cost_exceeded();
  return Value::list(c.arena().copy(std::span<const Value>(values)));
}

// --- replacing ---

// What a replacement says wrong, empty when nothing: \0 to \9 for groups that there are, and \\, are all that may follow a \.
std::string wrong_in(std::string_view replacement, const RE2& pattern) {
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '\\') continue;
    if (++i == replacement.size()) return "the replacement ends with a single \\; write \\\\ for one";
    char c = replacement[i];
    if (c == '\\') continue;
    if (c < '0' || c > '9') return fmt::format("in the replacement a digit or \\ must follow \\, not {}", c);
    if (c - '0' > pattern.NumberOfCapturingGroups()) {
      return fmt::format("the replacement names group {}, and the pattern has {}", c,
                         pattern.NumberOfCapturingGroups());
    }
  }
  return {};
}

void append_replacement(std::string& out, std::string_view replacement, const Groups& groups) {
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '\\') {
      out += replacement[i];
      continue;
    }
    char c = replacement[++i];
    if (c == '\\') {
      out += c;
    } else {
      out += part(groups[static_cast<std::size_t>(c - '0')]);
    }
  }
}

// At most `limit` of them; all when it is negative.
Value replaced(CallContext& c, const RE2& pattern, std::string_view text, std::string_view replacement,
               std::int64_t limit) {
  Groups groups;
  Matches found(pattern, text, std::min(pattern.NumberOfCapturingGroups() + 1, groups_max));
  std::string out;
  std::size_t copied = 0;
  for (std::int64_t i = 0; (limit < 0 || i < limit) && found.next(c, groups); ++i) {
    auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    std::size_t before = out.size();
    out += text.substr(copied, begin - copied);
    append_replacement(out, replacement, groups);
    copied = begin + groups[0].size();
    if (!c.charge_text(out.size() - before)) return c.cost_exceeded();
  }
  if (!found.affordable()) return c.cost_exceeded();
  out += text.substr(copied);
  return Value::string(c.arena().copy(out));
}

Value replace(CallContext& c, Arguments args) {
  bool limited = are(args, {Kind::string, Kind::string, Kind::string, Kind::int64});
  if (!limited && !are(args, {Kind::string, Kind::string, Kind::string}))
    return no_such_overload(c, "regex.replace", args);
  Pattern pattern(c, args[1].text());
  if (auto failure = pattern.failure(c)) return *failure;
  if (auto wrong = wrong_in(args[2].text(), *pattern); !wrong.empty()) return c.fail(Fault::invalid_argument, wrong);
  return replaced(c, *pattern, args[0].text(), args[2].text(), limited ? args[3].int64() : -1);
}

Function with_pattern(Function function) {
  function.pattern = 1;
  return function;
}

}  // namespace

std::vector<Function> pattern_functions() {
  return {
      with_pattern(make_function("matches", Form::either, {"string, string -> bool"}, matches)),
      with_pattern(make_function("regex.extract", Form::global, {"string, string -> optional(string)"}, extract)),
      with_pattern(make_function("regex.extractAll", Form::global, {"string, string -> list(string)"}, extract_all)),
      with_pattern(make_function("regex.replace", Form::global,
                                 {"string, string, string -> string", "string, string, string, int -> string"},
                                 replace)),
  };
}

}  // namespace bw::cel
