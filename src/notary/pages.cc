// SPDX-License-Identifier: Apache-2.0
#include "notary/pages.h"

#include "notary/tiles.h"

namespace bw::notary {
namespace {

http::Response not_there(const Error& error) {
  int status = error.code == Code::not_found || error.code == Code::invalid_argument ? 404 : 503;
  return http::error_response(status, error.message);
}

http::Response checkpoint_page(const Checkpoints& checkpoints) {
  auto latest = checkpoints.latest();
  if (!latest) return http::error_response(404, "nothing was signed yet");
  http::Response response;
  response.headers.set("content-type", "text/plain; charset=utf-8");
  response.headers.set("cache-control", "no-cache");
  response.body = latest->bytes();
  return response;
}

}  // namespace

async::Task<http::Response> Pages::page(std::string path) {
  if (path == "/checkpoint") co_return checkpoint_page(checkpoints_);
  auto tile = ledger::parse_tile_path(std::string_view(path).substr(1));
  if (!tile) co_return not_there(tile.error());
  auto latest = checkpoints_.latest();
  auto size = latest ? latest->checkpoint.size : 0;
  auto work = [this, wanted = *tile, size] { return read_tile(records_, wanted, size); };
  Result<std::string> bytes = co_await async::offload(pool_, std::move(work));
  if (!bytes) co_return not_there(bytes.error());
  http::Response response;
  response.headers.set("content-type", "application/octet-stream");
  response.headers.set("cache-control",
                       tile->entries ? "private, max-age=31536000, immutable" : "public, max-age=31536000, immutable");
  response.body = std::move(*bytes);
  co_return response;
}

}  // namespace bw::notary
