// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "http/handler.h"

namespace bw::transport {

// Shows in its answer what arrived: "POST /path [body]". For tests.
class ShowHandler : public http::Handler {
 public:
  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override {
    ++requests;
    writer.respond({200, {}, request.method + " " + request.target + " [" + request.body + "]"});
    co_return;
  }
  int requests = 0;
};

}  // namespace bw::transport
