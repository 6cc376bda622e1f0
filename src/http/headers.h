// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::http {

// Header fields in the order they came, duplicates visible, names compared without case. All text lies in one buffer, so a
// whole set costs two allocations. Views are valid until the next change.
class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields);

  std::optional<std::string_view> find(std::string_view name) const;  // the first
  std::size_t count(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }

  // Whether the comma-separated values of `name` contain `token`, without case ("Connection: keep-alive, Close").
  bool has_token(std::string_view name, std::string_view token) const;

  void add(std::string_view name, std::string_view value);  // beside what is there
  void set(std::string_view name, std::string_view value);  // instead of what is there
  void remove(std::string_view name);                       // all of that name
  void reserve(std::size_t fields, std::size_t text_bytes);

  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  Field operator[](std::size_t index) const;

  // for (auto [name, value] : headers) …
  class Iterator;
  Iterator begin() const;
  Iterator end() const;

 private:
  struct Place {
    std::uint32_t at;  // of the name in text_; the value follows it
    std::uint32_t name_bytes;
    std::uint32_t value_bytes;
  };

  std::string text_;
  std::vector<Place> fields_;
};

class Headers::Iterator {
 public:
  Iterator(const Headers& headers, std::size_t index) : headers_(&headers), index_(index) {}
  Field operator*() const { return (*headers_)[index_]; }
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  bool operator==(const Iterator& other) const { return index_ == other.index_; }

 private:
  const Headers* headers_;
  std::size_t index_;
};

inline Headers::Iterator Headers::begin() const { return {*this, 0}; }
inline Headers::Iterator Headers::end() const { return {*this, fields_.size()}; }

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII

// RFC 9110 section 5: what may stand on the wire. A value has no control characters but tab, and no space at its ends.
bool is_token(std::string_view text);
bool is_field_value(std::string_view text);

}  // namespace bw::http
