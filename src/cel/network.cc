// SPDX-License-Identifier: Apache-2.0
#include "cel/network.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace bw::cel {
namespace {

constexpr std::size_t groups = 8;
// The longest text of an address, and what inet_pton ends it with.
constexpr std::size_t text_bytes_max = 45;

unsigned byte_at(std::string_view address, std::size_t i) { return static_cast<unsigned char>(address[i]); }

bool is_mapped(std::string_view address) {
  constexpr std::string_view prefix("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
  return address.size() == 16 && address.starts_with(prefix);
}

// The bits of the last byte that a prefix of that length has a part of.
unsigned char mask_of(unsigned bits) { return static_cast<unsigned char>(0xFF00U >> bits); }

bool same_start(std::string_view a, std::string_view b, unsigned bits) {
  if (a.substr(0, bits / 8) != b.substr(0, bits / 8)) return false;
  return bits % 8 == 0 || ((byte_at(a, bits / 8) ^ byte_at(b, bits / 8)) & mask_of(bits % 8)) == 0;
}

std::optional<unsigned> parse_length(std::string_view digits) {
  unsigned length = 0;
  bool plain = digits == "0" || (!digits.empty() && digits[0] >= '1' && digits[0] <= '9');
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!plain || error != std::errc() || end != digits.data() + digits.size()) return {};
  return length;
}

// The leftmost of the longest runs of zero groups; none shorter than two.
struct Run {
  std::size_t start = groups;
  std::size_t length = 1;
};
Run longest_zeros(const std::array<unsigned, groups>& group) {
  Run best;
  for (std::size_t i = 0; i < groups;) {
    std::size_t end = i;
    while (end < groups && group[end] == 0) ++end;
    if (end - i > best.length) best = {i, end - i};
    i = end + 1;
  }
  return best;
}

std::string format_groups(std::string_view address) {
  std::array<unsigned, groups> group{};
  for (std::size_t i = 0; i < groups; ++i) group[i] = byte_at(address, 2 * i) << 8U | byte_at(address, 2 * i + 1);
  Run zeros = longest_zeros(group);
  std::string out;
  for (std::size_t i = 0; i < groups; ++i) {
    if (i == zeros.start) {
      out += "::";
      i += zeros.length - 1;
      continue;
    }
    if (!out.empty() && !out.ends_with(':')) out += ':';
    out += fmt::format("{:x}", group[i]);
  }
  return out;
}

}  // namespace

std::optional<Value> parse_ip(std::string_view text, Arena& arena) {
  std::array<char, text_bytes_max + 1> terminated{};
  if (text.size() > text_bytes_max || text.find('\0') != std::string_view::npos) return {};
  std::ranges::copy(text, terminated.begin());
  bool six = text.find(':') != std::string_view::npos;
  std::array<char, 16> bytes{};
  if (inet_pton(six ? AF_INET6 : AF_INET, terminated.data(), bytes.data()) != 1) return {};
  std::string_view address(bytes.data(), six ? 16 : 4);
  if (is_mapped(address)) return {};
  return Value::ip(arena.copy(address));
}

std::optional<Value> parse_cidr(std::string_view text, Arena& arena) {
  auto slash = text.rfind('/');
  if (slash == std::string_view::npos) return {};
  auto ip = parse_ip(text.substr(0, slash), arena);
  auto length = parse_length(text.substr(slash + 1));
  if (!ip || !length || *length > ip->address().size() * 8) return {};
  return Value::cidr(ip->address(), *length);
}

std::string format_ip(const Value& ip) {
  std::string_view address = ip.address();
  if (address.size() == 16) return format_groups(address);
  return fmt::format("{}.{}.{}.{}", byte_at(address, 0), byte_at(address, 1), byte_at(address, 2), byte_at(address, 3));
}

std::string format_cidr(const Value& cidr) { return fmt::format("{}/{}", format_ip(cidr), cidr.prefix_length()); }

Value masked(const Value& cidr, Arena& arena) {
  unsigned bits = cidr.prefix_length();
  std::string_view address = cidr.address();
  auto kept = arena.array<char>(address.size());
  std::ranges::copy(address.substr(0, bits / 8), kept.begin());
  if (bits % 8 != 0) kept[bits / 8] = static_cast<char>(byte_at(address, bits / 8) & mask_of(bits % 8));
  return Value::cidr({kept.data(), kept.size()}, bits);
}

bool contains(const Value& cidr, const Value& ip_or_cidr) {
  std::string_view inner = ip_or_cidr.address();
  if (inner.size() != cidr.address().size()) return false;
  if (ip_or_cidr.is(Value::Kind::cidr) && ip_or_cidr.prefix_length() < cidr.prefix_length()) return false;
  return same_start(cidr.address(), inner, cidr.prefix_length());
}

}  // namespace bw::cel
