// SPDX-License-Identifier: Apache-2.0
#include "execution/caller_links.h"

#include <fmt/format.h>

#include "execution/limits.h"

namespace bw::execution {
namespace {
constexpr std::int64_t kRetryMs = 1'000;
}

std::shared_ptr<Link> CallerLinks::find(std::string_view key) const {
  auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : found->second->link;
}

async::Task<void> CallerLinks::close(std::shared_ptr<void> owner, std::shared_ptr<Link> link) {
  co_await link->close();
  owner.reset();
}

void CallerLinks::drop(Entry& entry) {
  entry.closed = true;
  if (entry.link) async::spawn(loop_, close(nullptr, std::move(entry.link)));
}

// Whether it is time for a new one. One that could not be opened is remembered for a moment, so that a child that crashes
// at once is not started with each call.
bool CallerLinks::is_over(const Entry& entry) const {
  if (!entry.settled.is_set()) return false;
  if (entry.link) return entry.link->wire().broken().is_set();
  return loop_.now_ms() - entry.failed_ms >= kRetryMs;
}

// The link that was idle longest makes room for another.
bool CallerLinks::make_room() {
  auto max = connector_.is_http() ? kSessionsMax : kChildrenMax;
  if (entries_.size() < max) return true;
  auto oldest = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    bool idle = it->second->link && it->second->link->is_idle();
    if (idle && (oldest == entries_.end() || it->second->used_ms < oldest->second->used_ms)) oldest = it;
  }
  if (oldest == entries_.end()) return false;
  drop(*oldest->second);
  entries_.erase(oldest);
  return true;
}

async::Task<Result<std::shared_ptr<Link>>> CallerLinks::get(std::shared_ptr<void> owner, Caller caller,
                                                            std::string client_info, async::Event& over) {
  auto name = key(caller);
  auto found = entries_.find(name);
  if (found != entries_.end() && is_over(*found->second)) {
    drop(*found->second);
    entries_.erase(found);
    found = entries_.end();
  }
  if (found == entries_.end()) {
    if (!make_room()) co_return fail(Code::resource_exhausted, "too many sessions are open at this upstream");
    found = entries_.emplace(name, std::make_shared<Entry>()).first;
    Introduction introduction{name, caller.capabilities.empty() ? "{}" : caller.capabilities,
                              caller.client_info.empty() ? client_info : caller.client_info, !caller.multi_round};
    async::spawn(loop_, open(std::move(owner), this, found->second, std::move(introduction)));
  }
  auto entry = found->second;
  entry->used_ms = loop_.now_ms();
  co_await async::wait_any(async::kNever, entry->settled, over);
  if (entry->link) co_return entry->link;
  if (!entry->settled.is_set())
    co_return fail(Code::cancelled, "gave up while a session with the upstream was being opened");
  co_return fail(entry->error);
}

async::Task<void> CallerLinks::open(std::shared_ptr<void> owner, CallerLinks* self, std::shared_ptr<Entry> entry,
                                    Introduction introduction) {
  bool may_be_asked = introduction.capabilities != "{}";
  Patience patience(self->loop_, self->timeout_ms_);
  auto link = co_await self->connector_.open(std::move(introduction), patience);
  if (!link) {
    entry->error = std::move(link).error();
    entry->failed_ms = self->loop_.now_ms();
  } else if (entry->closed) {
    entry->error = Error{Code::unavailable, "the session was closed while it was being opened"};
    co_await (*link)->close();
  } else {
    // A server may ask its questions on the stream beside the calls; it should be open before the first call.
    if (may_be_asked) co_await async::wait_any(1'000, (*link)->wire().following(), (*link)->wire().broken());
    entry->link = std::move(*link);
  }
  entry->settled.set();
  owner.reset();
}

void CallerLinks::close_session(std::string_view session) {
  auto prefix = std::string(session) + '\n';
  for (auto it = entries_.lower_bound(prefix); it != entries_.end() && it->first.starts_with(prefix);) {
    drop(*it->second);
    it = entries_.erase(it);
  }
}

void CallerLinks::roots_changed(std::string_view session) {
  auto prefix = std::string(session) + '\n';
  for (auto it = entries_.lower_bound(prefix); it != entries_.end() && it->first.starts_with(prefix); ++it) {
    if (it->second->link) it->second->link->roots_changed();
  }
}

void CallerLinks::close_all() {
  for (auto& [name, entry] : entries_) drop(*entry);
  entries_.clear();
}

}  // namespace bw::execution
