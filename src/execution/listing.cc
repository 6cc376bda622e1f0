// SPDX-License-Identifier: Apache-2.0
#include "execution/listing.h"

#include <fmt/format.h>

#include <set>

#include "base/log.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "execution/limits.h"
#include "json/canonical.h"
#include "json/writer.h"
#include "mcp/protocol.h"

namespace bw::execution {
namespace {

std::string page_params(std::string_view cursor) {
  if (cursor.empty()) return "{}";
  json::Writer w;
  w.begin_object().member("cursor", cursor).end_object();
  return std::move(w).text();
}

bool is_unknown_method(std::string_view error) {
  auto document = json::Document::parse(std::string(error));
  return document && document->root()["code"].integer() == mcp::code::method_not_found;
}

// The items of all pages, as the upstream's own JSON.
async::Task<Result<std::vector<std::string>>> list_items(async::Loop& loop, std::shared_ptr<Link> link,
                                                         std::string method, std::string member,
                                                         std::int64_t timeout_ms) {
  std::vector<std::string> items;
  std::string cursor;
  std::size_t bytes = 0;
  for (std::size_t page = 0; page < kPagesMax; ++page) {
    Call call;
    call.method = method;
    call.params = page_params(cursor);
    Flight flight(loop, std::move(call), timeout_ms);
    auto reply = co_await link->call(flight);
    if (!reply) co_return fail(std::move(reply).error().error.with(method));
    if (reply->kind == Reply::Kind::error && is_unknown_method(reply->body)) co_return std::vector<std::string>();
    if (reply->kind != Reply::Kind::result) {
      co_return fail(Code::failed_precondition,
                     fmt::format("{}: the upstream answers {}", method, printable(reply->body, 300)));
    }
    bytes += reply->body.size();
    auto document = json::Document::parse(std::move(reply->body), kMessageLimits);
    if (!document) co_return fail(std::move(document).error().with(method));
    auto root = document->root();
    for (json::Value item : root[member].elements()) {
      if (item.is(json::Kind::object)) items.emplace_back(item.raw());
    }
    if (items.size() > kListedMax || bytes > kListedBytesMax) {
      co_return fail(Code::resource_exhausted,
                     fmt::format("{}: more than {} entries or {} bytes", method, kListedMax, kListedBytesMax));
    }
    auto next = root["nextCursor"].string();
    if (!next || next->empty()) co_return items;
    cursor = *next;
  }
  co_return fail(Code::resource_exhausted, fmt::format("{}: more than {} pages", method, kPagesMax));
}

Status add_tool(Catalog& catalog, ParamHeaders& headers, std::set<std::string, std::less<>>& names,
                std::string definition) {
  BW_TRY(auto document, json::Document::parse(definition, kMessageLimits));
  auto name = document.root()["name"].string();
  if (!name || name->empty() || !names.emplace(*name).second) {
    log::warn("a tool without a name, or with another's name, is left out: {}", printable(name.value_or(""), 100));
    return {};
  }
  BW_TRY(auto canonical, json::canonical(document.root()));
  auto declared = mcp::param_headers(document.root()["inputSchema"]);
  if (!declared.empty()) headers.emplace(*name, std::move(declared));
  catalog.tools.push_back({std::string(*name), std::move(definition), to_hex(crypto::sha256(canonical))});
  return {};
}

}  // namespace

async::Task<Result<Listing>> list_all(async::Loop& loop, std::shared_ptr<Link> link, std::int64_t timeout_ms) {
  auto catalog = std::make_shared<Catalog>();
  Listing listing;
  const auto& greeting = link->greeting();
  catalog->capabilities = greeting.capabilities;
  catalog->instructions = greeting.instructions;
  if (declares(greeting.capabilities, "tools")) {
    auto tools = co_await list_items(loop, link, std::string(mcp::method::tools_list), "tools", timeout_ms);
    if (!tools) co_return fail(std::move(tools).error());
    std::set<std::string, std::less<>> names;
    for (auto& definition : *tools) {
      BW_CO_OK(add_tool(*catalog, listing.param_headers, names, std::move(definition)));
    }
  }
  if (declares(greeting.capabilities, "resources")) {
    auto resources = co_await list_items(loop, link, std::string(mcp::method::resources_list), "resources", timeout_ms);
    if (!resources) co_return fail(std::move(resources).error());
    catalog->resources = std::move(*resources);
    auto templates = co_await list_items(loop, link, std::string(mcp::method::resources_templates_list),
                                         "resourceTemplates", timeout_ms);
    if (!templates) co_return fail(std::move(templates).error());
    catalog->resource_templates = std::move(*templates);
  }
  if (declares(greeting.capabilities, "prompts")) {
    auto prompts = co_await list_items(loop, link, std::string(mcp::method::prompts_list), "prompts", timeout_ms);
    if (!prompts) co_return fail(std::move(prompts).error());
    catalog->prompts = std::move(*prompts);
  }
  listing.catalog = std::move(catalog);
  co_return listing;
}

}  // namespace bw::execution
