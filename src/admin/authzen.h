// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "admin/authzen_body.h"
#include "async/task.h"
#include "gateway/control.h"
#include "gateway/path.h"
#include "http/message.h"

namespace bw::admin {

// The policy decision point of OpenID AuthZEN's Authorization API 1.0 (access evaluation, batches of them, discovery; no search):
// https://openid.github.io/authzen/. It answers what policy says, records nothing and counts nothing. An action that would be
// held, or allowed only with a change that an enforcement point knows nothing of, is not permitted; `context` says so.
//
// Lives on the agents' loop. What it is given outlives it. Who may ask is its caller's business.
class Authzen {
 public:
  Authzen(gateway::Control& control, gateway::Path& path) : control_(control), path_(path) {}

  static bool serves(std::string_view path) { return path.starts_with("/access/v1/"); }
  async::Task<http::Response> answer(http::Request request);

  // `/.well-known/authzen-configuration`; `origin` is where this listener is.
  static http::Response metadata(const std::string& origin);

 private:
  async::Task<http::Response> evaluate(std::string body, bool may_batch);
  async::Task<gateway::Opinion> ask(Question question);

  gateway::Control& control_;
  gateway::Path& path_;
};

}  // namespace bw::admin
