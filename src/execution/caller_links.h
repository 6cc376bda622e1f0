// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "async/loop.h"
#include "execution/connector.h"
#include "execution/link.h"

namespace bw::execution {

// The links that belong to callers: one for each session and set of capabilities, opened when it is first needed. Callers
// that need the same one at the same moment wait for one opening; one that gives up meanwhile leaves it to the others.
class CallerLinks {
 public:
  CallerLinks(async::Loop& loop, Connector& connector, std::int64_t timeout_ms)
      : loop_(loop), connector_(connector), timeout_ms_(timeout_ms) {}

  static std::string key(const Caller& caller) { return caller.session + '\n' + caller.capabilities; }

  // `owner` keeps the connector alive while a link is being opened.
  async::Task<Result<std::shared_ptr<Link>>> get(std::shared_ptr<void> owner, Caller caller, std::string client_info,
                                                 async::Event& over);

  std::shared_ptr<Link> find(std::string_view key) const;
  void close_session(std::string_view session);
  void roots_changed(std::string_view session);
  void close_all();
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::shared_ptr<Link> link;
    Error error;  // of the last attempt
    async::Event settled;
    std::int64_t used_ms = 0;
    std::int64_t failed_ms = 0;
    bool closed = false;
  };
  bool is_over(const Entry& entry) const;
  bool make_room();
  static async::Task<void> open(std::shared_ptr<void> owner, CallerLinks* self, std::shared_ptr<Entry> entry,
                                Introduction introduction);
  static async::Task<void> close(std::shared_ptr<void> owner, std::shared_ptr<Link> link);
  void drop(Entry& entry);

  async::Loop& loop_;
  Connector& connector_;
  std::int64_t timeout_ms_;
  std::map<std::string, std::shared_ptr<Entry>, std::less<>> entries_;
};

}  // namespace bw::execution
