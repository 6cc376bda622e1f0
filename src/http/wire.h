// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/headers.h"
#include "http/message.h"

namespace bw::http {

// Writes messages as bytes, at the end of `out`, so that a connection can reuse one buffer. The framing fields come from the
// arguments; those of the same names among the headers are left out.

enum class BodyForm { length, chunked, until_close };

// `date` is a whole header line or empty. Control characters in names and values become spaces: an answer may carry names
// from outside, and must not be split by them.
void append_response_head(std::string& out, int status, const Headers& headers, BodyForm form, std::size_t body_bytes,
                          bool keep_alive, std::string_view date);

void append_chunk(std::string& out, std::string_view piece);  // an empty piece appends nothing
inline std::string_view last_chunk() { return "0\r\n\r\n"; }

// A request head for `authority` ("host:port"); fails with `invalid_argument` on a header that cannot be sent as it is.
Status append_request_head(std::string& out, std::string_view method, std::string_view target,
                           std::string_view authority, const Headers& headers, std::size_t body_bytes);

}  // namespace bw::http
