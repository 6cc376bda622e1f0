// SPDX-License-Identifier: Apache-2.0
#include "cel/environment.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <utility>

#include "base/result.h"

namespace bw::cel {
namespace {

bool answers(const Function& function, std::string_view name, bool method) {
  if (function.name != name) return false;
  return function.form == Form::either || (function.form == Form::method) == method;
}

const std::unordered_map<std::string_view, std::vector<const Function*>>& standard_by_name() {
  static const auto table = [] {
    std::unordered_map<std::string_view, std::vector<const Function*>> by_name;
    for (const Function& function : standard_functions()) by_name[function.name].push_back(&function);
    return by_name;
  }();
  return table;
}

bool is_operator(std::string_view name) { return std::isalpha(static_cast<unsigned char>(name.front())) == 0; }

}  // namespace

std::size_t Environment::declare(std::string name, Type type) {
  BW_ASSERT(!slot(name).has_value());
  variables_.push_back({std::move(name), std::move(type)});
  return variables_.size() - 1;
}

void Environment::declare(Function function) {
  BW_ASSERT(function.implementation != nullptr);
  std::erase_if(functions_,
                [&](const auto& other) { return other->name == function.name && other->form == function.form; });
  functions_.push_back(std::make_shared<const Function>(std::move(function)));
}

void Environment::declare(Message message) {
  BW_ASSERT(message.make != nullptr);
  std::erase_if(messages_, [&](const auto& other) { return other->name == message.name; });
  messages_.push_back(std::make_shared<const Message>(std::move(message)));
}

std::shared_ptr<const Message> Environment::message(std::string_view name) const {
  for (auto known : {std::span<const std::shared_ptr<const Message>>(messages_), standard_messages()}) {
    for (const auto& message : known) {
      if (message->name == name) return message;
    }
  }
  return {};
}

std::vector<std::string> Environment::message_names() const {
  std::vector<std::string> names;
  for (const auto& message : messages_) names.push_back(message->name);
  for (const auto& message : standard_messages()) names.push_back(message->name);
  return names;
}

std::optional<std::size_t> Environment::slot(std::string_view name) const {
  auto found = std::ranges::find(variables_, name, &Variable::name);
  if (found == variables_.end()) return {};
  return static_cast<std::size_t>(found - variables_.begin());
}

std::vector<std::string> Environment::variable_names() const {
  std::vector<std::string> names;
  for (const auto& variable : variables_) names.push_back(variable.name);
  return names;
}

std::shared_ptr<const Function> Environment::function(std::string_view name, bool method) const {
  for (const auto& function : functions_) {
    if (answers(*function, name, method)) return function;
  }
  auto standard = standard_by_name().find(name);
  if (standard == standard_by_name().end()) return {};
  for (const Function* function : standard->second) {
    // Standard functions live as long as the process: a pointer that owns nothing.
    if (answers(*function, name, method)) return {std::shared_ptr<const Function>(), function};
  }
  return {};
}

std::vector<std::string> Environment::function_names(bool method) const {
  std::vector<std::string> names;
  auto add = [&](const Function& function) {
    if (!is_operator(function.name) && answers(function, function.name, method)) names.push_back(function.name);
  };
  for (const auto& function : functions_) add(*function);
  for (const auto& function : standard_functions()) add(function);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

}  // namespace bw::cel
