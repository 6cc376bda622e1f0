// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

// The table of everything that a registry may say: kinds of documents, their keys, what may stand at each. The loader
// checks by it, the JSON Schema and docs/reference/registry.md are printed from it, so that the three cannot differ.
// To add a key, add a line in keys.cc, or policy_keys.cc, and read it in build.cc.
namespace bw::registry {

struct Shape;

// What the text of a name, or what a pattern's `*` ranges over.
enum class Refers : std::uint8_t {
  nothing,
  person,
  owner,  // a person who is human and active (A2)
  party,  // a person or a team; the two share their names
  agent,
  workflow,
  upstream,
  tool,    // UPSTREAM/TOOL
  prompt,  // UPSTREAM/PROMPT; the upstream knows which there are
  uri,     // of a resource; the upstream knows which there are
  rule,
  retention,  // a class
};

// How the keys of a map from names are spelled.
enum class Spelling : std::uint8_t {
  name,        // refund-desk
  identifier,  // as CEL needs it: refund_dollars
  tool,        // as the upstream calls it: no spaces, no `/`, no `*`
  variable,    // of the environment: DESK_TOKEN
};

struct Type {
  enum class Form : std::uint8_t {
    text,
    boolean,
    whole,  // a whole number
    duration,
    date,
    time,
    word,     // one of `words`
    name,     // of something declared
    pattern,  // the same, with `*` for any run of characters
    expression,
    variable,
    json,    // any value
    object,  // a map with the keys of `shape`
  };
  enum class Many : std::uint8_t { one, list, one_or_list, named };  // named: a map from names to it

  Form form = Form::text;
  Many many = Many::one;
  std::vector<std::string> words = {};
  Refers refers = Refers::nothing;
  const Shape* shape = nullptr;
  std::int64_t least = 0;  // of a number or duration (ms); of a text, its length
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  Spelling keys = Spelling::name;  // when named
  bool ordered = false;  // whether a list's order means something; otherwise it is sorted, and repeats are errors
  std::string_view sorted_by = {};  // for a list of objects without order: the key that tells them apart
};

struct Field {
  std::string key;
  Type type;
  std::string doc;  // one or two sentences for whoever writes it
  bool required = false;
  std::string fallback;  // JSON of what an absent key means; empty: absence means absence
};

struct Node;
struct Document;

struct Shape {
  std::string name;  // "Workflow"; of parts, a word in lower case: "tool"
  std::string doc;
  std::vector<Field> fields;
  bool exactly_one = false;  // exactly one of the keys must be given
  // Rewrites sugar into the one form, after a check without errors.
  void (*lower)(Node&, Diagnostics&) = nullptr;
  // Of a kind that is sugar as a whole: the documents that are meant, to be checked as if somebody had written them.
  std::vector<Document> (*becomes)(const Document&, Diagnostics&) = nullptr;

  const Field* find(std::string_view key) const;
};

// The kinds of documents, in the order in which one meets them. `kind` and `name` are keys of each.
const std::vector<const Shape*>& kinds();
const Shape* find_kind(std::string_view name);
const std::vector<std::string>& kind_names();

// "a duration like 90s, 15m, 4h or 7d", "one of read, write", "a list of names of people": after "expected …".
std::string describe(const Type& type);

bool well_spelled(Spelling spelling, std::string_view text);
std::string_view describe(Spelling spelling);
std::string_view pattern(Spelling spelling);  // as a regular expression of JSON Schema

}  // namespace bw::registry
