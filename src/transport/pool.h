// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "async/event.h"
#include "async/loop.h"
#include "async/task.h"
#include "async/timer.h"
#include "base/result.h"
#include "http/limits.h"
#include "transport/byte_stream.h"
#include "transport/inbox.h"
#include "transport/outbox.h"

namespace bw::transport {

// An open connection to a server, between exchanges or in one.
struct Link {
  Link(async::Loop& loop, StreamPtr opened);
  ~Link();

  bool usable() const;  // nothing came while it was idle, neither an end nor a byte

  StreamPtr stream;
  Inbox inbox;
  Outbox outbox;
  bool reused = false;
  std::int64_t idle_since_ms = 0;
  async::Event ended;  // while idle
};

// Who may have how many connections where, and who gets one next. A key is an origin, its trust and a partition; links are
// never shared between keys. Everything on one loop.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  // The right to one connection of a key: an idle link, or an empty place to put a new one into. Going out of scope closes
  // the link and passes the place on.
  class Lease {
   public:
    Lease() = default;
    Lease(std::shared_ptr<Pool> pool, std::string key, std::unique_ptr<Link> link);
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { close(); }

    Link* link() const { return link_.get(); }
    void put(StreamPtr stream);
    void keep();  // the exchange is complete: the link may serve another
    void close();

   private:
    std::shared_ptr<Pool> pool_;
    std::string key_;
    std::unique_ptr<Link> link_;
  };

  Pool(async::Loop& loop, http::ClientLimits limits) : loop_(loop), limits_(limits), sweeper_(loop, *this) {}

  // Waits while all connections of the key are in use.
  async::Task<Result<Lease>> acquire(std::string key, std::int64_t timeout_ms, async::Event* cancel);

  void forget_idle(const std::string& key);  // one turned out dead: the others are not to be trusted either
  void shut();                               // closes every link, in use or not; for good

  bool is_shut() const { return shut_; }
  std::size_t open() const { return open_; }
  std::size_t idle() const { return idle_.size(); }

 private:
  struct Waiter {
    Waiter(Pool& p, const std::string& k) : pool(p), key(k) {}
    ~Waiter();
    Pool& pool;
    const std::string& key;
    async::Event ready;
    bool granted = false;
    std::unique_ptr<Link> link;
  };
  struct Idle {
    std::string key;
    std::unique_ptr<Link> link;
  };
  using IdlePlace = std::list<Idle>::iterator;
  struct Origin {
    std::size_t open = 0;
    std::vector<IdlePlace> idle;  // the most recently used last
    std::deque<Waiter*> waiters;
  };
  class Sweeper final : public async::Timer {
   public:
    Sweeper(async::Loop& loop, Pool& pool) : Timer(loop), pool_(pool) {}

   private:
    void expired() override { pool_.sweep(); }
    Pool& pool_;
  };

  std::unique_ptr<Link> take_idle(const std::string& key);
  void give_back(const std::string& key, std::unique_ptr<Link> link);  // a null link passes on an empty place
  void make_idle(const std::string& key, Origin& origin, std::unique_ptr<Link> link);
  void close_idle(IdlePlace place);
  void leave(const std::string& key, Origin& origin);  // one connection fewer
  void sweep();

  async::Loop& loop_;
  http::ClientLimits limits_;
  std::unordered_map<std::string, Origin> origins_;
  std::list<Idle> idle_;  // the least recently used first
  std::unordered_set<Link*> in_use_;
  std::size_t open_ = 0;
  bool shut_ = false;
  Sweeper sweeper_;
};

}  // namespace bw::transport
