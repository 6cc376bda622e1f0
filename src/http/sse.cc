// SPDX-License-Identifier: Apache-2.0
#include "http/sse.h"

#include <algorithm>
#include <charconv>

namespace bw::http {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view first_line(std::string_view text) { return text.substr(0, text.find_first_of("\r\n")); }

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += '\n';
}

}  // namespace

Status SseParser::feed(std::string_view bytes, std::vector<SseEvent>& events) {
  if (spent_) return fail(Code::failed_precondition, "event stream has failed before");
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    auto end = bytes.find_first_of("\r\n");
    auto part = bytes.substr(0, end);
    if (line_.size() + part.size() + event_.data.size() > bytes_max_) {
      spent_ = true;
      return fail(Code::resource_exhausted, "server-sent event too large");
    }
    if (end == std::string_view::npos) {
      line_ += part;
      return {};
    }
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (line_.empty()) {
      take_line(part, events);
      continue;
    }
    line_ += part;
    take_line(line_, events);
    line_.clear();
  }
  return {};
}

void SseParser::take_line(std::string_view line, std::vector<SseEvent>& events) {
  if (std::exchange(at_start_, false) && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  if (line.empty()) return dispatch(events);
  auto colon = line.find(':');
  if (colon == 0) return;  // a comment
  auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
}

void SseParser::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (name == "event") {
    event_.event = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) event_.id = value;
  } else if (name == "retry") {
    std::int64_t ms = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), ms);
    bool digits = !value.empty() && value.front() != '-' && error == std::errc() && end == value.data() + value.size();
    if (digits) event_.retry_ms = retry_ms_ = ms;
  }
}

void SseParser::dispatch(std::vector<SseEvent>& events) {
  if (has_data_) events.push_back(event_);
  event_.event.clear();
  event_.data.clear();
  event_.retry_ms.reset();
  has_data_ = false;
}

std::string format_sse(const SseEvent& event) {
  std::string out;
  out.reserve(event.data.size() + event.event.size() + event.id.size() + 48);
  auto id = first_line(event.id), type = first_line(event.event);
  if (!id.empty() && id.find('\0') == std::string_view::npos) append_field(out, "id", id);
  if (!type.empty()) append_field(out, "event", type);
  if (event.retry_ms) append_field(out, "retry", std::to_string(*event.retry_ms));
  std::string_view data = event.data;
  while (true) {
    auto end = data.find_first_of("\r\n");
    append_field(out, "data", data.substr(0, end));
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + (data.substr(end, 2) == "\r\n" ? 2 : 1));
  }
  return out += '\n';
}

}  // namespace bw::http
