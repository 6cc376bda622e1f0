// SPDX-License-Identifier: Apache-2.0
#include "gateway/authzen/door.h"

namespace bw::gateway {

async::Task<void> AuthzenDoor::handle(http::Request request, http::ResponseWriter& writer) {
  if (request.path() == Authzen::metadata_path) {
    writer.respond(metadata(request));
    co_return;
  }
  auto principal = entrance_.admit(request.headers);
  if (!principal) {
    const TurnedAway& why = principal.error();
    auto response = http::error_response(why.status, why.message);
    if (!why.challenge.empty()) response.headers.set("www-authenticate", why.challenge);
    writer.respond(std::move(response));
    co_return;
  }
  Authzen::Asker asker = std::move(*principal);
  http::Response answered = co_await authzen_.answer(std::move(request), std::move(asker));
  writer.respond(std::move(answered));
}

// Discovery needs no token, and says nothing that the documentation does not.
http::Response AuthzenDoor::metadata(const http::Request& request) const {
  if (!hosts_.admits(request.headers)) return http::error_response(403, "this host or origin is not served here");
  if (request.method == "GET") return Authzen::metadata(origin_());
  auto response = http::error_response(405, "only GET");
  response.headers.set("allow", "GET");
  return response;
}

}  // namespace bw::gateway
