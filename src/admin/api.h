// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "admin/outlets.h"
#include "admin/view.h"
#include "async/pool.h"
#include "execution/upstreams.h"
#include "gateway/authzen/authzen.h"
#include "gateway/control.h"
#include "gateway/erasures.h"
#include "gateway/pins.h"
#include "gateway/pruning.h"
#include "http/handler.h"
#include "notary/checkpoints.h"
#include "notary/pages.h"
#include "replay/shadow_mode.h"

namespace bw::admin {

// The HTTP API of people: questions (GET /v1/…, `format=text` for the form that people read) and changes (POST /v1/…, a JSON
// object), AuthZEN (gateway/authzen), and the ledger's pages (notary/pages.h). Every /v1 request, and bundles of
// entries, carry the operator's token as a bearer; /healthz, /readyz, /metrics, /checkpoint and tiles of hashes need none and
// say nothing about actions. docs/reference/admin-api.md lists all of it.
//
// Lives on the agents' loop; what blocks runs on the pool. Everything it is given outlives it.
struct ApiParts {
  gateway::Control& control;
  gateway::Erasures& erasures;
  gateway::Pruning& pruning;
  gateway::Pins& pins;
  execution::Upstreams& upstreams;
  admission::Records& records;
  notary::Checkpoints& checkpoints;
  notary::Pages& pages;
  async::Pool& pool;
  const Clock& clock;
  const Outlets& outlets;
  std::string operator_token;
  std::function<std::string()> not_ready;  // why the server is not ready, or empty
  gateway::Authzen& authzen;
  std::function<std::string()> url;  // where this listener is
  replay::ShadowMode& shadow;
};

std::unique_ptr<http::Handler> make_api(ApiParts parts);

// The status that says what `code` says.
int http_status(Code code);

}  // namespace bw::admin
