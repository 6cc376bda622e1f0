// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

// Which contents an entry can have beside it. Values, good for any thread.
namespace bw::ledger {

// Numbered from 0 in this order, which never changes: the number is a nonce of what is sealed.
enum class Field : std::uint8_t { args, out, why, checks, text, subject, reviewers };
constexpr std::array all_fields{Field::args, Field::out,     Field::why,      Field::checks,
                                Field::text, Field::subject, Field::reviewers};

std::string_view name(Field field);  // as in a leaf, in SQL and on screen
std::optional<Field> parse_field(std::string_view word);

// A set of them.
class Fields {
 public:
  constexpr Fields() = default;
  static constexpr Fields all() { return Fields((1U << all_fields.size()) - 1); }
  // What is meant where none is named: all but `reviewers`, without which nobody can check that the right person decided.
  static constexpr Fields by_default() { return all().without(Fields(bit(Field::reviewers))); }

  constexpr void add(Field field) { bits_ = static_cast<std::uint8_t>(bits_ | bit(field)); }
  constexpr bool has(Field field) const { return (bits_ & bit(field)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

  constexpr Fields operator|(Fields other) const { return Fields(bits_ | other.bits_); }
  constexpr Fields operator&(Fields other) const { return Fields(bits_ & other.bits_); }
  constexpr Fields without(Fields other) const { return Fields(bits_ & ~other.bits_); }
  bool operator==(const Fields&) const = default;

 private:
  static constexpr unsigned bit(Field field) { return 1U << static_cast<unsigned>(field); }
  constexpr explicit Fields(unsigned bits) : bits_(static_cast<std::uint8_t>(bits)) {}
  std::uint8_t bits_ = 0;
};

}  // namespace bw::ledger
