// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "registry/validate.h"

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

void check_fact(Review& review, const domain::Fact& fact) {
  auto slash = fact.tool.find('/');
  const Tool* tool =
      review.snapshot.tool(std::string_view(fact.tool).substr(0, slash), std::string_view(fact.tool).substr(slash + 1));
  if (!tool || tool->tier == domain::Tier::read) return;
  review.error(fact.where,
               fmt::format("fact `{}` asks `{}`, which is of tier {}", fact.name, fact.tool, domain::name(tool->tier)),
               "a fact is looked up by a tool that only reads");
}

}  // namespace

void check_counts(Review& review) {
  check_unique(review, review.snapshot.meters(), "meter");
  check_unique(review, review.snapshot.facts(), "fact");
  for (const auto& meter : review.snapshot.meters()) check_meter(review, meter);
  for (const auto& fact : review.snapshot.facts()) check_fact(review, fact);
}

}  // namespace bw::registry
