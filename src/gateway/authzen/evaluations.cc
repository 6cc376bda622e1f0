// SPDX-License-Identifier: Apache-2.0
#include "gateway/authzen/evaluations.h"

#include <fmt/format.h>

#include <initializer_list>
#include <map>

#include "json/document.h"
#include "json/writer.h"

namespace bw::gateway {
namespace {

constexpr std::string_view kNoResource =
    "a resource here is of type upstream, with the tool as action, or of type tool, with the action call";

constexpr json::Limits kLimits{.bytes_max = 1U << 20, .depth_max = 32, .values_max = 100'000};

using Arguments = std::map<std::string, std::string, std::less<>>;  // name to JSON

std::unexpected<Error> wrong(std::string_view where, std::string_view what) {
  return fail(Code::invalid_argument, fmt::format("`{}`: expected {}", where, what));
}

// One evaluation: what stands in its item of the batch comes before what stands beside the batch. An entity replaces the other
// as a whole, but for what each entity must have.
class Reader {
 public:
  Reader(json::Value item, json::Value root) : item_(item), root_(root) {}

  Result<Evaluation> evaluation() {
    Evaluation evaluation;
    BW_TRY(auto subject_type, required("subject", "type"));
    BW_TRY(evaluation.agent, required("subject", "id"));
    BW_TRY(auto action, required("action", "name"));
    BW_TRY(auto resource_type, required("resource", "type"));
    BW_TRY(auto resource, required("resource", "id"));
    BW_OK(take_details(evaluation, {"subject", "resource", "action"}));
    evaluation.tool = tool_of(resource_type, resource, action);
    name_unknown(evaluation, subject_type, !evaluation.tool.empty());
    return evaluation;
  }

  // The same with one entity open.
  Result<Search> search(Search::For what) {
    Search search{.what = what};
    auto& evaluation = search.evaluation;
    BW_TRY(auto subject_type, required("subject", "type"));
    if (what != Search::For::subject) {
      BW_TRY(evaluation.agent, required("subject", "id"));
    }
    if (what != Search::For::action) {
      BW_TRY(search.action, required("action", "name"));
    }
    BW_TRY(search.resource_type, required("resource", "type"));
    if (what != Search::For::resource) {
      BW_TRY(search.resource, required("resource", "id"));
    }
    if (what == Search::For::action) {
      BW_OK(take_details(evaluation, {"subject", "resource"}));
    } else {
      BW_OK(take_details(evaluation, {"subject", "resource", "action"}));
    }
    BW_OK(take_page(search));
    if (what == Search::For::subject) evaluation.tool = tool_of(search.resource_type, search.resource, search.action);
    name_unknown(evaluation, subject_type, is_known(search));
    return search;
  }

 private:
  // Whether what is not open can be part of an evaluation at all.
  static bool is_known(const Search& search) {
    if (search.what == Search::For::subject) return !search.evaluation.tool.empty();
    bool is_tool = search.resource_type == "tool";
    if (search.what == Search::For::resource && is_tool) return search.action == "call";
    return is_tool || search.resource_type == "upstream";
  }

  static void name_unknown(Evaluation& evaluation, std::string_view subject_type, bool is_known) {
    if (subject_type != "agent") {
      evaluation.unknown = "a subject here is of type agent";
    } else if (!is_known) {
      evaluation.unknown = kNoResource;
    }
    if (!evaluation.unknown.empty()) evaluation.tool.clear();
  }

  // The entity with its properties; absent when neither has it.
  json::Value entity(std::string_view key) const { return item_[key] ? item_[key] : root_[key]; }

  Result<std::string> required(std::string_view key, std::string_view field) const {
    auto own = entity(key);
    if (!own.is(json::Kind::object)) return wrong(key, "an object");
    auto value = own[field] ? own[field] : root_[key][field];
    auto text = value.string();
    if (!text || text->empty()) return wrong(fmt::format("{}.{}", key, field), "a string");
    return std::string(*text);
  }

  Status take(std::string_view name, json::Value value) {
    auto [at, fresh] = arguments_.emplace(name, value.raw());
    if (fresh || at->second == value.raw()) return {};
    return fail(Code::invalid_argument, fmt::format("`{}` is given twice, with two values", name));
  }

  // Properties of these entities and what the context says.
  Status take_details(Evaluation& evaluation, std::initializer_list<std::string_view> entities) {
    for (std::string_view entity : entities) {
      BW_OK(take_properties(entity, evaluation));
    }
    BW_OK(take_context());
    evaluation.arguments = written();
    return {};
  }

  Status take_page(Search& search) const {
    auto page = item_["page"];
    if (!page) return {};
    if (!page.is(json::Kind::object)) return wrong("page", "an object");
    if (auto token = page["token"]) {
      auto text = token.string();
      if (!text) return wrong("page.token", "a string");
      search.token = *text;
    }
    if (auto limit = page["limit"]) {
      auto number = limit.integer();
      if (!number || *number < 0) return wrong("page.limit", "a whole number that is not negative");
      search.limit = *number;
    }
    return {};
  }

  Status take_properties(std::string_view key, Evaluation& evaluation) {
    auto properties = entity(key)["properties"];
    if (!properties) return {};
    if (!properties.is(json::Kind::object)) return wrong(fmt::format("{}.properties", key), "an object");
    for (auto [name, value] : properties.members()) {
      bool is_subjects = key == "subject" && (name == "workflow" || name == "environment");
      if (!is_subjects) {
        BW_OK(take(name, value));
        continue;
      }
      auto text = value.string();
      if (!text) return wrong(fmt::format("subject.properties.{}", name), "a string");
      (name == "workflow" ? evaluation.workflow : evaluation.environment) = *text;
    }
    return {};
  }

  Status take_context() {
    auto context = entity("context");
    if (!context) return {};
    if (!context.is(json::Kind::object)) return wrong("context", "an object");
    auto arguments = context["arguments"];
    if (!arguments) return {};
    if (!arguments.is(json::Kind::object)) return wrong("context.arguments", "an object");
    for (auto [name, value] : arguments.members()) {
      BW_OK(take(name, value));
    }
    return {};
  }

  std::string written() const {
    json::Writer w;
    w.begin_object();
    for (const auto& [name, value] : arguments_) w.member_raw(name, value);
    return std::move(w.end_object()).text();
  }

  json::Value item_, root_;
  Arguments arguments_;
};

Result<Evaluations::Until> until_of(json::Value root) {
  auto options = root["options"];
  if (options && !options.is(json::Kind::object)) return wrong("options", "an object");
  auto given = options["evaluations_semantic"];
  if (!given || given.string() == "execute_all") return Evaluations::Until::end;
  if (given.string() == "deny_on_first_deny") return Evaluations::Until::first_deny;
  if (given.string() == "permit_on_first_permit") return Evaluations::Until::first_permit;
  return wrong("options.evaluations_semantic", "execute_all, deny_on_first_deny or permit_on_first_permit");
}

}  // namespace

std::string tool_of(const std::string& resource_type, const std::string& resource, const std::string& action) {
  if (resource_type == "upstream") return resource + "/" + action;
  return resource_type == "tool" && action == "call" ? resource : std::string();
}

Result<Search> read_search(std::string body, Search::For what) {
  BW_TRY(auto document, json::Document::parse(std::move(body), kLimits));
  auto root = document.root();
  if (!root.is(json::Kind::object)) return fail(Code::invalid_argument, "expected a JSON object");
  return Reader(root, root).search(what);
}

Result<Evaluations> read_evaluations(std::string body, bool may_batch) {
  BW_TRY(auto document, json::Document::parse(std::move(body), kLimits));
  auto root = document.root();
  if (!root.is(json::Kind::object)) return fail(Code::invalid_argument, "expected a JSON object");
  Evaluations evaluations;
  auto batch = root["evaluations"];
  if (!may_batch || batch.size() == 0) {
    if (may_batch && batch && !batch.is(json::Kind::array)) return wrong("evaluations", "a list");
    BW_TRY(auto evaluation, Reader(root, root).evaluation());
    evaluations.items.emplace_back(std::move(evaluation));
    return evaluations;
  }
  if (!batch.is(json::Kind::array)) return wrong("evaluations", "a list");
  if (batch.size() > kEvaluationsMax)
    return fail(Code::resource_exhausted, fmt::format("`evaluations`: at most {} at once", kEvaluationsMax));
  evaluations.is_batch = true;
  BW_TRY(evaluations.until, until_of(root));
  for (json::Value item : batch.elements()) {
    if (item.is(json::Kind::object)) {
      evaluations.items.push_back(Reader(item, root).evaluation());
    } else {
      evaluations.items.push_back(wrong("evaluations", "a list of objects"));
    }
  }
  return evaluations;
}

}  // namespace bw::gateway
