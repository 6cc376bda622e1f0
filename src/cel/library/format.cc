// SPDX-License-Identifier: Apache-2.0
#include "cel/library/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cel/network.h"
#include "cel/numbers.h"
#include "cel/time.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;
constexpr int precision_max = 1000;

// Parts may be shared, so that a small value reads very long: each part is paid for. Nothing when that is too much.
std::optional<std::string> plain(CallContext& c, const Value& v);

std::optional<std::string> plain_part(CallContext& c, const Value& v) {
  auto text = c.charge(1) ? plain(c, v) : std::nullopt;
  return text && c.charge_text(text->size()) ? text : std::nullopt;
}

std::optional<std::string> plain_list(CallContext& c, const Value& v) {
  std::string out = "[";
  for (const Value& element : v.elements()) {
    auto text = plain_part(c, element);
    if (!text) return {};
    if (out.size() > 1) out += ", ";
    out += *text;
  }
  return out + "]";
}

// Entries sorted by how their keys read, so that the text does not depend on how the map was made.
std::optional<std::string> plain_map(CallContext& c, const Value& v) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& entry : v.entries()) {
    auto key = plain_part(c, entry.key);
    auto value = plain_part(c, entry.value);
    if (!key || !value) return {};
    entries.emplace_back(*key, *value);
  }
  std::ranges::sort(entries);
  std::string out = "{";
  for (const auto& [key, value] : entries) {
    if (out.size() > 1) out += ", ";
    out += key + ": " + value;
  }
  return out + "}";
}

// What %s shows; nothing for what it does not take.
std::optional<std::string> plain(CallContext& c, const Value& v) {
  switch (v.kind()) {
    case Kind::null: return "null";
    case Kind::boolean: return v.boolean() ? "true" : "false";
    case Kind::int64: return fmt::format("{}", v.int64());
    case Kind::uint64: return fmt::format("{}", v.uint64());
    case Kind::float64: return format_double(v.float64());
    case Kind::string:
    case Kind::bytes:
    case Kind::type: return std::string(v.text());
    case Kind::timestamp: return format_timestamp(v);
    case Kind::duration: return format_duration(v);
    case Kind::ip: return format_ip(v);
    case Kind::cidr: return format_cidr(v);
    case Kind::list: return plain_list(c, v);
    case Kind::map: return plain_map(c, v);
    default: return {};
  }
}

std::string signed_number(const Value& v, std::string_view digits_of_magnitude) {
  return (v.is(Kind::int64) && v.int64() < 0 ? "-" : "") + std::string(digits_of_magnitude);
}
std::uint64_t magnitude(const Value& v) {
  if (v.is(Kind::uint64)) return v.uint64();
  return v.int64() < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(v.int64())
                       : static_cast<std::uint64_t>(v.int64());
}
bool is_integer(const Value& v) { return v.is(Kind::int64) || v.is(Kind::uint64); }

std::string hex_bytes(std::string_view bytes, bool upper) {
  std::string out;
  for (char c : bytes) out += fmt::format(fmt::runtime(upper ? "{:02X}" : "{:02x}"), static_cast<unsigned char>(c));
  return out;
}

class Formatter {
 public:
  Formatter(CallContext& context, std::string_view format, std::span<const Value> values)
      : context_(context), rest_(format), values_(values) {}

  Value run() {
    while (!rest_.empty()) {
      auto percent = rest_.find('%');
      out_ += rest_.substr(0, percent);
      if (percent == std::string_view::npos) break;
      rest_.remove_prefix(percent + 1);
      if (auto failed = clause()) return *failed;
      if (!context_.charge(1 + out_.size() / 100)) return context_.cost_exceeded();
    }
    return Value::string(context_.arena().copy(out_));
  }

 private:
  Value wrong(std::string_view message) { return context_.fail(Fault::invalid_argument, message); }

  // After the percent sign.
  std::optional<Value> clause() {
    if (rest_.starts_with('%')) {
      out_ += '%';
      rest_.remove_prefix(1);
      return {};
    }
    int precision = 6;
    if (rest_.starts_with('.') && !read_precision(precision)) return wrong("ill-formed precision in format");
    if (rest_.empty()) return wrong("format ends in the middle of a clause");
    char verb = rest_[0];
    rest_.remove_prefix(1);
    if (std::string_view("sdfeboxX").find(verb) == std::string_view::npos) {
      return wrong(fmt::format("unrecognized formatting clause \"{}\"", verb));
    }
    if (next_ >= values_.size()) return wrong(fmt::format("index {} out of range", next_));
    const Value& value = values_[next_++];
    auto text = show(verb, value, precision);
    if (!context_.charge(0) || (text && !context_.charge_text(text->size()))) return context_.cost_exceeded();
    if (!text) return wrong(fmt::format("%{} does not take {}", verb, type_name(value)));
    out_ += *text;
    return {};
  }

  bool read_precision(int& precision) {
    rest_.remove_prefix(1);
    std::size_t digits = 0;
    precision = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9' && precision <= precision_max;
         ++digits) {
      precision = precision * 10 + (rest_[digits] - '0');
    }
    rest_.remove_prefix(digits);
    return digits > 0 && precision <= precision_max;
  }

  std::optional<std::string> show(char verb, const Value& v, int precision) {
    switch (verb) {
      case 's': return plain(context_, v);
      case 'd': return is_integer(v) || v.is(Kind::float64) ? plain(context_, v) : std::nullopt;
      case 'f': return real(v, precision, false);
      case 'e': return real(v, precision, true);
      case 'b':
        if (v.is(Kind::boolean)) return v.boolean() ? "1" : "0";
        return integer(v, "{:b}");
      case 'o': return integer(v, "{:o}");
      default: break;
    }
    if (v.is(Kind::string) || v.is(Kind::bytes)) return hex_bytes(v.text(), verb == 'X');
    return integer(v, verb == 'X' ? "{:X}" : "{:x}");
  }
  static std::optional<std::string> integer(const Value& v, std::string_view form) {
    if (!is_integer(v)) return {};
    return signed_number(v, fmt::format(fmt::runtime(form), magnitude(v)));
  }
  static std::optional<std::string> real(const Value& v, int precision, bool scientific) {
    if (!v.is_number()) return {};
    double d = v.is(Kind::float64) ? v.float64()
               : v.is(Kind::int64) ? static_cast<double>(v.int64())
                                   : static_cast<double>(v.uint64());
    if (!std::isfinite(d)) return format_double(d);
    return scientific ? fmt::format("{:.{}e}", d, precision) : fmt::format("{:.{}f}", d, precision);
  }

  CallContext& context_;
  std::string_view rest_;
  std::span<const Value> values_;
  std::size_t next_ = 0;
  std::string out_;
};

}  // namespace

Value format_text(CallContext& context, Arguments arguments) {
  if (!are(arguments, {Kind::string, Kind::list})) return no_such_overload(context, "format", arguments);
  return Formatter(context, arguments[0].text(), arguments[1].elements()).run();
}

}  // namespace bw::cel
