// SPDX-License-Identifier: Apache-2.0
#include "evidence/verify.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "admission/replay.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "evidence/page.h"
#include "evidence/survey.h"
#include "ledger/finding.h"
#include "ledger/range_proof.h"
#include "ledger/receipt.h"

namespace bw::evidence {
namespace {

namespace fs = std::filesystem;
using ledger::Digest;
using ledger::Finding;
using ledger::found;

constexpr std::size_t text_bytes_max = 256U << 20;
constexpr std::size_t tree_lines_max = 128;

// What cannot be read as it should be.
std::unexpected<Error> malformed(const std::string& where, const Error& error) {
  if (error.code == Code::not_found) return found(Finding::incomplete, error.message);
  if (error.code == Code::data_loss || error.code == Code::permission_denied) return fail(error);
  return found(Finding::malformed, fmt::format("{}: {}", where, error.message));
}

Result<std::string> digest_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return found(Finding::incomplete, fmt::format("`{}` is not there", path));
  crypto::Sha256 digest;
  std::string piece(1U << 16, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
    digest.add(std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount())));
  return to_hex(digest.finish());
}

class Verification {
 public:
  Verification(const std::string& folder, const std::vector<ledger::NoteVerifier>& keys, const std::vector<Kept>& kept,
               const notary::Progress& progress)
      : folder_(folder), keys_(keys), kept_(kept), progress_(progress) {}

  Result<Verified> run(const std::string& made_by) {
    BW_TRY(statement_, read(file::statement));
    auto basis = parse_statement(statement_);
    if (!basis) return malformed(file::statement, basis.error());
    basis_ = *std::move(basis);
    selection_ = Selection(basis_.subject.workflow);
    BW_OK(check_checkpoint());
    BW_OK(check_extent());
    BW_TRY(auto contents, Lines::open(path(file::contents), content_bytes_max));
    contents_ = &contents;
    BW_OK(next_content());
    for (auto seq : basis_.receipts) {
      BW_OK(check_receipt(seq));
    }
    BW_OK(check_tree());
    if (content_)
      return found(Finding::surplus, fmt::format("contents of entry {} are here, which is not", content_->entry));
    BW_OK(check_erasures_elsewhere());
    BW_OK(check_kept());
    BW_OK(check_files());
    return check_summaries(made_by);
  }

 private:
  std::string path(std::string_view name) const { return fmt::format("{}/{}", folder_, name); }

  Result<std::string> read(const std::string& name) const {
    auto bytes = read_file(path(name), text_bytes_max);
    if (!bytes) return malformed(name, bytes.error());
    return bytes;
  }

  Status check_checkpoint() {
    BW_TRY(auto bytes, read(file::checkpoint));
    auto opened = ledger::open_checkpoint(bytes, keys_);
    if (!opened) return malformed(file::checkpoint, opened.error());
    checkpoint_ = *std::move(opened);
    const auto& told = checkpoint_.checkpoint;
    if (told.origin != basis_.origin || told.size != basis_.extent.size ||
        to_hex(crypto::view(told.root)) != basis_.root)
      return found(Finding::changed_summary, "export.json is of another checkpoint");
    return {};
  }

  // The entry before the period and the one after it are here, where there are such.
  Status check_extent() const {
    const auto& e = basis_.extent;
    bool left = e.begin == 0 ? e.first == 0 : e.first + 1 == e.begin;
    bool right = e.end == e.size ? e.last == e.end : e.last == e.end + 1;
    if (left && right && e.begin <= e.end && e.end <= e.size) return {};
    return found(Finding::changed_summary, "export.json names a range of entries that cannot be");
  }

  struct Proven {
    ledger::Entry entry;
    Digest hash{};
  };

  // An entry from outside of the range, by its receipt.
  Result<Proven> open_receipt(const std::string& name, std::uint64_t seq) const {
    BW_TRY(auto bytes, read(name));
    auto receipt = ledger::parse_receipt(bytes);
    if (!receipt) return malformed(name, receipt.error());
    auto proven = ledger::verify_receipt(*receipt, keys_);
    if (!proven) return malformed(name, proven.error());
    if (receipt->index != seq) return found(Finding::reordered, fmt::format("{} is of another entry", name));
    if (proven->signed_checkpoint.checkpoint.root != checkpoint_.checkpoint.root)
      return found(Finding::forked, fmt::format("{} is of another checkpoint", name));
    return Proven{std::move(proven->entry), ledger::leaf_hash(receipt->leaf)};
  }

  Status check_receipt(std::uint64_t seq) {
    auto name = receipt_name(seq);
    BW_TRY(auto proven, open_receipt(name, seq));
    if (seq >= basis_.extent.first || (last_seq_ && *last_seq_ >= seq))
      return found(Finding::reordered, fmt::format("{} stands at another place", name));
    last_seq_ = seq;
    return see(proven.entry, proven.hash);
  }

  Status check_tree() {
    BW_TRY(auto proof, read_proof());
    ledger::TreeRange range{basis_.extent.first, basis_.extent.last, basis_.extent.size};
    auto before = ledger::before_range(range, proof);
    if (!before) return malformed(file::tree, before.error());
    frontier_ = *std::move(before);
    note_root();
    if (to_hex(crypto::view(frontier_.root())) != basis_.root_before)
      return found(Finding::changed_summary,
                   "the tree of the entries before the period has another root than export.json says");
    BW_TRY(auto entries, Lines::open(path(file::entries), ledger::leaf_bytes_max));
    auto next = [&]() -> Result<Digest> { return next_entry(entries); };
    auto root = ledger::range_root(range, proof, next);
    if (!root) return malformed(file::tree, root.error());
    auto more = entries.next();
    if (!more || *more) return found(Finding::surplus, "there are more entries than export.json says");
    if (*root != checkpoint_.checkpoint.root)
      return found(Finding::forked, "the tree of the entries has another root than the checkpoint");
    return {};
  }

  Result<std::vector<Digest>> read_proof() const {
    auto lines = Lines::open(path(file::tree), 64);
    if (!lines) return malformed(file::tree, lines.error());
    std::vector<Digest> proof;
    while (true) {
      auto line = lines->next();
      if (!line) return malformed(file::tree, line.error());
      if (!*line) return proof;
      auto hash = ledger::parse_hash(**line);
      if (!hash || proof.size() == tree_lines_max)
        return found(Finding::malformed, "tree: a line is not 32 bytes in base64, or one too many");
      proof.push_back(*hash);
    }
  }

  Result<Digest> next_entry(Lines& entries) {
    auto seq = frontier_.size();
    auto line = entries.next();
    if (!line) return malformed(file::entries, line.error());
    if (!*line) return found(Finding::missing, fmt::format("entry {} is not there", seq));
    BW_TRY(auto hash, read_entry(seq, **line));
    frontier_.append(hash);
    note_root();
    if (progress_ && seq % 1024 == 0) progress_(seq - basis_.extent.first, basis_.extent.last - basis_.extent.first);
    return hash;
  }

  Result<Digest> read_entry(std::uint64_t seq, const std::string& line) {
    if (auto raw = from_hex(line); raw && raw->size() == 32) {
      if (!basis_.subject.conceals || !basis_.extent.in_period(seq))
        return found(Finding::missing, fmt::format("of entry {} only the hash is there", seq));
      survey_.add_concealed();
      Digest hash{};
      std::memcpy(hash.data(), raw->data(), hash.size());
      return hash;
    }
    auto entry = ledger::parse_entry(line);
    if (!entry) return found(Finding::malformed, fmt::format("entry {}: {}", seq, entry.error().message));
    if (entry->seq != seq)
      return found(Finding::reordered, fmt::format("entry {} stands where {} should be", entry->seq, seq));
    BW_OK(check_time(*entry));
    BW_OK(check_erasures(*entry));
    auto hash = ledger::leaf_hash(line);
    BW_OK(see(*entry, hash));
    return hash;
  }

  // Times never go back, so these make the period whole.
  Status check_time(const ledger::Entry& entry) const {
    const auto& [from_ms, to_ms, workflow, conceals] = basis_.subject;
    bool before = entry.at_ms < from_ms, after = entry.at_ms >= to_ms;
    bool right = entry.seq < basis_.extent.begin ? before : entry.seq < basis_.extent.end ? !before && !after : after;
    if (right) return {};
    return found(Finding::changed_summary, fmt::format("entry {} is not on its side of the period's edge", entry.seq));
  }

  Status see(const ledger::Entry& entry, const Digest& hash) {
    auto taken = selection_.takes(entry);
    // The entries beside a period that conceals others may be of others.
    if (!taken && basis_.subject.conceals && !basis_.extent.in_period(entry.seq)) taken = false;
    if (!taken)
      return found(Finding::incomplete,
                   fmt::format("entry {} is of {}, whose first entry is not here", entry.seq, entry.action));
    auto hex = to_hex(crypto::view(hash));
    Sight sight{.entry = entry,
                .leaf_hash = hex,
                .in_period = basis_.extent.in_period(entry.seq),
                .taken = *taken,
                .contents = {},
                .values = {}};
    if (*taken) {
      BW_OK(check_contents(sight));
    }
    if (content_ && content_->entry <= entry.seq)
      return found(Finding::surplus, fmt::format("entry {} has a content too many", content_->entry));
    return survey_.add(sight);
  }

  Status next_content() {
    auto line = contents_->next();
    if (!line) return malformed(file::contents, line.error());
    content_.reset();
    if (!*line) return {};
    auto content = parse_content(**line);
    if (!content) return malformed(file::contents, content.error());
    content_ = *std::move(content);
    return {};
  }

  Status check_contents(Sight& sight) {
    const auto& entry = sight.entry;
    for (const auto& [field, commitment] : commitments_of(entry)) {
      if (!content_ || content_->entry != entry.seq || content_->field != field)
        return found(Finding::missing_content, fmt::format("entry {}: its {} is not here", entry.seq, field));
      BW_OK(check_content(entry, commitment));
      if (content_->state == Content::State::present) sight.values[field] = content_->value();
      sight.contents.push_back(*std::move(content_));
      BW_OK(next_content());
    }
    return {};
  }

  // Each content that is said to be erased must be named by the entry that is said to have erased it, which must have waited for its time
  // where it says that this was over.
  Status check_erasures(const ledger::Entry& entry) {
    bool erases = entry.kind == ledger::Kind::erase;
    if (erases) {
      BW_OK(admission::Replay::check_erase(entry));
    }
    auto said = erased_by_.extract(entry.seq);
    if (said.empty()) return {};
    for (const auto& [erased, field] : said.mapped()) {
      auto seq = erased->seq;
      bool named = erases && std::ranges::any_of(entry.gone, [&](const ledger::Gone& gone) {
                     return gone.first <= seq && seq <= gone.last && gone.fields.has(field);
                   });
      if (!named)
        return found(
            Finding::missing_content,
            fmt::format("entry {}: its {} is not here, and entry {} did not erase it", seq, name(field), entry.seq));
      BW_OK(admission::Replay::was_due(entry, *erased, field));
    }
    return {};
  }

  // Those that stand outside of the range.
  Status check_erasures_elsewhere() {
    while (!erased_by_.empty()) {
      const auto& [by, contents] = *erased_by_.begin();
      auto name = erasure_name(by);
      if (!basis_.files.contains(name))
        return found(Finding::missing_content,
                     fmt::format("entry {}: its {} is said to be erased by entry {}, which is not here",
                                 contents.front().first->seq, ledger::name(contents.front().second), by));
      BW_TRY(auto proven, open_receipt(name, by));
      BW_OK(check_erasures(proven.entry));
    }
    return {};
  }

  Status check_content(const ledger::Entry& entry, const std::string& commitment) {
    auto& content = *content_;
    auto field = ledger::parse_field(content.field);
    if (content.state == Content::State::erased && field && content.erased_by > entry.seq) {
      if (!erased_ || erased_->seq != entry.seq)
        erased_ = std::make_shared<const Recorded>(entry.seq, entry.at_ms, entry.retention);
      erased_by_[content.erased_by].emplace_back(erased_, *field);
      return {};
    }
    if (content.state != Content::State::present)
      return found(
          Finding::missing_content,
          fmt::format("entry {}: its {} is not here, and no entry says that it was erased", entry.seq, content.field));
    if (content.path != path_for(entry, content.field))
      return found(Finding::malformed,
                   fmt::format("entry {}: its {} stands in another file", entry.seq, content.field));
    if (!content.path.empty()) {
      BW_TRY(auto value, read(content.path));
      content.salted += value;
    }
    if (ledger::commit(content.field, content.salted) == commitment) return {};
    return found(Finding::swapped_content,
                 fmt::format("entry {}: its {} is not the one that it commits to", entry.seq, content.field));
  }

  void note_root() {
    for (const auto& kept : kept_)
      if (kept.checkpoint.size == frontier_.size()) roots_[frontier_.size()] = frontier_.root();
  }

  Status check_kept() {
    roots_[checkpoint_.checkpoint.size] = checkpoint_.checkpoint.root;
    for (const auto& [name, checkpoint] : kept_) {
      if (checkpoint.origin != basis_.origin)
        return found(Finding::forked, fmt::format("{} is of ledger `{}`", name, printable(checkpoint.origin)));
      auto root = roots_.find(checkpoint.size);
      if (root == roots_.end())
        return fail(Code::invalid_argument,
                    fmt::format("{} is of {} entries, and the export has entries {} to {}: export again from before it",
                                name, checkpoint.size, basis_.extent.first, basis_.extent.last));
      if (root->second != checkpoint.root)
        return found(Finding::forked, fmt::format("the export does not continue {}", name));
    }
    return {};
  }

  // Each file is as export.json says, and there is no other.
  Status check_files() const {
    for (const auto& [name, digest] : basis_.files) {
      if (name.contains("..") || name.starts_with('/'))
        return found(Finding::malformed, fmt::format("export.json names `{}`", printable(name, 80)));
      BW_TRY(auto is, digest_of(path(name)));
      if (is != digest) return found(Finding::changed_summary, fmt::format("{} is not as export.json says", name));
    }
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
      auto name = at->path().lexically_relative(folder_).generic_string();
      if (!at->is_directory() && name != file::statement && !basis_.files.contains(name))
        return found(Finding::surplus, fmt::format("{} does not belong to the export", printable(name, 200)));
    }
    return error ? fail(Code::unavailable, fmt::format("cannot read `{}`: {}", folder_, error.message())) : Status();
  }

  Result<Verified> check_summaries(const std::string& made_by) {
    auto says = [](const char* name) {
      return found(Finding::changed_summary, fmt::format("{} says something else than the entries", name));
    };
    auto digest = [&](const char* name) {
      auto one = basis_.files.find(name);
      return one == basis_.files.end() ? std::string() : one->second;
    };
    if (to_hex(approvals_.finish()) != digest(file::approvals)) return says(file::approvals);
    if (to_hex(exceptions_.finish()) != digest(file::exceptions)) return says(file::exceptions);
    bool same_program = basis_.made_by == made_by;
    if (same_program && to_hex(crypto::sha256(page(basis_, survey_))) != digest(file::page)) return says(file::page);
    if (statement(basis_, survey_) != statement_) return says(file::statement);
    return Verified{basis_,
                    claims_of(basis_, survey_),
                    checkpoint_,
                    survey_.actions_all,
                    survey_.approvals_all,
                    survey_.exceptions_all,
                    survey_.present,
                    survey_.erased,
                    same_program};
  }

  const std::string& folder_;
  const std::vector<ledger::NoteVerifier>& keys_;
  const std::vector<Kept>& kept_;
  const notary::Progress& progress_;
  std::string statement_;
  Basis basis_;
  ledger::SignedCheckpoint checkpoint_;
  Lines* contents_ = nullptr;
  using Recorded = admission::Replay::Recorded;
  std::optional<Content> content_;          // the next one
  std::shared_ptr<const Recorded> erased_;  // the last entry that has lost contents
  std::map<std::uint64_t, std::vector<std::pair<std::shared_ptr<const Recorded>, ledger::Field>>>
      erased_by_;  // and not seen yet
  std::optional<std::uint64_t> last_seq_;
  ledger::Frontier frontier_;  // of the entries so far
  std::map<std::uint64_t, Digest> roots_;
  crypto::Sha256 approvals_, exceptions_;
  Survey survey_{{.approval = [this](const auto& line) { approvals_.add(line); },
                  .exception = [this](const auto& line) { exceptions_.add(line); }}};
  Selection selection_{""};  // made again when the workflow is known
};

}  // namespace

Result<Verified> verify_export(const std::string& folder, const std::vector<ledger::NoteVerifier>& keys,
                               const std::vector<Kept>& kept, const std::string& made_by,
                               const notary::Progress& progress) {
  return Verification(folder, keys, kept, progress).run(made_by);
}

}  // namespace bw::evidence
