// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "registry/address.h"
#include "registry/conceal.h"
#include "registry/validate.h"

namespace bw::registry {
namespace {

void check_url(Review& review, const Upstream& upstream) {
  if (upstream.url.empty()) return;
  Span where = review.at("Upstream", upstream.name, {"url"});
  if (!check_address(review, where, upstream.url)) return;
  if (leaves_in_the_clear(upstream.url) && !upstream.credentials.empty())
    review.warn(where, "the credential travels unencrypted", "use https");
}

// A key of the upstream that makes no sense for what it is.
void check_key(Review& review, const Upstream& upstream, std::string_view key, std::string_view message) {
  const Document* document = review.documents.find("Upstream", upstream.name);
  if (const Span* given = document->body.find_key(key)) review.error(*given, std::string(message));
}

void check_transport(Review& review, const Upstream& upstream) {
  std::vector<std::string> given;
  if (!upstream.url.empty()) given.push_back("`url`");
  if (!upstream.command.empty()) given.push_back("`command`");
  if (upstream.external) given.push_back("`external`");
  if (given.size() != 1) {
    review.error(upstream.where,
                 fmt::format("Upstream `{}` has {}", upstream.name,
                             given.empty() ? "none of `url`, `command` and `external`" : join(given, " and ")),
                 "give exactly one");
    return;
  }
  for (auto key : {"args", "env", "cwd"}) {
    if (upstream.command.empty()) check_key(review, upstream, key, fmt::format("`{}` belongs to a `command`", key));
  }
  for (auto key : {"credential", "prefix", "concurrency", "resources", "prompts"}) {
    if (upstream.external)
      check_key(review, upstream, key, fmt::format("`{}` belongs to a server, and an external upstream has none", key));
  }
}

// Whoever is a server says itself what its tools take; of external ones only the registry can.
void check_definitions(Review& review, const Upstream& upstream) {
  for (const auto& [name, tool] : upstream.tools) {
    for (const auto& [key, text] : {std::pair<std::string_view, const std::string&>{"description", tool.description},
                                    {"input_schema", tool.input_schema},
                                    {"output_schema", tool.output_schema}}) {
      if (text.empty()) continue;
      Span where = review.at("Upstream", upstream.name, {"tools", name, std::string(key)});
      if (!upstream.external)
        review.error(where, fmt::format("`{}` belongs to external tools: a server defines its own", key));
      else if (key != "description" && !text.starts_with('{'))
        review.error(where, fmt::format("`{}` is no JSON Schema: expected a map such as {{type: object}}", key));
    }
  }
}

// `args.customer.id`
bool is_path(std::string_view text) {
  constexpr std::size_t steps_max = 8;
  auto steps = split(text, '.');
  auto is_step = [](std::string_view step) { return !step.empty() && well_spelled(Spelling::name, step); };
  return steps.size() >= 2 && steps.size() <= steps_max && steps.front() == "args" &&
         std::ranges::all_of(steps, is_step);
}

void check_subjects(Review& review, const Upstream& upstream) {
  for (const auto& [name, tool] : upstream.tools) {
    for (const auto& path : tool.subjects) {
      if (is_path(path)) continue;
      review.error(review.at("Upstream", upstream.name, {"tools", name, "subject"}),
                   fmt::format("`{}` is no path into the arguments", printable(path, 80)),
                   "for example args.customer or args.order.customer");
    }
  }
}

void check_credentials(Review& review, const Upstream& upstream) {
  Span where = review.at("Upstream", upstream.name, {"credential"});
  for (const Credential& credential : upstream.credentials) {
    if (!upstream.url.empty() && (credential.header.empty() || !credential.env.empty())) {
      review.error(where, "a credential for a `url` needs a `header` and no `env`",
                   "for example header: Authorization, prefix: \"Bearer \"");
    }
    if (!upstream.command.empty() &&
        (credential.env.empty() || !credential.header.empty() || !credential.prefix.empty())) {
      review.error(where, "a credential for a `command` needs an `env` and no `header` or `prefix`",
                   "for example env: DESK_TOKEN");
    }
  }
  for (const auto& [variable, value] : upstream.env) {
    if (!looks_secret(variable, value)) continue;
    review.error(review.at("Upstream", upstream.name, {"env", variable}),
                 fmt::format("`{}` looks like a secret in plain sight", variable),
                 "move it to `credential`, which reads it from a file or a variable when it is needed");
  }
}

void check_prefix(Review& review, const Upstream& upstream) {
  if (upstream.prefix.empty() || well_spelled(Spelling::tool, upstream.prefix)) return;
  review.error(review.at("Upstream", upstream.name, {"prefix"}),
               fmt::format("`{}` is no good prefix", printable(upstream.prefix, 80)),
               fmt::format("use {}", describe(Spelling::tool)));
}

// Agents see one list of tools over all upstreams, in which every name must mean one tool.
void check_shown_names(Review& review) {
  std::map<std::string, std::string> shown;
  for (const auto& [name, upstream] : review.snapshot.upstreams()) {
    if (upstream.external) continue;  // nobody is shown these
    for (const auto& [tool_name, tool] : upstream.tools) {
      auto [first, fresh] = shown.emplace(upstream.prefix + tool_name, name + "/" + tool_name);
      if (fresh) continue;
      review.error(tool.where,
                   fmt::format("agents would see `{}/{}` and `{}` under one name", name, tool_name, first->second),
                   fmt::format("both are `{}`: give one of the upstreams another `prefix`", first->first));
    }
  }
}

}  // namespace

void check_upstreams(Review& review) {
  check_shown_names(review);
  for (const auto& [name, upstream] : review.snapshot.upstreams()) {
    check_transport(review, upstream);
    check_definitions(review, upstream);
    check_subjects(review, upstream);
    check_prefix(review, upstream);
    check_url(review, upstream);
    check_credentials(review, upstream);
  }
}

}  // namespace bw::registry
