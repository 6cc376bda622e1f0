// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "registry/conceal.h"
#include "registry/validate.h"

namespace bw::registry {
namespace {

// The host of an http(s) URL, or empty.
std::string_view host_of(std::string_view url) {
  auto start = url.find("://");
  if (start == std::string_view::npos) return {};
  auto rest = url.substr(start + 3);
  auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool is_loopback(std::string_view host) { return host == "localhost" || host == "[::1]" || host.starts_with("127."); }

void check_url(Review& review, const Upstream& upstream) {
  if (upstream.url.empty()) return;
  Span where = review.at("Upstream", upstream.name, {"url"});
  std::string_view url = upstream.url;
  auto scheme = url.find("://");
  auto rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
  if (rest.substr(0, rest.find_first_of("/?#")).find('@') != std::string_view::npos) {
    return review.error(where, "a URL must not carry a user or password",
                        "use `credential`, which keeps the secret out of the registry");
  }
  bool plain = url.starts_with("http://");
  if ((!plain && !url.starts_with("https://")) || host_of(url).empty() ||
      url.find_first_of(" \t") != std::string_view::npos) {
    return review.error(where, fmt::format("`{}` is no URL to connect to", printable(url, 120)),
                        "expected https://HOST/PATH");
  }
  if (plain && !is_loopback(host_of(url)) && !upstream.credentials.empty()) {
    review.warn(where, "the credential travels unencrypted", "use https");
  }
}

void check_transport(Review& review, const Upstream& upstream) {
  bool by_url = !upstream.url.empty();
  bool by_command = !upstream.command.empty();
  if (by_url == by_command) {
    review.error(upstream.where,
                 fmt::format("Upstream `{}` has {}", upstream.name,
                             by_url ? "both `url` and `command`" : "neither `url` nor `command`"),
                 "give exactly one");
  }
  if (!by_url || by_command) return;
  for (auto key : {"args", "env", "cwd"}) {
    const Document* document = review.documents.find("Upstream", upstream.name);
    if (const Span* given = document->body.find_key(key))
      review.error(*given, fmt::format("`{}` belongs to a `command`", key));
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
    check_prefix(review, upstream);
    check_url(review, upstream);
    check_credentials(review, upstream);
  }
}

}  // namespace bw::registry
