// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <cmath>

#include "cel/network.h"
#include "cel/numbers.h"
#include "cel/time.h"
#include "cel/type.h"
#include "cel/utf8.h"
#include "cel/value.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

class Renderer {
 public:
  explicit Renderer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void value(const Value& v) {
    if (full()) return;
    switch (v.kind()) {
      case Kind::absent: out_ += "absent"; break;
      case Kind::null: out_ += "null"; break;
      case Kind::boolean: out_ += v.boolean() ? "true" : "false"; break;
      case Kind::int64: out_ += fmt::format("{}", v.int64()); break;
      case Kind::uint64: out_ += fmt::format("{}u", v.uint64()); break;
      case Kind::float64: number(v.float64()); break;
      case Kind::string: text(v.text()); break;
      case Kind::bytes: bytes(v.text()); break;
      case Kind::timestamp: out_ += fmt::format("timestamp(\"{}\")", format_timestamp(v)); break;
      case Kind::duration: out_ += fmt::format("duration(\"{}\")", format_duration(v)); break;
      case Kind::ip: out_ += fmt::format("ip(\"{}\")", format_ip(v)); break;
      case Kind::cidr: out_ += fmt::format("cidr(\"{}\")", format_cidr(v)); break;
      case Kind::list: list(v); break;
      case Kind::map: map(v); break;
      case Kind::object: object(v); break;
      case Kind::optional: optional(v); break;
      case Kind::type: out_ += v.text(); break;
      case Kind::error: out_ += fmt::format("error({})", v.failure().message); break;
      case Kind::unknown: unknown(v); break;
    }
  }

  std::string finish() {
    if (full()) {
      std::size_t end = bytes_max_;
      while (end > 0 && (static_cast<unsigned char>(out_[end]) & 0xC0U) == 0x80U) --end;
      out_.resize(end);
      out_ += "…";
    }
    return std::move(out_);
  }

 private:
  bool full() const { return out_.size() > bytes_max_; }

  void number(double d) {
    std::string digits = format_double(d);
    out_ += digits;
    if (std::isfinite(d) && digits.find_first_of(".e") == std::string::npos) out_ += ".0";
  }

  void text(std::string_view utf8) {
    out_ += '"';
    for (std::size_t at = 0; at < utf8.size() && !full();) {
      auto start = at;
      std::int32_t c = next_code_point(utf8, at);
      character(c, utf8.substr(start, at - start));
    }
    out_ += '"';
  }
  void character(std::int32_t c, std::string_view as_written) {
    switch (c) {
      case '"': out_ += "\\\""; return;
      case '\\': out_ += "\\\\"; return;
      case '\n': out_ += "\\n"; return;
      case '\r': out_ += "\\r"; return;
      case '\t': out_ += "\\t"; return;
      default: break;
    }
    // Control characters and the marks that turn writing round could make an explanation say something else.
    bool hidden = c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
                  (c >= 0x2066 && c <= 0x2069);
    if (hidden && c >= 0) {
      out_ += fmt::format("\\u{:04x}", c);
    } else {
      out_ += as_written;
    }
  }

  void bytes(std::string_view bytes) {
    out_ += "b\"";
    for (char c : bytes) {
      if (full()) break;
      if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
        out_ += c;
      } else {
        out_ += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      }
    }
    out_ += '"';
  }

  void list(const Value& v) {
    out_ += '[';
    bool first = true;
    for (const Value& element : v.elements()) {
      if (full()) break;
      if (!first) out_ += ", ";
      first = false;
      value(element);
    }
    out_ += ']';
  }
  void map(const Value& v) {
    out_ += '{';
    bool first = true;
    for (const auto& entry : v.entries()) {
      if (full()) break;
      if (!first) out_ += ", ";
      first = false;
      value(entry.key);
      out_ += ": ";
      value(entry.value);
    }
    out_ += '}';
  }
  void object(const Value& v) {
    out_ += v.object_type().name();
    out_ += '{';
    bool first = true;
    auto fields = v.object_type().fields();
    for (std::size_t slot = 0; slot < fields.size() && !full(); ++slot) {
      Value field = v.has(slot).is_false() ? Value::absent() : v.field(slot);
      if (field.is(Kind::absent)) continue;
      if (!first) out_ += ", ";
      first = false;
      out_ += fields[slot].name;
      out_ += ": ";
      value(field);
    }
    out_ += '}';
  }
  void optional(const Value& v) {
    if (v.inner().is(Kind::absent)) {
      out_ += "optional.none()";
      return;
    }
    out_ += "optional.of(";
    value(v.inner());
    out_ += ')';
  }
  void unknown(const Value& v) {
    out_ += "unknown(";
    bool first = true;
    for (auto attribute : v.unknowns()) {
      if (!first) out_ += ", ";
      first = false;
      out_ += attribute;
    }
    out_ += ')';
  }

  std::size_t bytes_max_;
  std::string out_;
};

}  // namespace

std::string render(const Value& value, std::size_t bytes_max) {
  Renderer renderer(bytes_max);
  renderer.value(value);
  return renderer.finish();
}

}  // namespace bw::cel
