// SPDX-License-Identifier: Apache-2.0
// A request of AuthZEN, with and without a batch, and as each of the searches: whatever is taken names an agent unless agents are
// looked for, holds arguments that are an object, and is about a tool unless it says why not. No page is found from a token that
// the search did not write.
#include <cstddef>
#include <cstdint>

#include "gateway/authzen/evaluations.h"
#include "gateway/authzen/page.h"
#include "json/document.h"

namespace {

using namespace bw;
using gateway::Search;

void check_arguments(const gateway::Evaluation& evaluation) {
  auto arguments = json::Document::parse(evaluation.arguments);
  BW_ASSERT(arguments && arguments->root().is(json::Kind::object));
}

void check_search(const Search& search) {
  check_arguments(search.evaluation);
  BW_ASSERT(search.evaluation.agent.empty() == (search.what == Search::For::subject));
  BW_ASSERT(search.resource.empty() == (search.what == Search::For::resource));
  BW_ASSERT(search.action.empty() == (search.what == Search::For::action));
  auto page = gateway::page_of(search);
  if (!page) return;
  BW_ASSERT(page->results_max <= gateway::kResultsMax);
  auto next = search;
  next.token = gateway::next_token(search, *page, "x");
  auto again = gateway::page_of(next);
  BW_ASSERT(again && again->after == "x" && again->results_max == page->results_max);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  for (bool may_batch : {false, true}) {
    auto evaluations = gateway::read_evaluations(text, may_batch);
    if (!evaluations) continue;
    BW_ASSERT(!evaluations->items.empty() && evaluations->items.size() <= gateway::kEvaluationsMax);
    for (const auto& evaluation : evaluations->items) {
      if (!evaluation) continue;
      check_arguments(*evaluation);
      BW_ASSERT(!evaluation->agent.empty() && evaluation->tool.empty() != evaluation->unknown.empty());
    }
  }
  for (auto what : {Search::For::subject, Search::For::resource, Search::For::action}) {
    if (auto search = gateway::read_search(text, what)) check_search(*search);
  }
  return 0;
}
