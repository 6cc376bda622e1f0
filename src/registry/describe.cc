// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "registry/keys.h"

namespace bw::registry {
namespace {

bool one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

struct Noun {
  std::string_view one, many;
};

Noun noun(Refers refers) {
  switch (refers) {
    case Refers::person: return {"person", "people"};
    case Refers::owner: return {"person", "people"};
    case Refers::party: return {"person or team", "people and teams"};
    case Refers::agent: return {"agent", "agents"};
    case Refers::workflow: return {"workflow", "workflows"};
    case Refers::upstream: return {"upstream", "upstreams"};
    case Refers::tool: return {"tool, as UPSTREAM/TOOL", "tools, as UPSTREAM/TOOL"};
    case Refers::prompt: return {"prompt, as UPSTREAM/PROMPT", "prompts, as UPSTREAM/PROMPT"};
    case Refers::uri: return {"resource's URI", "resources' URIs"};
    case Refers::rule: return {"rule", "rules"};
    case Refers::retention: return {"retention class", "retention classes"};
    case Refers::nothing: break;
  }
  return {"thing", "things"};
}

std::string one(const Type& type) {
  switch (type.form) {
    case Type::Form::text: return "a string";
    case Type::Form::boolean: return "true or false";
    case Type::Form::whole: return "a whole number";
    case Type::Form::duration: return "a duration like 90s, 15m, 4h or 7d";
    case Type::Form::date: return "a date like 2026-11-21";
    case Type::Form::time: return "a time like 2026-11-21T03:41:27Z";
    case Type::Form::word: return "one of " + join(type.words, ", ");
    case Type::Form::name:
      return type.refers == Refers::uri
                 ? "a URI"
                 : fmt::format("the name of {} {}",
                               type.refers == Refers::agent || type.refers == Refers::upstream ? "an" : "a",
                               noun(type.refers).one);
    case Type::Form::pattern:
      return type.refers == Refers::nothing ? "a pattern of names"
                                            : fmt::format("a pattern of {}", noun(type.refers).many);
    case Type::Form::expression: return "a CEL expression";
    case Type::Form::variable: return "the name of an environment variable";
    case Type::Form::json: return "any value";
    case Type::Form::object: return fmt::format("a map with the keys of `{}`", type.shape->name);
  }
  return {};
}

std::string several(const Type& type) {
  switch (type.form) {
    case Type::Form::text: return "strings";
    case Type::Form::word: return "words out of " + join(type.words, ", ");
    case Type::Form::name: return fmt::format("names of {}", noun(type.refers).many);
    case Type::Form::pattern:
      return type.refers == Refers::nothing ? "patterns of names"
                                            : fmt::format("patterns of {}", noun(type.refers).many);
    case Type::Form::expression: return "CEL expressions";
    case Type::Form::object: return fmt::format("maps with the keys of `{}`", type.shape->name);
    default: return one(type);
  }
}

}  // namespace

std::string describe(const Type& type) {
  switch (type.many) {
    case Type::Many::one: return one(type);
    case Type::Many::list: return "a list of " + several(type);
    case Type::Many::one_or_list: return fmt::format("{}, or a list of {}", one(type), several(type));
    case Type::Many::named: return "a map from names to " + (type.form == Type::Form::json ? "values" : several(type));
  }
  return {};
}

bool well_spelled(Spelling spelling, std::string_view text) {
  std::size_t longest = spelling == Spelling::tool ? 128 : 64;
  if (text.empty() || text.size() > longest) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool inner = letter(c) || digit(c);
    switch (spelling) {
      case Spelling::name: inner = inner || (i > 0 && one_of(c, "._-")); break;
      case Spelling::identifier:
      case Spelling::variable: inner = c == '_' || letter(c) || (i > 0 && digit(c)); break;
      case Spelling::tool: inner = inner || one_of(c, "._-"); break;
    }
    if (!inner) return false;
  }
  return true;
}

std::string_view describe(Spelling spelling) {
  switch (spelling) {
    case Spelling::name: return "letters, digits, `.`, `_` and `-`, starting with a letter or digit, at most 64";
    case Spelling::identifier: return "letters, digits and `_`, not starting with a digit, at most 64";
    case Spelling::variable: return "letters, digits and `_`, not starting with a digit, at most 64";
    case Spelling::tool: return "letters, digits, `.`, `_` and `-`, at most 128";
  }
  return {};
}

std::string_view pattern(Spelling spelling) {
  switch (spelling) {
    case Spelling::name: return "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
    case Spelling::identifier:
    case Spelling::variable: return "^[A-Za-z_][A-Za-z0-9_]{0,63}$";
    case Spelling::tool: return "^[A-Za-z0-9._-]{1,128}$";
  }
  return {};
}

}  // namespace bw::registry
