// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bw::json {

// Strict JSON (RFC 8259) from outside, kept as the bytes that came plus an index over them.
//
//   BW_TRY(auto document, json::Document::parse(std::move(text), {}));
//   auto name = document.root()["params"]["name"].string();     // optional<string_view>
//   forward(document.root()["params"].raw());                   // exactly the sender's bytes
//
// Refused: duplicate keys (also when spelled with escapes), bad UTF-8, lone surrogates, more than the limits, anything
// after the value. Numbers keep their spelling. A Document owns its text and is immutable; Values are borrowed views that
// must not outlive it. Moving a Document keeps its Values valid. Safe to read from any thread.

struct Limits {
  std::size_t bytes_max = 4U << 20;
  std::size_t depth_max = 64;
  std::size_t values_max = 200'000;  // values and keys together
};

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

struct Body;  // a document's text and index; see document.cc

class Value {
 public:
  Value() = default;  // absent: what looking up a missing key gives; every accessor of it is empty

  bool exists() const { return body_ != nullptr; }
  explicit operator bool() const { return exists(); }
  Kind kind() const;  // absent reads as null
  bool is(Kind wanted) const { return exists() && kind() == wanted; }

  std::string_view raw() const;  // the sender's bytes of this value, without space around it; empty when absent

  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer() const;     // spelled without fraction and exponent, and in range; 1.0 is none
  std::optional<double> number() const;            // finite
  std::optional<std::string_view> string() const;  // unescaped

  std::size_t size() const;                      // elements or members, else 0
  Value operator[](std::string_view key) const;  // member, or absent; linear in the members
  Value at(std::size_t index) const;             // element, or absent; linear

  // for (Value element : array.elements())            for (auto [key, value] : object.members())
  class Elements;
  class Members;
  Elements elements() const;  // empty unless an array
  Members members() const;    // empty unless an object

 private:
  friend class Document;
  Value(const Body* body, std::uint32_t node) : body_(body), node_(node) {}
  const Body* body_ = nullptr;
  std::uint32_t node_ = 0;
};

struct Member {
  std::string_view key;  // unescaped
  Value value;
};

class Value::Elements {
 public:
  class iterator {
   public:
    iterator(const Body* body, std::uint32_t node) : body_(body), node_(node) {}
    Value operator*() const { return Value(body_, node_); }
    iterator& operator++();
    bool operator==(const iterator&) const = default;

   private:
    const Body* body_;
    std::uint32_t node_;
  };
  iterator begin() const { return {body_, first_}; }
  iterator end() const { return {body_, last_}; }

 private:
  friend class Value;
  Elements(const Body* body, std::uint32_t first, std::uint32_t last) : body_(body), first_(first), last_(last) {}
  const Body* body_;
  std::uint32_t first_, last_;
};

class Value::Members {
 public:
  class iterator {
   public:
    iterator(const Body* body, std::uint32_t node) : body_(body), node_(node) {}
    Member operator*() const;
    iterator& operator++();
    bool operator==(const iterator&) const = default;

   private:
    const Body* body_;
    std::uint32_t node_;
  };
  iterator begin() const { return {body_, first_}; }
  iterator end() const { return {body_, last_}; }

 private:
  friend class Value;
  Members(const Body* body, std::uint32_t first, std::uint32_t last) : body_(body), first_(first), last_(last) {}
  const Body* body_;
  std::uint32_t first_, last_;
};

class Document {
 public:
  // Errors: invalid_argument for what is no strict JSON ("at byte 17: …"), resource_exhausted for a limit.
  static Result<Document> parse(std::string text, const Limits& limits = {});

  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  Value root() const;
  std::string_view text() const;

 private:
  explicit Document(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace bw::json
