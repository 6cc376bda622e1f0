// SPDX-License-Identifier: Apache-2.0
#include "admin/authzen_body.h"

#include <fmt/format.h>

#include <map>

#include "json/document.h"
#include "json/writer.h"

namespace bw::admin {
namespace {

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

  Result<Question> read() {
    Question question;
    BW_TRY(auto subject_type, required("subject", "type"));
    BW_TRY(question.agent, required("subject", "id"));
    BW_TRY(auto action, required("action", "name"));
    BW_TRY(auto resource_type, required("resource", "type"));
    BW_TRY(auto resource, required("resource", "id"));
    for (std::string_view entity : {"subject", "resource", "action"}) {
      BW_OK(take_properties(entity, question));
    }
    BW_OK(take_context());
    question.arguments = written();
    if (subject_type != "agent") {
      question.unknown = "a subject here is of type agent";
    } else if (resource_type == "upstream") {
      question.tool = resource + "/" + action;
    } else if (resource_type == "tool" && action == "call") {
      question.tool = resource;
    } else {
      question.unknown =
          "a resource here is of type upstream, with the tool as action, or of type tool, with the action call";
    }
    return question;
  }

 private:
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

  Status take_properties(std::string_view key, Question& question) {
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
      (name == "workflow" ? question.workflow : question.environment) = *text;
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

Result<Questions::Until> until_of(json::Value root) {
  auto options = root["options"];
  if (options && !options.is(json::Kind::object)) return wrong("options", "an object");
  auto given = options["evaluations_semantic"];
  if (!given || given.string() == "execute_all") return Questions::Until::end;
  if (given.string() == "deny_on_first_deny") return Questions::Until::first_deny;
  if (given.string() == "permit_on_first_permit") return Questions::Until::first_permit;
  return wrong("options.evaluations_semantic", "execute_all, deny_on_first_deny or permit_on_first_permit");
}

}  // namespace

Result<Questions> read_questions(std::string body, bool may_batch) {
  BW_TRY(auto document, json::Document::parse(std::move(body), kLimits));
  auto root = document.root();
  if (!root.is(json::Kind::object)) return fail(Code::invalid_argument, "expected a JSON object");
  Questions questions;
  auto batch = root["evaluations"];
  if (!may_batch || batch.size() == 0) {
    if (may_batch && batch && !batch.is(json::Kind::array)) return wrong("evaluations", "a list");
    BW_TRY(auto question, Reader(root, root).read());
    questions.items.emplace_back(std::move(question));
    return questions;
  }
  if (!batch.is(json::Kind::array)) return wrong("evaluations", "a list");
  if (batch.size() > kQuestionsMax)
    return fail(Code::resource_exhausted, fmt::format("`evaluations`: at most {} at once", kQuestionsMax));
  questions.is_batch = true;
  BW_TRY(questions.until, until_of(root));
  for (json::Value item : batch.elements()) {
    if (item.is(json::Kind::object)) {
      questions.items.push_back(Reader(item, root).read());
    } else {
      questions.items.push_back(wrong("evaluations", "a list of objects"));
    }
  }
  return questions;
}

}  // namespace bw::admin
