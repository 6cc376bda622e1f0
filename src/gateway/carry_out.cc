// SPDX-License-Identifier: Apache-2.0
#include "gateway/carry_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"
#include "mcp/splice.h"

namespace bw::gateway {
namespace {

using As = policy::Obligations::As;
using Cap = policy::Obligations::Cap;

constexpr json::Limits result_limits{.bytes_max = 16U << 20, .depth_max = 128, .values_max = 4'000'000};
constexpr std::string_view masked = "[redacted]";

std::unexpected<Error> cannot(std::string message) { return fail(Code::failed_precondition, std::move(message)); }

std::string number_text(double number) {
  json::Writer w;
  return std::move(w.number(number)).text();
}

Result<std::optional<std::string>> capped(const std::string& argument, const Cap& cap, json::Value given) {
  auto number = given.number();
  if (!number) return cannot(fmt::format("argument `{}` is to be at most {}, and is no number", argument, cap.at));
  if (*number <= cap.at) return std::optional<std::string>();
  if (!cap.lower) return cannot(fmt::format("argument `{}` is {}, above {}", argument, given.raw(), cap.at));
  return std::optional(number_text(cap.at));
}

// The paths of a redaction that lead into one member, without its name.
using Paths = std::vector<std::pair<std::string_view, As>>;

class Redactor {
 public:
  explicit Redactor(const policy::Obligations& obligations) {
    for (const auto& [path, as] : obligations.redact) paths_.emplace_back(path, as);
  }

  void content(json::Writer& out, json::Value value) { this->value(out, value, paths_); }

  // A text item: its text is JSON, or nobody can tell what is in it.
  Status item(json::Writer& out, json::Value item) {
    auto text = item["text"].string();
    auto document = json::Document::parse(std::string(text.value_or("")), result_limits);
    bool readable = item["type"].string() == "text" && document &&
                    (document->root().is(json::Kind::object) || document->root().is(json::Kind::array));
    if (!readable) return cannot("a part of the result is no JSON, so its fields cannot be told apart");
    json::Writer inner;
    content(inner, document->root());
    out.raw(mcp::set_member(item.raw(), "text", json::quoted(inner.text())));
    return {};
  }

 private:
  void value(json::Writer& out, json::Value value, const Paths& paths) {
    if (paths.empty() || (!value.is(json::Kind::object) && !value.is(json::Kind::array))) {
      out.raw(value.raw());
    } else if (value.is(json::Kind::array)) {
      out.begin_array();
      for (json::Value element : value.elements()) this->value(out, element, paths);
      out.end_array();
    } else {
      out.begin_object();
      for (auto [key, member] : value.members()) this->member(out, key, member, paths);
      out.end_object();
    }
  }

  void member(json::Writer& out, std::string_view key, json::Value value, const Paths& paths) {
    std::optional<As> ends;
    Paths below;
    for (const auto& [path, as] : paths) {
      auto step = path.substr(0, path.find('.'));
      if (step != "*" && step != key) continue;
      if (step.size() == path.size()) {
        ends = std::max(ends.value_or(as), as);
      } else {
        below.emplace_back(path.substr(step.size() + 1), as);
      }
    }
    if (ends == As::drop) return;
    out.key(key);
    if (!ends) return this->value(out, value, below);
    out.string(masked);
  }

  Paths paths_;
};

}  // namespace

Result<Changed> change_arguments(const policy::Obligations& obligations, const std::string& arguments) {
  Changed out{.arguments = arguments, .changes = {}};
  if (!obligations.changes_arguments()) return out;
  auto change = [&out](const std::string& argument, std::string_view from, const std::string& to) {
    if (from == to) return;
    out.changes.push_back({.argument = argument, .from = std::string(from), .to = to});
    out.arguments = mcp::set_member(out.arguments, argument, to);
  };
  BW_TRY(auto given, json::Document::parse(arguments));
  for (const auto& [argument, value] : obligations.set) change(argument, given.root()[argument].raw(), value);
  BW_TRY(auto set, json::Document::parse(out.arguments));
  for (const auto& [argument, cap] : obligations.caps) {
    BW_TRY(auto lowered, capped(argument, cap, set.root()[argument]));
    if (lowered) change(argument, set.root()[argument].raw(), *lowered);
  }
  return out;
}

Result<std::string> redact(const policy::Obligations& obligations, const std::string& result) {
  if (obligations.redact.empty()) return result;
  auto document = json::Document::parse(result, result_limits);
  if (!document || !document->root().is(json::Kind::object)) return cannot("the result cannot be read");
  Redactor redactor(obligations);
  json::Writer out;
  out.begin_object();
  for (auto [key, value] : document->root().members()) {
    out.key(key);
    if (key == "content") {
      out.begin_array();
      for (json::Value item : value.elements()) {
        BW_OK(redactor.item(out, item));
      }
      out.end_array();
    } else if (key == "structuredContent") {
      redactor.content(out, value);
    } else if (key == "contents" || key == "messages") {
      return cannot("only results of tools have fields");
    } else {
      out.raw(value.raw());
    }
  }
  return std::move(out.end_object()).text();
}

std::string withheld_result(std::string_view why) {
  json::Writer w;
  w.begin_object().key("content").begin_array().begin_object().member("type", "text");
  w.member("text", fmt::format("The action was carried out. Its result is withheld: policy redacts it, and {}.", why));
  return std::move(w.end_object().end_array().member("isError", true).end_object()).text();
}

std::string withheld_error() {
  json::Writer w;
  w.begin_object().member("code", -32603);
  w.member("message",
           "The upstream answered with an error. Policy redacts what it answers, so its words are withheld.");
  return std::move(w.end_object()).text();
}

std::string stamp(const policy::Obligations& obligations, const domain::Action& action, const std::string& params) {
  if (obligations.stamp.empty()) return params;
  json::Writer w;
  w.begin_object();
  for (const std::string& word : obligations.stamp) {
    w.member(word, word == "action"     ? action.id
                   : word == "run"      ? action.run
                   : word == "agent"    ? action.principal.agent
                   : word == "workflow" ? action.principal.workflow
                                        : action.profile.accountable);
  }
  return mcp::set_meta(params, "dev.bailiwick/stamp", w.end_object().text());
}

void tell(const policy::Obligations& obligations, const domain::Action& action, const domain::Decision& decision) {
  for (const auto& notice : obligations.notices) {
    log::info("notify {}: {} {} of agent {} in workflow {}: {}{}{}", join(notice.who, ", "), name(decision.verdict),
              action.name, action.principal.agent, action.principal.workflow, action.id,
              notice.message.empty() ? "" : ": ", notice.message);
  }
  for (const auto& line : obligations.lines) {
    if (line.warn) {
      log::warn("{} {} {}: {}", name(decision.verdict), action.name, action.id, line.message);
    } else {
      log::info("{} {} {}: {}", name(decision.verdict), action.name, action.id, line.message);
    }
  }
}

}  // namespace bw::gateway
