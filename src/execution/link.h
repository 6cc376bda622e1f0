// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "async/task.h"
#include "execution/flight.h"
#include "execution/upstream.h"
#include "execution/wire.h"

namespace bw::execution {

// What an upstream says of itself when we first meet.
struct Greeting {
  std::string protocol;      // "2025-11-25"
  std::string capabilities;  // JSON object
  std::string instructions;
};

// Whom a link tells what concerns nobody's call.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  virtual void list_changed(std::string_view method) = 0;
  virtual void may_have_missed() = 0;  // the way on which changes are told was broken for a while

  // Passes a notification on to whoever listens to `link`; whether somebody does.
  virtual bool publish(std::string_view link, std::string_view method, std::string_view params) = 0;

  // Somebody who listens to `link` and can be asked for its caller; null when nobody does.
  virtual Peer* listener(std::string_view link) = 0;
};

// One conversation with an upstream in its generation's manner, over some wire. A link with a `key` is one caller's; the
// link with the empty key is Bailiwick's own, and the callers' too where the registry lets them share it.
class Link {
 public:
  virtual ~Link() = default;
  virtual const Greeting& greeting() const = 0;
  virtual Wire& wire() = 0;
  virtual bool is_idle() const = 0;  // no call is on its way
  virtual async::Task<CallResult> call(Flight& flight) = 0;

  // Has the upstream tell of changes to its lists and to exactly these resources. Returns when no later change is missed.
  virtual async::Task<Status> watch(std::set<std::string> uris) = 0;
  virtual async::Task<void> close() = 0;
  virtual void roots_changed() {}  // the caller's; told to an upstream that has asked for them
};

// What the two generations have in common.

Reply to_reply(const mcp::Message& answer);
Reply error_reply(int code, std::string_view message);

// Whether capabilities (a JSON object) declare this; `feature` is a member of it that must be true, or empty.
bool declares(std::string_view capabilities, std::string_view what, std::string_view feature = {});

// Whether a caller that asked for messages from `least` on wants one with these params.
bool wants_log(std::string_view least, std::string_view params);

// The value of a JSON string, or empty.
std::string unquoted(std::string_view json);

}  // namespace bw::execution
