// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "async/task.h"
#include "domain/action.h"
#include "gateway/authzen/candidates.h"
#include "gateway/authzen/evaluations.h"
#include "gateway/authzen/page.h"
#include "gateway/live.h"
#include "gateway/path.h"
#include "http/message.h"

namespace bw::gateway {

// The policy decision point of OpenID AuthZEN's Authorization API 1.0 (access evaluation, batches of them, the three searches,
// discovery): https://openid.github.io/authzen/. It answers what policy says, records nothing and counts nothing. An action that
// would be held, or allowed only with a change that an enforcement point knows nothing of, is not permitted; `context` says so. A
// search finds what an evaluation of the same would permit.
//
// Lives on the agents' loop. What it is given outlives it. Who may ask is its caller's business.
class Authzen {
 public:
  Authzen(std::function<Live()> live, Path& path) : live_(std::move(live)), path_(path) {}

  static constexpr std::string_view root = "/access/v1/";
  static constexpr std::string_view metadata_path = "/.well-known/authzen-configuration";

  // Who asks. An agent asks for itself alone, as its token stands; nobody named is an operator, who asks for all.
  using Asker = std::optional<domain::Principal>;
  async::Task<http::Response> answer(http::Request request, Asker asker);

  // `origin` is where this listener is.
  static http::Response metadata(const std::string& origin);

 private:
  // What is at `where` below the root; nothing happens before it is awaited.
  std::optional<async::Task<http::Response>> answer_at(std::string_view where, std::string body, Asker asker);
  async::Task<http::Response> evaluate(std::string body, bool may_batch, Asker asker);
  async::Task<http::Response> search(std::string body, Search::For what, Asker asker);
  async::Task<bool> permitted(const Candidate& one, std::string arguments, const Asker& asker);
  void name_subject(Evaluation& evaluation, const Asker& asker) const;
  async::Task<Opinion> ask(Evaluation evaluation, Asker asker);
  async::Task<Opinion> ask_as(domain::Principal principal, std::string tool, std::string arguments);
  Result<domain::Principal> principal_of(const Evaluation& evaluation, const Asker& asker) const;

  std::function<Live()> live_;
  Path& path_;
};

}  // namespace bw::gateway
