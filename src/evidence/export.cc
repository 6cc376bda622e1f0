// SPDX-License-Identifier: Apache-2.0
#include "evidence/export.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/text.h"
#include "crypto/hash.h"
#include "evidence/gather.h"
#include "evidence/page.h"
#include "evidence/script.h"
#include "evidence/survey.h"
#include "ledger/finding.h"
#include "ledger/range_proof.h"
#include "notary/checkpoints.h"
#include "notary/keys.h"
#include "store/scan.h"
#include "store/store.h"

namespace bw::evidence {
namespace {

namespace fs = std::filesystem;
using ledger::Finding;
using ledger::found;

constexpr std::size_t page_entries = 500;

// A file of the folder, with its digest.
class PackFile {
 public:
  explicit PackFile(std::string path) : path_(std::move(path)) {
    std::error_code ignored;
    fs::create_directories(fs::path(path_).parent_path(), ignored);
    out_.open(path_, std::ios::binary);
  }
  void write(std::string_view bytes) {
    out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    digest_.add(bytes);
  }
  Result<std::string> close() {
    out_.close();
    if (!out_) return fail(Code::unavailable, fmt::format("cannot write `{}`: is the disk full?", path_));
    return to_hex(digest_.finish());
  }

 private:
  std::string path_;
  std::ofstream out_;
  crypto::Sha256 digest_;
};

// The folder while it is made: beside the one that it becomes.
class Draft {
 public:
  explicit Draft(const std::string& folder) : folder_(folder), path_(folder + ".unfinished") {}
  ~Draft() {
    std::error_code ignored;
    if (!done_) fs::remove_all(path_, ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  Status begin() {
    std::error_code error;
    if (fs::exists(folder_, error) && !fs::is_empty(folder_, error))
      return fail(Code::failed_precondition, fmt::format("`{}` is not empty; name a new folder with --out", folder_));
    if (!fs::create_directories(path_, error))
      return fail(Code::failed_precondition,
                  fmt::format("cannot make `{}`: {}; an export that was interrupted leaves it behind", path_,
                              error ? error.message() : "it is there"));
    return {};
  }
  Status finish() {
    std::error_code error;
    fs::rename(path_, folder_, error);
    if (error) return fail(Code::unavailable, fmt::format("cannot make `{}`: {}", folder_, error.message()));
    done_ = true;
    return {};
  }
  std::string at(std::string_view name) const { return fmt::format("{}/{}", path_, name); }

 private:
  std::string folder_, path_;
  bool done_ = false;
};

class Export {
 public:
  Export(const ExportOptions& options, const notary::Progress& progress)
      : options_(options), progress_(progress), draft_(options.folder) {}

  Result<ExportReport> run() {
    BW_OK(open());
    BW_OK(draft_.begin());
    BW_TRY(auto needed, Gather(*records_, options_.data, options_.subject, basis_.extent).run(progress_));
    PackFile contents(draft_.at(file::contents)), approvals(draft_.at(file::approvals)),
        exceptions(draft_.at(file::exceptions));
    contents_ = &contents;
    Survey survey({.approval = [&](const auto& line) { approvals.write(line); },
                   .exception = [&](const auto& line) { exceptions.write(line); }});
    survey_ = &survey;
    for (auto seq : needed) {
      BW_OK(write_receipt(seq));
    }
    BW_OK(write_tree());
    BW_OK(write_erasures());
    BW_TRY(basis_.files[file::contents], contents.close());
    BW_TRY(basis_.files[file::approvals], approvals.close());
    BW_TRY(basis_.files[file::exceptions], exceptions.close());
    BW_OK(add(file::page, page(basis_, survey)));
    BW_OK(add(file::script, script()));
    auto text = statement(basis_, survey);
    PackFile last(draft_.at(file::statement));
    last.write(text);
    BW_OK(last.close());
    BW_OK(draft_.finish());
    return ExportReport{basis_, survey.actions_all, survey.approvals_all, survey.exceptions_all, survey.missing,
                        newer_};
  }

 private:
  Status open() {
    auto keys = notary::load_keys(options_.data);
    if (!keys) return fail(std::move(keys).error().with("the ledger's keys"));
    BW_TRY(records_, store::open_sqlite_records(options_.data));
    BW_OK(read_head(*keys));
    BW_OK(notary::check_against(*records_, head_.checkpoint));
    std::string vkeys;
    for (const auto& key : keys->verifiers()) vkeys += key.vkey() + "\n";
    BW_TRY(auto range, store::entries_between(options_.data, options_.subject.from_ms, options_.subject.to_ms));
    auto size = head_.checkpoint.size;
    newer_ = range.end > size ? range.end - std::max(range.begin, size) : 0;
    Extent extent{
        .first = 0, .begin = std::min(range.begin, size), .end = std::min(range.end, size), .last = 0, .size = size};
    extent.first = extent.begin > 0 ? extent.begin - 1 : 0;
    extent.last = std::min(extent.end + 1, size);
    basis_ = {.origin = head_.checkpoint.origin,
              .made_by = options_.made_by,
              .made_at_ms = options_.now_ms,
              .subject = options_.subject,
              .extent = extent,
              .root = to_hex(crypto::view(head_.checkpoint.root)),
              .root_before = "",
              .receipts = {},
              .files = {}};
    keys_ = std::move(vkeys);
    return {};
  }

  // The newest checkpoint. A server that runs makes one within a second of the last entry, which is waited for.
  Status read_head(const notary::Keys& keys) {
    BW_TRY(auto now, records_->head());
    for (int tries = 0;; ++tries) {
      BW_TRY(head_, notary::read_head_file(notary::head_path(options_.data), keys.verifiers()));
      if (head_.checkpoint.size >= now.size || tries == 20) return {};
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  Status add(const std::string& name, std::string_view bytes) {
    PackFile one(draft_.at(name));
    one.write(bytes);
    BW_TRY(basis_.files[name], one.close());
    return {};
  }

  // The entries outside of the range that erased contents of those within, each with a proof of its own.
  Status write_erasures() {
    for (auto seq : erased_by_) {
      if (basis_.extent.first <= seq && seq < basis_.extent.last) continue;
      if (seq >= basis_.extent.size)
        return fail(
            Code::unavailable,
            fmt::format("entry {} has just erased a content of the period, and no checkpoint stands for it yet: "
                        "try again in a second",
                        seq));
      BW_TRY(auto receipt, notary::make_receipt(*records_, seq, head_));
      BW_OK(add(erasure_name(seq), ledger::format(receipt)));
    }
    return {};
  }

  // An entry outside of the period, with a proof of its own.
  Status write_receipt(std::uint64_t seq) {
    BW_TRY(auto receipt, notary::make_receipt(*records_, seq, head_));
    BW_OK(add(receipt_name(seq), ledger::format(receipt)));
    basis_.receipts.push_back(seq);
    BW_TRY(auto entry, ledger::parse_entry(receipt.leaf));
    auto taken = selection_.takes(entry);
    return see(entry, to_hex(crypto::view(ledger::leaf_hash(receipt.leaf))), taken.value_or(false));
  }

  Status write_tree() {
    BW_OK(add(file::keys, keys_));
    BW_OK(add(file::checkpoint, head_.bytes()));
    const auto& extent = basis_.extent;
    ledger::TreeRange range{extent.first, extent.last, extent.size};
    BW_TRY(auto proof, ledger::prove_range(range, notary::subtrees(*records_)));
    BW_TRY(auto before, ledger::before_range(range, proof));
    basis_.root_before = to_hex(crypto::view(before.root()));
    std::string lines;
    for (const auto& hash : proof) lines += to_base64(crypto::view(hash)) + "\n";
    BW_OK(add(file::tree, lines));
    PackFile entries(draft_.at(file::entries));
    for (auto next = extent.first; next < extent.last;) {
      BW_TRY(auto some, records_->entries(next, std::min<std::size_t>(page_entries, extent.last - next)));
      if (some.empty()) return found(Finding::missing, fmt::format("entry {} is missing", next));
      for (const auto& stored : some) {
        if (stored.entry.seq != next++) return found(Finding::missing, fmt::format("entry {} is missing", next - 1));
        BW_OK(write_entry(entries, stored));
      }
      if (progress_) progress_(next, extent.last);
    }
    BW_TRY(basis_.files[file::entries], entries.close());
    return {};
  }

  Status write_entry(PackFile& entries, const admission::StoredEntry& stored) {
    const auto& entry = stored.entry;
    bool taken = selection_.takes(entry).value_or(false);
    if (options_.subject.conceals && !taken && basis_.extent.in_period(entry.seq)) {
      survey_->add_concealed();
      entries.write(stored.leaf_hash + "\n");
      return {};
    }
    entries.write(stored.leaf + "\n");
    return see(entry, stored.leaf_hash, taken);
  }

  Status see(const ledger::Entry& entry, const std::string& leaf_hash, bool taken) {
    Sight sight{.entry = entry,
                .leaf_hash = leaf_hash,
                .in_period = basis_.extent.in_period(entry.seq),
                .taken = taken,
                .contents = {},
                .values = {}};
    if (taken) {
      BW_OK(write_contents(sight));
    }
    return survey_->add(sight);
  }

  Status write_contents(Sight& sight) {
    const auto& entry = sight.entry;
    auto commitments = commitments_of(entry);
    if (commitments.empty()) return {};
    BW_TRY(auto stored, records_->salted_contents(entry.seq));
    for (const auto& [field, commitment] : commitments) {
      Content content{.entry = entry.seq, .field = field, .salted = field_of(stored, field), .path = ""};
      if (content.salted.empty()) {
        BW_TRY(auto values, records_->contents(entry.seq));
        auto known = ledger::parse_field(field);
        auto erased_by = known ? values.erased_by[static_cast<std::size_t>(*known)] : std::nullopt;
        content.state = erased_by ? Content::State::erased : Content::State::missing;
        content.erased_by = erased_by.value_or(0);
        if (erased_by) erased_by_.insert(*erased_by);
      } else if (ledger::commit(field, content.salted) != commitment) {
        return found(Finding::swapped_content,
                     fmt::format("entry {}: its {} is not the one that it commits to", entry.seq, field));
      } else {
        content.path = path_for(entry, field);
        sight.values[field] = content.value();
      }
      if (!content.path.empty() && !basis_.files.contains(content.path)) {
        BW_OK(add(content.path, content.value()));
      }
      contents_->write(format(content));
      sight.contents.push_back(std::move(content));
    }
    return {};
  }

  const ExportOptions& options_;
  const notary::Progress& progress_;
  Draft draft_;
  std::unique_ptr<admission::Records> records_;
  ledger::SignedCheckpoint head_;
  std::string keys_;
  std::uint64_t newer_ = 0;
  Basis basis_;
  Selection selection_{options_.subject.workflow};
  PackFile* contents_ = nullptr;
  Survey* survey_ = nullptr;
  std::set<std::uint64_t> erased_by_;  // entries that erased contents of those here
};

}  // namespace

Result<ExportReport> export_evidence(const ExportOptions& options, const notary::Progress& progress) {
  return Export(options, progress).run();
}

}  // namespace bw::evidence
