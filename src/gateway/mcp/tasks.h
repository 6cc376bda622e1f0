// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/event.h"
#include "async/task.h"
#include "gateway/mcp/ask.h"
#include "gateway/mcp/door_parts.h"
#include "gateway/mcp/rpc.h"

namespace bw::gateway {

// The extension io.modelcontextprotocol/tasks, for clients that declare it: a held call is answered with a task, and the
// client asks for it now and then. The task is the ticket under another name, so it outlives the process; what is kept here
// is only the execution that a poll has set off, and its result for those who ask again.
// https://modelcontextprotocol.io/specification/2026-07-28 (SEP-2663)
class Tasks {
 public:
  Tasks(McpParts parts, const McpLimits& limits) : parts_(parts), limits_(limits) {}

  // Whether these client capabilities (JSON) declare the extension.
  static bool declared(std::string_view capabilities);
  // The capabilities that upstreams are told of: the extension is spoken at this door only.
  static std::string without(std::string_view capabilities);

  static bool is_method(std::string_view method);

  // The answer to a call that is held.
  RpcResult created(const Answer& answer) const;

  // tasks/get, tasks/cancel, tasks/update.
  async::Task<RpcResult> answer(Ask ask);

  void sweep();

 private:
  // One execution of an approved ticket; shared by the task that runs it and those who look.
  struct Run {
    std::string owner;  // of the principal that set it off
    async::Event done;
    async::Event cancelled;
    std::optional<Answer> answer;
    std::int64_t created_ms = 0;
    std::int64_t changed_ms = 0;
  };

  async::Task<RpcResult> get(Ask ask, std::string id);
  async::Task<RpcResult> cancel(Ask ask, std::string id);
  async::Task<void> carry_out(std::shared_ptr<Run> run, Ask ask, std::string id);
  RpcResult working(std::string_view id, std::int64_t created_ms, std::int64_t changed_ms,
                    std::int64_t expires_ms) const;
  RpcResult settled(std::string_view id, const Run& run) const;

  McpParts parts_;
  const McpLimits& limits_;
  std::map<std::string, std::shared_ptr<Run>, std::less<>> runs_;  // by ticket
};

}  // namespace bw::gateway
