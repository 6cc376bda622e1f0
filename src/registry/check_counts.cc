// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "registry/address.h"

namespace bw::registry {
namespace {

// Names of meters and facts are words of the language that rules are written in, so each is declared once in the registry.
template <class Thing>
void check_unique(Review& review, const std::vector<Thing>& sorted, std::string_view noun) {
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const Span& first = sorted[i - 1].where;
    if (sorted[i].name != sorted[i - 1].name) continue;
    review.error(sorted[i].where, fmt::format("{} `{}` is declared twice", noun, sorted[i].name),
                 fmt::format("also in {}:{}", first.file, first.line));
  }
}

const Node* meter_node(const Review& review, const domain::Meter& meter) {
  for (const Document& document : review.documents.all()) {
    const Node* meters = document.valid && document.kind->name == "Meters" ? document.body.find("meters") : nullptr;
    const Node* found = meters ? meters->find(meter.name) : nullptr;
    if (found) return found;
  }
  return nullptr;
}

void check_meter(Review& review, const domain::Meter& meter) {
  const Node* in_flight = meter_node(review, meter)->find("in_flight");
  if (in_flight->truth == (meter.window_ms > 0)) {
    review.error(meter.where,
                 fmt::format("meter `{}` has {}", meter.name,
                             in_flight->truth ? "both `window` and `in_flight`" : "neither `window` nor `in_flight`"),
                 "give `window: 1d`, or `in_flight: true`");
  }
  if (meter.limit == 0)
    review.warn(meter.where, fmt::format("meter `{}` with limit 0 denies every action that it counts", meter.name));
}

void check_fact_tool(Review& review, const domain::Fact& fact) {
  auto slash = fact.tool.find('/');
  const Tool* tool =
      review.snapshot.tool(std::string_view(fact.tool).substr(0, slash), std::string_view(fact.tool).substr(slash + 1));
  if (!tool) return;
  if (review.snapshot.upstream(std::string_view(fact.tool).substr(0, slash))->external) {
    review.error(fact.where,
                 fmt::format("fact `{}` asks `{}`, which agents carry out themselves", fact.name, fact.tool),
                 "a fact needs a source that Bailiwick can ask: a tool of a server, a URL or a file");
    return;
  }
  if (tool->tier == domain::Tier::read) return;
  review.error(fact.where,
               fmt::format("fact `{}` asks `{}`, which is of tier {}", fact.name, fact.tool, domain::name(tool->tier)),
               "a fact is looked up by a tool that only reads");
}

// A value that somebody on the way could change is no fact.
void check_fact_url(Review& review, const domain::Fact& fact) {
  const std::string& url = fact.source();
  if (!check_address(review, fact.where, url)) return;
  if (leaves_in_the_clear(url))
    review.error(fact.where, fmt::format("what `{}` answers can be changed on its way", printable(url, 120)),
                 "use https");
  if (url.find('#') != std::string::npos)
    review.error(fact.where, fmt::format("`{}` has a fragment, which is not sent", printable(url, 120)));
}

// Of the Data API, version 1: others answer in another form, which would be misread.
void check_fact_opa(Review& review, const domain::Fact& fact) {
  constexpr std::string_view root = "/v1/data/";
  std::string_view url = std::string_view(fact.opa).substr(0, fact.opa.find('?'));
  auto path = url.find('/', url.find("//") == std::string_view::npos ? 0 : url.find("//") + 2);
  bool is_document =
      path != std::string_view::npos && url.substr(path).starts_with(root) && url.size() > path + root.size();
  if (!is_document)
    review.error(fact.where, fmt::format("`{}` is no document of OPA's Data API", printable(fact.opa, 120)),
                 "give https://HOST:PORT/v1/data/PATH, where PATH is package and rule: /v1/data/agents/decision");
}

void check_fact_file(Review& review, const domain::Fact& fact) {
  std::string_view file = fact.file;
  bool outside = file.starts_with('/') || file.starts_with("..") || file.contains("/..") || file.contains('\\');
  if (outside)
    review.error(fact.where, fmt::format("`{}` is not below the registry's folder", printable(file, 120)),
                 "give a path like calendar/freeze.json");
  if (!file.ends_with(".json") && !file.ends_with(".data.yaml"))
    review.error(fact.where, fmt::format("`{}` is neither `….json` nor `….data.yaml`", printable(file, 120)));
  if (!fact.arguments.empty())
    review.error(fact.where, fmt::format("fact `{}` is read from a file, which takes no `arguments`", fact.name),
                 "look up the part that is wanted in `value`: result[args.customer]");
}

void check_fact(Review& review, const domain::Fact& fact) {
  int sources = 0;
  for (const auto* source : {&fact.tool, &fact.url, &fact.opa, &fact.file}) sources += source->empty() ? 0 : 1;
  if (sources != 1) {
    return review.error(fact.where,
                        fmt::format("fact `{}` has {} of `tool`, `url`, `opa` and `file`", fact.name,
                                    sources == 0 ? "none" : "more than one"),
                        "say in one of them where it is looked up");
  }
  if (!fact.tool.empty()) check_fact_tool(review, fact);
  if (fact.is_remote()) check_fact_url(review, fact);
  if (!fact.opa.empty()) check_fact_opa(review, fact);
  if (!fact.file.empty()) check_fact_file(review, fact);
  const auto& credentials = review.snapshot.fact_credentials(fact.name);
  for (const Credential& credential : credentials) {
    if (fact.is_remote() && !credential.header.empty() && credential.env.empty()) continue;
    review.error(fact.where, "a credential of a fact needs a `url` or `opa` and a `header`, and no `env`",
                 "for example header: Authorization, prefix: \"Bearer \"");
  }
}

}  // namespace

void check_counts(Review& review) {
  check_unique(review, review.snapshot.meters(), "meter");
  check_unique(review, review.snapshot.facts(), "fact");
  for (const auto& meter : review.snapshot.meters()) check_meter(review, meter);
  for (const auto& fact : review.snapshot.facts()) check_fact(review, fact);
}

}  // namespace bw::registry
