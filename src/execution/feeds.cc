// SPDX-License-Identifier: Apache-2.0
#include "execution/feeds.h"

#include <algorithm>

#include "execution/limits.h"
#include "execution/link.h"
#include "mcp/protocol.h"
#include "mcp/splice.h"

namespace bw::execution {

void Feeds::add(std::string link, Caller caller, std::set<std::string> uris, Peer* peer) {
  remove(peer);
  auto feed = std::make_shared<Feed>();
  feed->link = std::move(link);
  feed->caller = std::move(caller);
  feed->uris = std::move(uris);
  feed->peer = peer;
  feeds_.push_back(feed);
  async::spawn(loop_, pump(std::move(feed)));
}

std::vector<Feeds::Listening> Feeds::take_all() {
  std::vector<Listening> all;
  for (auto& feed : feeds_) {
    auto uris = feed->uris;
    // What its session subscribed to by itself goes with it.
    auto own = subscribed_.find({feed->link, feed->caller.session});
    if (own != subscribed_.end()) uris.insert(own->second.begin(), own->second.end());
    all.push_back({feed->caller, {uris.begin(), uris.end()}, feed->peer});
    end(*feed);
  }
  feeds_.clear();
  return all;
}

void Feeds::end(Feed& feed) {
  feed.peer = nullptr;
  feed.changed.set();
}

std::optional<std::string> Feeds::remove(Peer* peer) {
  auto found = std::ranges::find_if(feeds_, [peer](const auto& feed) { return feed->peer == peer; });
  if (found == feeds_.end()) return std::nullopt;
  auto link = (*found)->link;
  end(**found);
  feeds_.erase(found);
  return link;
}

void Feeds::remove_session(std::string_view session) {
  std::erase_if(feeds_,
                [session](const auto& feed) { return feed->caller.session == session ? (end(*feed), true) : false; });
  std::erase_if(subscribed_, [session](const auto& entry) { return entry.first.second == session; });
}

void Feeds::subscribe(std::string_view link, std::string_view session, std::string uri) {
  subscribed_[{std::string(link), std::string(session)}].insert(std::move(uri));
}

void Feeds::unsubscribe(std::string_view link, std::string_view session, std::string_view uri) {
  auto found = subscribed_.find({std::string(link), std::string(session)});
  if (found == subscribed_.end()) return;
  if (auto it = found->second.find(uri); it != found->second.end()) found->second.erase(it);
}

bool Feeds::listens(std::string_view link) const {
  return std::ranges::any_of(feeds_, [link](const auto& feed) { return feed->link == link; });
}

bool Feeds::has(const Peer* peer) const {
  return std::ranges::any_of(feeds_, [peer](const auto& feed) { return feed->peer == peer; });
}

Peer* Feeds::peer(std::string_view link) const {
  auto found = std::ranges::find_if(feeds_, [link](const auto& feed) { return feed->link == link && feed->peer; });
  return found == feeds_.end() ? nullptr : (*found)->peer;
}

void Feeds::assign(const std::function<std::string(const Caller&)>& link_of) {
  for (auto& feed : feeds_) feed->link = link_of(feed->caller);
}

std::set<std::string> Feeds::uris(std::string_view link) const {
  std::set<std::string> all;
  for (const auto& feed : feeds_) {
    if (feed->link == link) all.insert(feed->uris.begin(), feed->uris.end());
  }
  for (const auto& [who, uris] : subscribed_) {
    if (who.first == link) all.insert(uris.begin(), uris.end());
  }
  return all;
}

bool Feeds::wants(const Feed& feed, std::string_view method, std::string_view params) const {
  if (method == mcp::notification::message) return wants_log(feed.caller.log_level, params);
  if (method != mcp::notification::resource_updated) return true;
  if (!feed.link.empty()) return true;
  auto uri = unquoted(mcp::get_member(params, "uri").value_or(""));
  if (feed.uris.contains(uri)) return true;
  auto own = subscribed_.find({feed.link, feed.caller.session});
  return own != subscribed_.end() && own->second.contains(uri);
}

void Feeds::push(Feed& feed, std::string_view method, std::string_view params) {
  if (feed.queue.size() >= kQueuedMessagesMax) return;
  feed.queue.emplace_back(method, params);
  feed.changed.set();
}

bool Feeds::publish(std::string_view link, std::string_view method, std::string_view params) {
  bool heard = false;
  for (const auto& feed : feeds_) {
    if (feed->link != link || !wants(*feed, method, params)) continue;
    push(*feed, method, params);
    heard = true;
  }
  return heard;
}

void Feeds::publish_to_all(std::string_view method) {
  for (const auto& feed : feeds_) push(*feed, method, "{}");
}

async::Task<void> Feeds::pump(std::shared_ptr<Feed> feed) {
  while (feed->peer) {
    while (feed->peer && !feed->queue.empty()) {
      auto method = std::move(feed->queue.front().first);
      auto params = std::move(feed->queue.front().second);
      feed->queue.pop_front();
      co_await feed->peer->notify(std::move(method), std::move(params));
    }
    if (!feed->peer) break;
    feed->changed.reset();
    co_await async::wait(feed->changed);
  }
}

}  // namespace bw::execution
