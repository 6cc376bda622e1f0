// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "async/event.h"
#include "async/loop.h"
#include "async/pool.h"
#include "async/task.h"
#include "http/client.h"
#include "notary/checkpoints.h"

namespace bw::notary {

// Where checkpoints go so that others have them: "https://…", which gets each as the body of a POST, or "git:DIR", a work tree
// in which the file `checkpoint` is committed, and pushed when the repository has a remote.
struct OutletAddress {
  bool git = false;
  std::string where;  // URL or folder
};
Result<OutletAddress> parse_outlet(std::string_view text);

// Sends the newest checkpoint to one place, whenever there is a newer one: at most one every second to a URL, every ten seconds to
// git. What fails is said in the log and in trouble(), and tried again after a second, two, four, up to a minute; meanwhile only the
// newest waits. Nothing else waits for it. On one loop; files are written on the pool. Everything it is given outlives it.
class Outlet {
 public:
  // `environment` is what git sees: "NAME=value".
  Outlet(OutletAddress address, async::Loop& loop, http::Client& client, Checkpoints& checkpoints, async::Pool& pool,
         std::vector<std::string> environment)
      : address_(std::move(address)),
        loop_(loop),
        client_(client),
        checkpoints_(checkpoints),
        pool_(pool),
        environment_(std::move(environment)) {}

  // Until `stop` is set.
  async::Task<void> run(async::Event& stop);

  const std::string& where() const { return address_.where; }
  std::uint64_t size() const { return size_; }             // entries of the last checkpoint that arrived; 0 = none
  std::uint64_t failures() const { return failures_; }     // since the start
  const std::string& trouble() const { return trouble_; }  // why the newest did not arrive, or empty

 private:
  async::Task<Status> send(std::string note, std::uint64_t size);
  async::Task<Status> post(std::string note);
  async::Task<Status> commit(std::string note, std::uint64_t size);
  async::Task<Result<std::string>> git(std::vector<std::string> words);
  void note(const Status& sent);

  OutletAddress address_;
  async::Loop& loop_;
  http::Client& client_;
  Checkpoints& checkpoints_;
  async::Pool& pool_;
  std::vector<std::string> environment_;
  std::uint64_t size_ = 0, failures_ = 0;
  std::string trouble_;
};

}  // namespace bw::notary
