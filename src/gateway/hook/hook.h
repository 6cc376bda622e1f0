// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "async/task.h"
#include "gateway/hook/event.h"
#include "gateway/hook/uses.h"
#include "http/client.h"

namespace bw::gateway::hook {

struct Options {
  std::string origin;        // "http://127.0.0.1:7070": where the decision API is
  std::string token;         // the agent's
  std::string upstream;      // the external upstream whose tools are the agent's own
  std::int64_t wait_ms = 0;  // how long to wait for a person before the use is turned down for now
  bool grants = false;       // what is allowed needs no question of the agent's own any more
};

// What the hook's process says: on standard output for the agent, on standard error for people, and how it ends. Agents take
// an end other than 0 and 2 for a broken hook and go on, so what must not run is said on standard output with 0.
struct Said {
  std::string out;
  std::string error;
  int code = 0;
};

// A coding agent's uses of its tools as actions: asked about before, reported after. Whatever goes wrong before turns the use
// down. docs/reference/agents.md says it for users.
class Hook {
 public:
  Hook(http::Client& client, const Uses& uses, Options options)
      : client_(client), uses_(uses), options_(std::move(options)) {}

  async::Task<Said> take(Event event);

 private:
  async::Task<Said> before(Event event);
  async::Task<Said> after(Event event);
  async::Task<Said> let_go(Event event, std::string answer);
  async::Task<http::ClientResult> post(std::string path, std::string body, std::int64_t wait_ms);
  async::Task<http::ClientResult> report(std::string action, std::string outcome, std::string result,
                                         std::string error);

  http::Client& client_;
  const Uses& uses_;
  Options options_;
};

// What a PreToolUse gets that must not run.
std::string turn_down(std::string_view why);

}  // namespace bw::gateway::hook
