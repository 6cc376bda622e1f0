// SPDX-License-Identifier: Apache-2.0
#include "json/document.h"

#include <charconv>
#include <cmath>

#include "json/body.h"

namespace bw::json {
namespace {
const Node& node_of(const Body* body, std::uint32_t node) { return body->nodes[node]; }
}  // namespace

Kind Value::kind() const { return body_ ? node_of(body_, node_).kind : Kind::null; }

std::string_view Value::raw() const {
  if (!body_) return {};
  const Node& node = node_of(body_, node_);
  return std::string_view(body_->text).substr(node.begin, node.end - node.begin);
}

std::optional<bool> Value::boolean() const {
  if (!is(Kind::boolean)) return std::nullopt;
  return raw()[0] == 't';
}

std::optional<std::int64_t> Value::integer() const {
  if (!is(Kind::number)) return std::nullopt;
  auto text = raw();
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> Value::number() const {
  if (!is(Kind::number)) return std::nullopt;
  auto text = raw();
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::string_view> Value::string() const {
  if (!is(Kind::string)) return std::nullopt;
  return body_->string(node_of(body_, node_));
}

std::size_t Value::size() const {
  auto k = kind();
  return k == Kind::array || k == Kind::object ? node_of(body_, node_).size : 0;
}

Value Value::operator[](std::string_view key) const {
  for (auto [name, value] : members()) {
    if (name == key) return value;
  }
  return {};
}

Value Value::at(std::size_t index) const {
  for (Value element : elements()) {
    if (index-- == 0) return element;
  }
  return {};
}

Value::Elements Value::elements() const {
  if (!is(Kind::array)) return {body_, 0, 0};
  return {body_, node_ + 1, node_of(body_, node_).next};
}

Value::Members Value::members() const {
  if (!is(Kind::object)) return {body_, 0, 0};
  return {body_, node_ + 1, node_of(body_, node_).next};
}

Value::Elements::iterator& Value::Elements::iterator::operator++() {
  node_ = node_of(body_, node_).next;
  return *this;
}

Member Value::Members::iterator::operator*() const {
  return {body_->string(node_of(body_, node_)), Value(body_, node_ + 1)};
}

Value::Members::iterator& Value::Members::iterator::operator++() {
  node_ = node_of(body_, node_ + 1).next;
  return *this;
}

Document::Document(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string text, const Limits& limits) {
  auto body = std::make_unique<Body>();
  body->text = std::move(text);
  BW_OK(index(*body, limits));
  return Document(std::move(body));
}

Value Document::root() const { return Value(body_.get(), 0); }
std::string_view Document::text() const { return body_->text; }

}  // namespace bw::json
