// SPDX-License-Identifier: Apache-2.0
#include "transport/pool.h"

#include <algorithm>

namespace bw::transport {
namespace {
constexpr std::int64_t kStallMsMax = 30'000;  // a server that takes nothing of a request for so long is given up
}

Link::Link(async::Loop& loop, StreamPtr opened)
    : stream(std::move(opened)), inbox(*stream), outbox(loop, *stream, kStallMsMax) {}

Link::~Link() { stream->abandon(); }

bool Link::usable() const { return !ended.is_set() && inbox.bytes().empty() && inbox.end() == ByteStream::End::none; }

Pool::Lease::Lease(std::shared_ptr<Pool> pool, std::string key, std::unique_ptr<Link> link)
    : pool_(std::move(pool)), key_(std::move(key)), link_(std::move(link)) {
  if (link_) pool_->in_use_.insert(link_.get());
}

Pool::Lease& Pool::Lease::operator=(Lease&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(key_, other.key_);
  std::swap(link_, other.link_);
  return *this;
}

void Pool::Lease::put(StreamPtr stream) {
  link_ = std::make_unique<Link>(pool_->loop_, std::move(stream));
  pool_->in_use_.insert(link_.get());
}

void Pool::Lease::keep() {
  pool_->in_use_.erase(link_.get());
  std::exchange(pool_, nullptr)->give_back(key_, std::move(link_));
}

void Pool::Lease::close() {
  if (!pool_) return;
  auto pool = std::exchange(pool_, nullptr);
  pool->in_use_.erase(link_.get());
  link_.reset();
  pool->give_back(key_, nullptr);
}

async::Task<Result<Pool::Lease>> Pool::acquire(std::string key, std::int64_t timeout_ms, async::Event* cancel) {
  auto self = shared_from_this();
  if (shut_) co_return fail(Code::cancelled, "the client was shut");
  if (auto link = take_idle(key)) co_return Lease(self, std::move(key), std::move(link));
  Origin& origin = origins_[key];
  if (origin.open < limits_.connections_per_origin_max) {
    ++origin.open;
    ++open_;
    co_return Lease(self, std::move(key), nullptr);
  }
  if (origin.waiters.size() >= limits_.waiters_per_origin_max) {
    co_return fail(Code::resource_exhausted, "too many requests wait for a connection");
  }
  Waiter waiter(*this, key);
  origin.waiters.push_back(&waiter);
  async::Event never;
  auto first = co_await async::wait_any(timeout_ms, waiter.ready, cancel ? *cancel : never);
  if (waiter.granted) co_return Lease(self, key, std::move(waiter.link));
  if (shut_) co_return fail(Code::cancelled, "the client was shut");
  if (first) co_return fail(Code::cancelled, "cancelled while waiting for a connection");
  co_return fail(Code::deadline_exceeded, "no connection became free in time");
}

Pool::Waiter::~Waiter() {
  auto found = pool.origins_.find(key);
  if (!granted && found != pool.origins_.end()) std::erase(found->second.waiters, this);
}

std::unique_ptr<Link> Pool::take_idle(const std::string& key) {
  while (true) {
    auto found = origins_.find(key);
    if (found == origins_.end() || found->second.idle.empty()) return nullptr;
    auto place = found->second.idle.back();
    if (!place->link->usable()) {
      close_idle(place);
      continue;
    }
    found->second.idle.pop_back();
    auto link = std::move(place->link);
    idle_.erase(place);
    link->inbox.unwatch();
    link->reused = true;
    return link;
  }
}

void Pool::give_back(const std::string& key, std::unique_ptr<Link> link) {
  if (shut_) return;
  Origin& origin = origins_[key];
  if (!origin.waiters.empty()) {
    Waiter* next = origin.waiters.front();
    origin.waiters.pop_front();
    if (link) link->reused = true;
    next->link = std::move(link);
    next->granted = true;
    next->ready.set();
  } else if (link) {
    make_idle(key, origin, std::move(link));
  } else {
    leave(key, origin);
  }
}

void Pool::make_idle(const std::string& key, Origin& origin, std::unique_ptr<Link> link) {
  link->inbox.release_memory();
  link->idle_since_ms = loop_.now_ms();
  link->ended.reset();
  link->inbox.watch(link->ended, 1);  // learns of the server's closing before the next request does
  idle_.push_back({key, std::move(link)});
  origin.idle.push_back(std::prev(idle_.end()));
  if (idle_.size() > limits_.idle_connections_max) close_idle(idle_.begin());
  sweeper_.arm(limits_.idle_ms_max);
}

void Pool::close_idle(IdlePlace place) {
  auto key = place->key;
  Origin& origin = origins_[key];
  std::erase(origin.idle, place);
  idle_.erase(place);
  leave(key, origin);
}

void Pool::leave(const std::string& key, Origin& origin) {
  --open_;
  if (--origin.open == 0 && origin.waiters.empty()) origins_.erase(key);
}

void Pool::forget_idle(const std::string& key) {
  while (true) {
    auto found = origins_.find(key);
    if (found == origins_.end() || found->second.idle.empty()) return;
    close_idle(found->second.idle.back());
  }
}

void Pool::sweep() {
  auto last = loop_.now_ms() - limits_.idle_ms_max;
  while (!idle_.empty() && (idle_.front().link->idle_since_ms <= last || !idle_.front().link->usable())) {
    close_idle(idle_.begin());
  }
  if (!idle_.empty()) sweeper_.arm(std::max<std::int64_t>(1, idle_.front().link->idle_since_ms - last));
}

void Pool::shut() {
  shut_ = true;
  idle_.clear();
  for (auto& [key, origin] : origins_) {
    for (auto* waiter : origin.waiters) waiter->ready.set();
  }
  origins_.clear();
  open_ = 0;
  auto links = in_use_;
  for (auto* link : links) link->outbox.close();
}

}  // namespace bw::transport
