// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "execution/upstream.h"

namespace bw::execution {

// Who listens to one upstream outside of calls, and to what. Each listener takes its notifications in order and at its own
// pace; one that is too slow loses some.
class Feeds {
 public:
  explicit Feeds(async::Loop& loop) : loop_(loop) {}

  struct Listening {
    Caller caller;
    std::vector<std::string> uris;
    Peer* peer = nullptr;
  };

  void add(std::string link, Caller caller, std::set<std::string> uris, Peer* peer);
  std::optional<std::string> remove(Peer* peer);  // the link it listened to
  void remove_session(std::string_view session);
  std::vector<Listening> take_all();  // and removes them

  bool listens(std::string_view link) const;  // whether anybody does
  bool has(const Peer* peer) const;
  Peer* peer(std::string_view link) const;                                // one that listens to it, or null
  void assign(const std::function<std::string(const Caller&)>& link_of);  // everybody anew to the link they belong to

  // A resource that a session subscribed to with a request of its own.
  void subscribe(std::string_view link, std::string_view session, std::string uri);
  void unsubscribe(std::string_view link, std::string_view session, std::string_view uri);
  std::set<std::string> uris(std::string_view link) const;  // of everybody who listens to it

  // Whether somebody takes it. What a shared link says of a resource goes to those who asked for that resource.
  bool publish(std::string_view link, std::string_view method, std::string_view params);
  void publish_to_all(std::string_view method);

 private:
  struct Feed {
    std::string link;
    Caller caller;
    std::set<std::string> uris;
    Peer* peer = nullptr;  // null once it is removed
    std::deque<std::pair<std::string, std::string>> queue;
    async::Event changed;
  };
  bool wants(const Feed& feed, std::string_view method, std::string_view params) const;
  static void push(Feed& feed, std::string_view method, std::string_view params);
  static void end(Feed& feed);
  static async::Task<void> pump(std::shared_ptr<Feed> feed);

  async::Loop& loop_;
  std::vector<std::shared_ptr<Feed>> feeds_;
  std::map<std::pair<std::string, std::string>, std::set<std::string, std::less<>>> subscribed_;  // by link and session
};

}  // namespace bw::execution
