// SPDX-License-Identifier: Apache-2.0
#include "cel/library_cost.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "cel/cost.h"

namespace bw::cel {
namespace {

struct Call {
  std::span<const Size> arguments;
  bool has_pattern;
  Sizes& sizes;
  const Size& at(std::size_t i) const { return i < arguments.size() ? arguments[i] : Sizes::scalar(); }
  const Size& item(std::size_t i) const { return *Sizes::item_of(at(i)); }
};
using Cost = Work (*)(const Call& call);

constexpr std::int64_t tenth(std::int64_t bytes) { return bytes / 10; }

Work free_scalar(const Call&) { return {}; }

// A number, an address or a time as text is no longer.
constexpr std::int64_t scalar_text_bytes = 96;

// --- operators ---

Work equal(const Call& c) { return {std::min(c.at(0).units, c.at(1).units), Sizes::scalar()}; }
Work compare(const Call& c) { return {tenth(std::min(c.at(0).bytes, c.at(1).bytes)), Sizes::scalar()}; }

Work add(const Call& c) {
  const Size &a = c.at(0), &b = c.at(1);
  std::int64_t bytes = plus(a.bytes, b.bytes), elements = plus(a.elements, b.elements);
  Size sum = c.sizes.join(a, b);
  sum.bytes = bytes;
  sum.elements = elements;
  sum.units = plus(plus(a.units, b.units), 1);
  sum.number = plus(a.number, b.number);
  return {plus(tenth(bytes), elements), sum};
}

Work index(const Call& c) {
  const Size& key = c.at(1);
  return {tenth(key.bytes), key.bytes > 0 ? *Sizes::member_of(c.at(0)) : c.item(0)};
}

// Every element is compared, or a key is looked up.
Work among(const Call& c) {
  const Size &value = c.at(0), &all = c.at(1);
  std::int64_t comparing = std::min(all.units, times(all.elements, value.units));
  return {plus(tenth(value.bytes), plus(tenth(all.elements), comparing)), Sizes::scalar()};
}

// --- texts ---

Work read_text(const Call& c) { return {tenth(c.at(0).bytes), Sizes::scalar()}; }

Work size(const Call& c) { return {tenth(c.at(0).bytes), {.number = std::max(c.at(0).bytes, c.at(0).elements)}}; }

// Gives a part of it, or the same with other letters.
Work same_text(const Call& c) { return {plus(1, tenth(c.at(0).bytes)), c.at(0)}; }

Work last_index(const Call& c) { return {times(tenth(c.at(0).bytes), 1 + c.at(1).bytes / 16), Sizes::scalar()}; }

Work quote(const Call& c) { return {tenth(c.at(0).bytes), Sizes::text(plus(2, times(2, c.at(0).bytes)))}; }

Work join(const Call& c) {
  std::int64_t each = plus(c.at(1).bytes, c.item(0).bytes);
  return {times(c.at(0).elements, plus(1, tenth(each))), Sizes::text(times(c.at(0).elements, each))};
}

// Parts of one text: together they are no longer.
Work split(const Call& c) {
  std::int64_t bytes = c.at(0).bytes;
  Size parts = c.sizes.list(plus(1, bytes), Sizes::text(bytes));
  parts.units = plus(2, plus(bytes, tenth(bytes)));
  return {bytes, parts};
}

Work replace(const Call& c) {
  std::int64_t bytes = c.at(0).bytes, times_done = plus(1, bytes), to = c.at(2).bytes;
  return {plus(tenth(bytes), times(times_done, plus(1, tenth(to)))), Sizes::text(plus(bytes, times(times_done, to)))};
}

// How deep lists and maps are in each other; what is unknown is as deep as an expression's values may be.
std::int64_t depth_of(const Size& size) {
  constexpr std::int64_t depth_max = 32;
  std::int64_t depth = 1;
  for (const Size* at = size.item; at != nullptr && depth < depth_max; at = at->item) ++depth;
  return depth;
}

// Each clause shows one of the values, and pays for a part of what is written so far.
Work format(const Call& c) {
  constexpr std::int64_t part_bytes = 32;      // a number or a time, and what separates it
  constexpr std::int64_t clause_bytes = 1400;  // a number with a thousand digits behind the point
  const Size& value = c.item(1);
  std::int64_t clauses = c.at(0).bytes, shown = plus(clause_bytes, times(value.units, part_bytes + 20));
  // Of clauses that show something there are no more than values; of others, which write one byte, as many as fit.
  std::int64_t showing = std::min(clauses, c.at(1).elements);
  std::int64_t out = plus(c.at(0).bytes, times(showing, shown));
  std::int64_t nested = plus(value.units, times(depth_of(value), tenth(shown)));
  return {plus(times(clauses, plus(1, out / 100)), times(showing, plus(nested, tenth(shown)))), Sizes::text(out)};
}

Work base64(const Call& c) { return {tenth(c.at(0).bytes), Sizes::text(plus(4, times(2, c.at(0).bytes)))}; }

Work to_text(const Call& c) { return {tenth(c.at(0).bytes), Sizes::text(std::max(c.at(0).bytes, scalar_text_bytes))}; }
Work type(const Call&) { return {0, Sizes::text(assumed_text_bytes)}; }
Work to_number(const Call& c) { return {tenth(c.at(0).bytes), {.number = c.at(0).number}}; }

// --- patterns ---

// Compiling one that is known only when it is used.
std::int64_t compiling(const Call& c) { return c.has_pattern ? 0 : plus(100, c.at(1).bytes); }

// Match after match, each of which may read all that is left: the next one begins at least a byte later.
std::int64_t searching(const Call& c) {
  std::int64_t bytes = c.at(0).bytes;
  return plus(plus(2, bytes), times(plus(1, bytes), plus(2, bytes)) / 20);
}

Work matches(const Call& c) { return {plus(compiling(c), tenth(c.at(0).bytes)), Sizes::scalar()}; }
Work extract(const Call& c) { return {plus(compiling(c), plus(1, tenth(c.at(0).bytes))), c.at(0)}; }
Work extract_all(const Call& c) { return {plus(compiling(c), searching(c)), split(c).result}; }

// A replacement names a group with two bytes, and the groups of all matches together are no longer than the text.
Work replace_pattern(const Call& c) {
  std::int64_t bytes = c.at(0).bytes, to = c.at(2).bytes;
  std::int64_t out = plus(plus(bytes, times(plus(1, bytes), to)), times(to / 2, bytes));
  return {plus(compiling(c), plus(searching(c), tenth(out))), Sizes::text(out)};
}

// --- lists ---

Work extreme(const Call& c) {
  Size most = c.item(0);
  for (const Size& argument : c.arguments) most = c.sizes.join(most, argument);
  return {plus(c.at(0).elements, static_cast<std::int64_t>(c.arguments.size())), most};
}

Work range(const Call& c) { return {c.at(0).number, c.sizes.list(c.at(0).number, {.number = c.at(0).number})}; }

std::int64_t sorting(const Size& keys) {
  return times(std::bit_width(static_cast<std::uint64_t>(keys.elements)), keys.units);
}
Work sort(const Call& c) { return {sorting(c.at(0)), c.at(0)}; }
Work sort_by(const Call& c) { return {sorting(c.at(1)), c.at(0)}; }

Work distinct(const Call& c) {
  std::int64_t elements = c.at(0).elements;
  return {plus(times(elements, tenth(elements)), times(elements, c.at(0).units)), c.at(0)};
}

// What is flattened is part by part what was there.
Work flatten(const Call& c) {
  Size item = Sizes::scalar();
  std::int64_t left = depth_of(c.at(0));
  for (const Size* at = c.at(0).item; at != nullptr && left > 0; at = at->item, --left) item = c.sizes.join(item, *at);
  Size all = c.sizes.list(c.at(0).units, item);
  all.units = c.at(0).units;
  return {c.at(0).units, all};
}

Work same(const Call& c) { return {0, c.at(0)}; }
Work element(const Call& c) { return {0, c.item(0)}; }
Work either(const Call& c) { return {0, c.sizes.join(c.at(0), c.at(1))}; }

// Whether each of `part` is in `set`.
std::int64_t containing(const Size& set, const Size& part) {
  std::int64_t looking = times(part.elements, plus(1, tenth(set.elements)));
  return plus(looking, std::min(times(part.elements, set.units), times(set.elements, part.units)));
}
Work contains_set(const Call& c) { return {containing(c.at(0), c.at(1)), Sizes::scalar()}; }
Work equivalent(const Call& c) {
  return {plus(containing(c.at(0), c.at(1)), containing(c.at(1), c.at(0))), Sizes::scalar()};
}
Work intersects(const Call& c) { return {containing(c.at(1), c.at(0)), Sizes::scalar()}; }

const std::unordered_map<std::string_view, Cost>& costs() {
  static const std::unordered_map<std::string_view, Cost> all{
      {"_==_", equal},
      {"_!=_", equal},
      {"_<_", compare},
      {"_<=_", compare},
      {"_>_", compare},
      {"_>=_", compare},
      {"_+_", add},
      {"_-_", free_scalar},
      {"_*_", free_scalar},
      {"_/_", free_scalar},
      {"_%_", free_scalar},
      {"-_", free_scalar},
      {"_[_]", index},
      {"_[?_]", index},
      {"@in", among},
      {"size", size},
      {"contains", read_text},
      {"startsWith", read_text},
      {"endsWith", read_text},
      {"charAt", same_text},
      {"indexOf", read_text},
      {"lastIndexOf", last_index},
      {"substring", same_text},
      {"trim", same_text},
      {"lowerAscii", same_text},
      {"upperAscii", same_text},
      {"reverse", same_text},
      {"strings.quote", quote},
      {"join", join},
      {"split", split},
      {"replace", replace},
      {"format", format},
      {"base64.encode", base64},
      {"base64.decode", base64},
      {"string", to_text},
      {"bytes", to_text},
      {"type", type},
      {"int", to_number},
      {"uint", to_number},
      {"double", to_number},
      {"bool", read_text},
      {"duration", read_text},
      {"timestamp", read_text},
      {"dyn", same},
      {"matches", matches},
      {"regex.extract", extract},
      {"regex.extractAll", extract_all},
      {"regex.replace", replace_pattern},
      {"math.greatest", extreme},
      {"math.least", extreme},
      {"lists.range", range},
      {"sort", sort},
      {"@sortByAssociatedKeys", sort_by},
      {"distinct", distinct},
      {"flatten", flatten},
      {"slice", same},
      {"first", element},
      {"last", element},
      {"optional.of", same},
      {"optional.none", free_scalar},
      {"optional.ofNonZeroValue", same},
      {"value", same},
      {"orValue", either},
      {"or", either},
      {"optional.unwrap", same},
      {"unwrapOpt", same},
      {"hasValue", free_scalar},
      {"sets.contains", contains_set},
      {"sets.equivalent", equivalent},
      {"sets.intersects", intersects},
      {"ip", read_text},
      {"cidr", read_text},
      {"isIP", read_text},
      {"isCIDR", read_text},
      {"ip.isCanonical", read_text},
  };
  return all;
}

// Functions of numbers, times and addresses: they charge nothing, and give a scalar.
bool is_of_scalars(std::string_view function) {
  constexpr std::string_view all[]{"getDate",
                                   "getDayOfMonth",
                                   "getDayOfWeek",
                                   "getDayOfYear",
                                   "getFullYear",
                                   "getHours",
                                   "getMilliseconds",
                                   "getMinutes",
                                   "getMonth",
                                   "getSeconds",
                                   "math.abs",
                                   "math.bitAnd",
                                   "math.bitNot",
                                   "math.bitOr",
                                   "math.bitShiftLeft",
                                   "math.bitShiftRight",
                                   "math.bitXor",
                                   "math.ceil",
                                   "math.floor",
                                   "math.isFinite",
                                   "math.isInf",
                                   "math.isNaN",
                                   "math.round",
                                   "math.sign",
                                   "math.sqrt",
                                   "math.trunc",
                                   "containsCIDR",
                                   "containsIP",
                                   "family",
                                   "isGlobalUnicast",
                                   "isLinkLocalMulticast",
                                   "isLinkLocalUnicast",
                                   "isLoopback",
                                   "isMask",
                                   "isUnspecified",
                                   "masked",
                                   "prefixLength"};
  return std::ranges::find(all, function) != std::end(all);
}

}  // namespace

Work library_work(std::string_view function, std::span<const Size> arguments, bool has_pattern, Sizes& sizes) {
  auto known = costs().find(function);
  if (known != costs().end()) return known->second({arguments, has_pattern, sizes});
  if (is_of_scalars(function)) return {};
  return {cost_unbounded, Sizes::unknown()};
}

bool is_cost_known(std::string_view function) { return costs().contains(function) || is_of_scalars(function); }

}  // namespace bw::cel
