// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace bw {

// What the caller should do about a failure; the set is closed, and each door (HTTP, JSON-RPC, exit codes) maps it once.
enum class Code {
  invalid_argument,     // the input is wrong: correct it
  not_found,            // the named thing does not exist
  already_exists,       // the named thing exists already
  failed_precondition,  // the state forbids it: change the state first
  permission_denied,    // known caller, not allowed
  unauthenticated,      // unknown caller
  resource_exhausted,   // a limit was reached: slow down or ask for less
  deadline_exceeded,    // it took too long; the outcome may be unknown
  cancelled,            // the caller went away
  unavailable,          // try again later
  data_loss,            // stored bytes do not add up: stop
  internal,             // a defect of ours
};

std::string_view name(Code code);

// A failure as a value. The message starts in lower case, is one line, ends without a stop, and uses domain words.
struct Error {
  Code code = Code::internal;
  std::string message;

  // The same failure seen from one step further out: "while loading registry: no such file".
  Error with(std::string_view context) &&;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

}  // namespace bw

// Propagation in statement form, legal in plain functions and (BW_CO_*) in coroutines of both compilers:
//   BW_TRY(auto program, compile(text));      BW_OK(store.open());
//   BW_CO_TRY(auto reply, co_await client.send(std::move(request)));
// Each is several statements: put braces around the body of an `if`.
#define BW_CONCAT_(a, b) a##b
#define BW_CONCAT(a, b) BW_CONCAT_(a, b)
#define BW_TRY_(tmp, ret, decl, ...)                \
  auto&& tmp = __VA_ARGS__;                         \
  if (!tmp) ret ::bw::fail(std::move(tmp).error()); \
  decl = std::move(*tmp)
#define BW_TRY(decl, ...) BW_TRY_(BW_CONCAT(bw_try_, __LINE__), return, decl, __VA_ARGS__)
#define BW_CO_TRY(decl, ...) BW_TRY_(BW_CONCAT(bw_try_, __LINE__), co_return, decl, __VA_ARGS__)
#define BW_OK_(tmp, ret, ...) \
  auto&& tmp = __VA_ARGS__;   \
  if (!tmp) ret ::bw::fail(std::move(tmp).error())
#define BW_OK(...) BW_OK_(BW_CONCAT(bw_ok_, __LINE__), return, __VA_ARGS__)
#define BW_CO_OK(...) BW_OK_(BW_CONCAT(bw_ok_, __LINE__), co_return, __VA_ARGS__)

// An impossible state: prints where and stops the process, in release builds too. Never for outside input.
#define BW_ASSERT(condition) ((condition) ? void() : ::bw::assert_failed(#condition, __FILE__, __LINE__))

namespace bw {
[[noreturn]] void assert_failed(const char* condition, const char* file, int line);
}
