// SPDX-License-Identifier: Apache-2.0
#include "admission/meters.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace bw::admission {
namespace {

// Sums stay far from overflow: amounts are below 2^53, and a sum that would pass this ceiling is refused or kept at it.
constexpr std::int64_t ceiling = std::int64_t{1} << 62;

std::int64_t add(std::int64_t a, std::int64_t b) { return std::min(a + b, ceiling); }

// The youngest moment that a bucket may hold.
std::int64_t last_moment(const MeterState::Bucket& bucket, std::int64_t width) {
  return (bucket.index + 1) * width - 1;
}

// When everything in the bucket has left the window: a moment m is in the window that ends now if m > now - window.
std::int64_t leaves_at(const MeterState& state, const MeterState::Bucket& bucket) {
  return last_moment(bucket, bucket_width_ms(state.window_ms)) + state.window_ms;
}

bool counts(const MeterState& state, const MeterState::Bucket& bucket, std::int64_t now_ms) {
  return leaves_at(state, bucket) > now_ms;
}

std::int64_t window_sum(const MeterState& state, std::int64_t now_ms) {
  std::int64_t sum = 0;
  for (const auto& bucket : state.buckets) {
    if (counts(state, bucket, now_ms)) sum = add(sum, bucket.amount);
  }
  return sum;
}

void put(std::vector<MeterState::Bucket>& buckets, std::int64_t index, std::int64_t amount) {
  auto at = std::lower_bound(buckets.begin(), buckets.end(), index,
                             [](const auto& b, std::int64_t i) { return b.index < i; });
  if (at == buckets.end() || at->index != index) at = buckets.insert(at, {index, 0});
  at->amount = add(at->amount, amount);
}

// The declared window changed: what is counted moves to buckets of the new width, each as if it all came at its bucket's
// last moment, so that it counts no shorter than it should.
void change_window(MeterState& state, std::int64_t window_ms) {
  std::vector<MeterState::Bucket> moved;
  for (const auto& bucket : state.buckets) {
    put(moved, last_moment(bucket, bucket_width_ms(state.window_ms)) / bucket_width_ms(window_ms), bucket.amount);
  }
  state.buckets = std::move(moved);
}

// Forgetting first keeps a state that was dropped while idle equal to one that was not.
void prepare(MeterState& state, const domain::Charge& charge, std::int64_t now_ms) {
  forget(state, now_ms);
  if (charge.window_ms > 0 && state.window_ms != charge.window_ms) {
    if (!state.buckets.empty()) change_window(state, charge.window_ms);
    state.window_ms = charge.window_ms;
  }
  state.limit = charge.limit;
}

// How long until `needed` of what the window holds has left it.
std::optional<std::int64_t> wait_for(const MeterState& state, std::int64_t needed, std::int64_t now_ms) {
  for (const auto& bucket : state.buckets) {
    needed -= bucket.amount;
    if (needed <= 0) return leaves_at(state, bucket) - now_ms;
  }
  return std::nullopt;
}

}  // namespace

std::int64_t bucket_width_ms(std::int64_t window_ms) {
  return (window_ms + buckets_per_window - 1) / buckets_per_window;
}

Status check_charge(const domain::Charge& charge) {
  auto within = [](std::int64_t value) { return value >= 0 && value <= amount_max; };
  if (within(charge.amount) && within(charge.limit) && within(charge.window_ms)) return {};
  return fail(Code::invalid_argument,
              fmt::format("meter `{}`: amount, limit and window must be from 0 to 2^53-1, not {}, {} and {}",
                          charge.meter, charge.amount, charge.limit, charge.window_ms));
}

std::optional<Shortfall> reserve(MeterState& state, const domain::Charge& charge, std::int64_t now_ms) {
  BW_ASSERT(check_charge(charge).has_value());
  prepare(state, charge, now_ms);
  bool window = charge.window_ms > 0;
  auto held = window ? window_sum(state, now_ms) : state.in_flight;
  if (held + charge.amount > charge.limit) {
    bool never = !window || charge.amount > charge.limit;
    return Shortfall{held, never ? std::nullopt : wait_for(state, held + charge.amount - charge.limit, now_ms)};
  }
  if (!window) {
    state.in_flight += charge.amount;
  } else if (charge.amount > 0) {
    put(state.buckets, now_ms / bucket_width_ms(charge.window_ms), charge.amount);
  }
  return std::nullopt;
}

void release(MeterState& state, const domain::Charge& charge, std::int64_t amount, std::int64_t reserved_at_ms) {
  BW_ASSERT(amount >= 0);
  if (charge.window_ms == 0) {
    state.in_flight -= std::min(state.in_flight, amount);
    return;
  }
  if (charge.window_ms != state.window_ms) return;
  auto index = reserved_at_ms / bucket_width_ms(state.window_ms);
  for (auto& bucket : state.buckets) {
    if (bucket.index == index) bucket.amount -= std::min(bucket.amount, amount);
  }
  std::erase_if(state.buckets, [](const auto& b) { return b.amount == 0; });
}

void overrun(MeterState& state, const domain::Charge& charge, std::int64_t amount, std::int64_t now_ms) {
  BW_ASSERT(amount >= 0);
  if (charge.window_ms == 0 || amount == 0) return;  // nothing is in flight any more
  prepare(state, charge, now_ms);
  put(state.buckets, now_ms / bucket_width_ms(state.window_ms), amount);
}

void forget(MeterState& state, std::int64_t now_ms) {
  if (state.window_ms > 0) std::erase_if(state.buckets, [&](const auto& b) { return !counts(state, b, now_ms); });
}

std::int64_t used(const MeterState& state, std::int64_t now_ms) {
  return state.window_ms > 0 ? window_sum(state, now_ms) : state.in_flight;
}

bool is_idle(const MeterState& state, std::int64_t now_ms) {
  return state.in_flight == 0 && (state.window_ms == 0 || window_sum(state, now_ms) == 0);
}

std::string encode(const MeterState& state) {
  std::string text;
  text.reserve(32 + 24 * state.buckets.size());
  auto append = [&text](char before, std::int64_t value) {
    std::array<char, 20> digits;
    auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    if (before != '\0') text += before;
    text.append(digits.data(), end);
  };
  append('\0', state.window_ms);
  append(' ', state.limit);
  append(' ', state.in_flight);
  for (const auto& bucket : state.buckets) {
    append(' ', bucket.index);
    append(':', bucket.amount);
  }
  return text;
}

namespace {

// Reads numbers from the front of a text.
struct Numbers {
  std::string_view rest;
  bool good = true;

  std::int64_t take(char before) {
    if (before != '\0') {
      good = good && rest.starts_with(before);
      if (!rest.empty()) rest.remove_prefix(1);
    }
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    good = good && error == std::errc() && value >= 0 && value <= ceiling;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return value;
  }
};

}  // namespace

Result<MeterState> parse_meter(std::string_view text) {
  Numbers numbers{text};
  MeterState state;
  state.window_ms = numbers.take('\0');
  state.limit = numbers.take(' ');
  state.in_flight = numbers.take(' ');
  while (numbers.good && !numbers.rest.empty()) {
    auto index = numbers.take(' ');
    auto amount = numbers.take(':');
    numbers.good = numbers.good && (state.buckets.empty() || state.buckets.back().index < index);
    state.buckets.push_back({index, amount});
  }
  if (!numbers.good || (state.window_ms == 0 && !state.buckets.empty())) {
    return fail(Code::data_loss, "the state of a meter cannot be read");
  }
  return state;
}

}  // namespace bw::admission
