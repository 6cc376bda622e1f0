// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/decision.h"

// The arithmetic of meters: pure, time is an argument.
//
// A window charge is never admitted when any window of `window_ms` would then hold more than the limit. The window slides;
// what was spent is kept in sub-buckets of a 64th of it, and a bucket counts until the youngest moment in it has left the
// window. So the count is exact or a 64th of a window too strict, never too loose, and its state stays small.
//
// Charges in flight (window 0) count what is admitted and not yet settled.
namespace bw::admission {

constexpr std::int64_t buckets_per_window = 64;
constexpr std::int64_t amount_max = (std::int64_t{1} << 53) - 1;  // an amount is a number that every JSON reader keeps

// One meter's count for one key.
struct MeterState {
  struct Bucket {
    std::int64_t index = 0;  // time / bucket_width_ms(window_ms)
    std::int64_t amount = 0;
    bool operator==(const Bucket&) const = default;
  };
  std::int64_t window_ms = 0;  // that the buckets were made for
  std::int64_t limit = 0;      // of the newest charge, for display
  std::int64_t in_flight = 0;
  std::vector<Bucket> buckets;  // by index, no empty ones

  bool operator==(const MeterState&) const = default;
};

// Why a charge does not fit.
struct Shortfall {
  std::int64_t used = 0;
  std::optional<std::int64_t> retry_after_ms;  // when it will fit if nothing else is spent; none for charges in flight
};

std::int64_t bucket_width_ms(std::int64_t window_ms);

// Errors: invalid_argument for an amount, limit or window that no charge can have.
Status check_charge(const domain::Charge& charge);

// Takes the charge when it fits, and says why when it does not. `now_ms` must not go back from call to call.
std::optional<Shortfall> reserve(MeterState& state, const domain::Charge& charge, std::int64_t now_ms);

// Takes a reservation of `reserved_at_ms` back, of a window charge or one in flight. What has left the window, or was
// counted for another window length, is not found and stays counted.
void release(MeterState& state, const domain::Charge& charge, std::int64_t amount, std::int64_t reserved_at_ms);

// Counts what was used beyond a reservation, whether it fits or not.
void overrun(MeterState& state, const domain::Charge& charge, std::int64_t amount, std::int64_t now_ms);

// Drops what has left the window.
void forget(MeterState& state, std::int64_t now_ms);

// What a window that ends now holds, or what is in flight for a meter without window.
std::int64_t used(const MeterState& state, std::int64_t now_ms);

// Whether nothing is counted any more, so that the state may be forgotten.
bool is_idle(const MeterState& state, std::int64_t now_ms);

// As stored: numbers as text, "window limit in_flight index:amount …". Errors: data_loss.
std::string encode(const MeterState& state);
Result<MeterState> parse_meter(std::string_view text);

}  // namespace bw::admission
