// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "ledger/content.h"
#include "ledger/entry.h"

// The folder that `bailiwick audit export` writes, as docs/formats/export.md describes it: what its files are called, what a
// line of them says, and which entries belong in. Who writes it and who checks it both go by this.
namespace bw::evidence {

constexpr std::string_view format_word = "bailiwick/export/1";
constexpr std::size_t content_bytes_max = 64U << 20;  // of one line of `contents`

// Names in the folder.
namespace file {
constexpr const char* statement = "export.json";
constexpr const char* checkpoint = "checkpoint";
constexpr const char* keys = "keys";
constexpr const char* entries = "entries";
constexpr const char* tree = "tree";
constexpr const char* contents = "contents";
constexpr const char* approvals = "approvals";
constexpr const char* exceptions = "exceptions";
constexpr const char* page = "index.html";
constexpr const char* script = "verify.py";
}  // namespace file
std::string receipt_name(std::uint64_t seq);             // "receipts/17"
std::string erasure_name(std::uint64_t seq);             // "erasures/17"
std::string registry_name(const std::string& digest);    // "registry/DIGEST.json"
std::string definition_name(const std::string& digest);  // "tools/DIGEST.json"

// What an export is of.
struct Subject {
  std::int64_t from_ms = 0;                                       // at or after
  std::int64_t to_ms = std::numeric_limits<std::int64_t>::max();  // before
  std::string workflow;                                           // empty: everything
  bool conceals = false;  // entries of other workflows stand in it as hashes only
};

// Where that lies in the ledger. Entries begin to end-1 are of the period; first is the one before, and last is behind the
// one after: their times prove that none is missing at either side. All are below `size`, that of the checkpoint.
struct Extent {
  std::uint64_t first = 0, begin = 0, end = 0, last = 0, size = 0;
  bool in_period(std::uint64_t seq) const { return begin <= seq && seq < end; }
  bool in_tree(std::uint64_t seq) const { return first <= seq && seq < last; }
};

// Which entries are the subject: those of nobody's action always, those of an action by the workflow that its first entry
// names. Entries are given in order. Memory grows with the actions of a filtered export.
class Selection {
 public:
  explicit Selection(std::string workflow) : workflow_(std::move(workflow)) {}

  // Nothing when the first entry of its action was not given.
  std::optional<bool> takes(const ledger::Entry& entry);
  bool knows(const std::string& action) const { return actions_.contains(action); }

 private:
  std::string workflow_;
  std::unordered_map<std::string, bool> actions_;
};

// Whether an entry of an action says itself of which workflow, agent and tool: intents, holds and refusals do.
bool names_workflow(const ledger::Entry& entry);

// One content of an entry, as the export has it.
struct Content {
  enum class State : std::uint8_t { present, erased, missing };
  std::uint64_t entry = 0;
  std::string field;
  State state = State::present;
  std::string salted;           // when present: 32 bytes, then the value
  std::string path;             // the file of the folder that has the value, or empty
  std::uint64_t erased_by = 0;  // when erased: the entry that says so

  std::string_view value() const { return ledger::content_value(salted); }
};

// A line of `contents`, with its newline, and back. A value that stands in a file is not in the line: `salted` is then the salt
// alone. Errors: invalid_argument.
std::string format(const Content& content);
Result<Content> parse_content(std::string_view line);

// What an entry commits to: fields and commitments, in the order of docs/formats/ledger.md.
std::vector<std::pair<std::string, std::string>> commitments_of(const ledger::Entry& entry);
const std::string& field_of(const ledger::Contents& contents, std::string_view field);

// The file for the value of a field, so that people find snapshots and tool definitions; empty for all others.
std::string path_for(const ledger::Entry& entry, std::string_view field);

// The values of one entry, by field; none where there is no value.
using Values = std::map<std::string, std::string, std::less<>>;

// Lines of a file of the folder, one by one. Errors: not_found; invalid_argument for one that is too long or has no newline.
class Lines {
 public:
  static Result<Lines> open(const std::string& path, std::size_t bytes_max);
  Result<std::optional<std::string>> next();

 private:
  Lines(std::string path, std::size_t bytes_max) : path_(std::move(path)), bytes_max_(bytes_max) {}
  std::string path_;
  std::size_t bytes_max_;
  std::ifstream in_;
};

}  // namespace bw::evidence
