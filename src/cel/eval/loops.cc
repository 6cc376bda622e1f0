// SPDX-License-Identifier: Apache-2.0
// The macros over lists and maps.
#include <fmt/core.h>

#include <utility>

#include "cel/eval/machine.h"
#include "cel/value_parts.h"

namespace bw::cel {

using Kind = Value::Kind;

struct Machine::Loop {
  Value range;
  std::size_t at = 0;
  std::size_t size = 0;
};

Value Machine::comprehension(const Node& node) {
  Loop loop{evaluate(child(node, 0))};
  if (loop.range.is_failed()) return loop.range;
  if (!loop.range.is(Kind::list) && !loop.range.is(Kind::map)) {
    return fail(node, Fault::no_such_overload,
                fmt::format("expected a list or a map, found {}", type_name(loop.range)));
  }
  loop.size = loop.range.is(Kind::list) ? loop.range.elements().size() : loop.range.entries().size();
  // Explanations show the macro as a whole: its test runs untraced.
  Trace* trace = std::exchange(trace_, nullptr);
  Value value = iterate(node, loop);
  trace_ = trace;
  return exhausted() ? cost_exceeded(node) : value;
}

Value Machine::iterate(const Node& node, Loop& loop) {
  switch (node.macro) {
    case Macro::all: return quantify(node, loop, false);
    case Macro::exists: return quantify(node, loop, true);
    case Macro::exists_one: return exists_one(node, loop);
    case Macro::map:
    case Macro::map_filtered:
    case Macro::filter:
    case Macro::transform_list:
    case Macro::transform_list_filtered: return transform_list(node, loop);
    case Macro::transform_map:
    case Macro::transform_map_filtered:
    case Macro::transform_map_entry:
    case Macro::transform_map_entry_filtered: return transform_map(node, loop);
  }
  return Value::null();
}

// Sets the variables to the next element; false at the end or when the budget is used up. One variable is the element of
// a list or the key of a map; two are index and element, or key and value.
bool Machine::next(const Node& node, Loop& loop) {
  if (loop.at == loop.size || !spend(1)) return false;
  std::size_t i = loop.at++;
  bool two = node.b != 0;
  if (loop.range.is(Kind::list)) {
    locals_[node.a + (two ? 1 : 0)] = loop.range.elements()[i];
    if (two) locals_[node.a] = Value::int64(static_cast<std::int64_t>(i));
  } else {
    locals_[node.a] = loop.range.entries()[i].key;
    if (two) locals_[node.a + 1] = loop.range.entries()[i].value;
  }
  return true;
}

Value Machine::quantify(const Node& node, Loop& loop, bool settles) {
  Value pending;
  while (next(node, loop)) {
    Value value = evaluate(child(node, 1));
    if (value.is(Kind::boolean)) {
      if (value.boolean() == settles) return value;
    } else {
      pending = absorb(pending, value.is_failed() ? value : no_boolean(node, value));
    }
  }
  return pending.is(Kind::absent) ? Value::boolean(!settles) : pending;
}

Value Machine::exists_one(const Node& node, Loop& loop) {
  std::size_t count = 0;
  Value pending;
  while (next(node, loop)) {
    Value value = evaluate(child(node, 1));
    if (value.is_true()) ++count;
    if (!value.is(Kind::boolean)) pending = absorb(pending, value.is_failed() ? value : no_boolean(node, value));
  }
  return pending.is(Kind::absent) ? Value::boolean(count == 1) : pending;
}

namespace {

bool is_filtered(Macro macro) {
  return macro == Macro::filter || macro == Macro::map_filtered || macro == Macro::transform_list_filtered ||
         macro == Macro::transform_map_filtered || macro == Macro::transform_map_entry_filtered;
}

}  // namespace

Value Machine::transform_list(const Node& node, Loop& loop) {
  auto elements = arena_.array<Value>(loop.size);
  std::size_t used = 0;
  Value pending;
  if (!spend(10)) return cost_exceeded(node);
  while (next(node, loop)) {
    Value keep = Value::boolean(true);
    if (is_filtered(node.macro)) keep = evaluate(child(node, 1));
    Value value;
    if (keep.is_true()) value = node.macro == Macro::filter ? locals_[node.a] : evaluate(child(node, node.count - 1));
    if (!keep.is(Kind::boolean)) value = keep.is_failed() ? keep : no_boolean(node, keep);
    if (value.is_failed()) {
      pending = absorb(pending, value);
    } else if (!value.is(Kind::absent)) {
      elements[used++] = value;
    }
  }
  return pending.is(Kind::absent) ? Value::list(elements.first(used)) : pending;
}

Value Machine::transform_map(const Node& node, Loop& loop) {
  auto entries = arena_.array<Value::Entry>(loop.size);
  std::size_t used = 0;
  Value pending;
  bool by_entry = node.macro == Macro::transform_map_entry || node.macro == Macro::transform_map_entry_filtered;
  if (!spend(30)) return cost_exceeded(node);
  while (next(node, loop)) {
    Value keep = Value::boolean(true);
    if (is_filtered(node.macro)) keep = evaluate(child(node, 1));
    if (keep.is_false()) continue;
    Value value = keep.is_true()     ? evaluate(child(node, node.count - 1))
                  : keep.is_failed() ? keep
                                     : no_boolean(node, keep);
    if (value.is_failed()) {
      pending = absorb(pending, value);
    } else if (!by_entry) {
      entries[used++] = {key_of(loop), value};
    } else if (value.is(Kind::map) && value.entries().size() == 1) {
      entries[used++] = value.entries()[0];
    } else {
      pending = absorb(pending, fail(node, Fault::invalid_argument, "expected a map with one entry"));
    }
  }
  if (!pending.is(Kind::absent)) return pending;
  auto made = make_map(arena_, entries.first(used));
  return made ? *made : fail(node, Fault::duplicate_key, "a key occurs twice in a map");
}

Value Machine::key_of(const Loop& loop) {
  std::size_t i = loop.at - 1;
  return loop.range.is(Kind::list) ? Value::int64(static_cast<std::int64_t>(i)) : loop.range.entries()[i].key;
}

}  // namespace bw::cel
