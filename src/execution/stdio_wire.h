// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/loop.h"
#include "execution/credentials.h"
#include "execution/wire.h"
#include "registry/things.h"
#include "transport/child.h"

namespace bw::execution {

// The last lines that a child wrote to its standard error, for the log and for people who ask why it died.
class ChildLog {
 public:
  void add(std::string line);
  std::string telling_line() const;  // the one that most likely says what went wrong, or empty

 private:
  std::deque<std::string> lines_;
};

// A child process: one line is one message. Started from what the registry declares and from nothing else: no shell, no
// variable of ours but PATH, HOME and LANG. Messages are sorted to the exchanges they belong to by id, progress token and
// subscription id; the rest is aside.
class StdioWire final : public Wire, public std::enable_shared_from_this<StdioWire> {
 public:
  static Result<std::shared_ptr<StdioWire>> start(async::Loop& loop, const registry::Upstream& declared,
                                                  std::shared_ptr<Credentials> credentials);

  void speak(mcp::Era era, std::string revision) override;
  async::Task<Answer> exchange(Outgoing out, Inbox& inbox) override;
  async::Task<Status> send(std::string message) override;
  void follow(std::shared_ptr<Inbox> aside) override;
  async::Event& following() override { return following_; }
  bool can_follow() const override { return true; }
  async::Event& broken() override { return broken_; }
  std::string why_broken() const override { return why_broken_; }
  async::Task<void> close() override;

 private:
  struct Waiting {
    std::deque<mcp::Message> messages;
    async::Event arrived;
  };

  StdioWire(async::Loop& loop, std::string upstream, std::shared_ptr<Credentials> credentials)
      : loop_(loop),
        upstream_(std::move(upstream)),
        credentials_(std::move(credentials)),
        log_(std::make_shared<ChildLog>()) {}

  void sort(mcp::Message message);
  Waiting* owner_of(const mcp::Message& message);
  void queue(Waiting& waiting, mcp::Message message);
  std::string farewell(transport::ExitStatus status) const;

  static async::Task<void> read(std::shared_ptr<StdioWire> self);
  static async::Task<void> hand_aside(std::shared_ptr<StdioWire> self, std::shared_ptr<Inbox> aside);
  static async::Task<void> tell_cancelled(std::shared_ptr<StdioWire> self, std::int64_t id);

  async::Loop& loop_;
  std::string upstream_;
  std::shared_ptr<Credentials> credentials_;
  std::shared_ptr<ChildLog> log_;
  std::unique_ptr<transport::Child> child_;
  std::int64_t started_ms_ = 0;
  std::map<std::int64_t, Waiting*> waiting_;
  Waiting aside_;
  bool closing_ = false;
  async::Event following_;
  async::Event broken_;
  std::string why_broken_;
};

}  // namespace bw::execution
