// SPDX-License-Identifier: Apache-2.0
#include "gateway/bridge/output.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace bw::gateway::bridge {

async::Task<void> Output::say(std::string json) {
  if (gone_.is_set()) co_return;
  // Within a JSON string a line break is always escaped: those that stand here are layout.
  std::ranges::replace_if(json, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  auto written = co_await stdio_.write_line(std::move(json));
  if (written) co_return;
  log::warn("the client does not read any more: {}", written.error().message);
  gone_.set();
}

}  // namespace bw::gateway::bridge
