// SPDX-License-Identifier: Apache-2.0
#include "notary/checkpoints.h"

#include <fmt/core.h>

#include <cstring>

#include "base/durable_file.h"
#include "base/log.h"
#include "ledger/finding.h"
#include "notary/keys.h"

namespace bw::notary {
namespace {

using ledger::Finding;
using ledger::found;

ledger::Digest to_digest(std::string_view raw) {
  ledger::Digest out{};
  BW_ASSERT(raw.size() == out.size());
  std::memcpy(out.data(), raw.data(), out.size());
  return out;
}

std::vector<ledger::Digest> to_digests(const std::vector<std::string>& raw) {
  std::vector<ledger::Digest> out;
  for (const auto& hash : raw) out.push_back(to_digest(hash));
  return out;
}

// Whether the tree of `head` grows out of `old`, by a proof that is computed and checked anew.
Result<bool> grows_out_of(admission::Records& records, const ledger::Checkpoint& old,
                          const admission::LedgerHead& head) {
  if (old.size > head.size) return false;
  BW_TRY(auto proof, records.prove_consistency(old.size, head.size));
  return ledger::verify_consistency(old.size, head.size, old.root, to_digest(head.root), to_digests(proof));
}

}  // namespace

std::string head_path(const std::string& data_dir) { return data_dir + "/checkpoint"; }

Result<ledger::SignedCheckpoint> read_head_file(const std::string& path,
                                                const std::vector<ledger::NoteVerifier>& keys) {
  BW_TRY(auto bytes, read_file(path, ledger::note_bytes_max));
  auto opened = ledger::open_checkpoint(bytes, keys);
  if (!opened) return fail(std::move(opened).error().with(path));
  return opened;
}

Status check_against(admission::Records& records, const ledger::Checkpoint& checkpoint) {
  BW_TRY(auto head, records.head());
  if (checkpoint.size > head.size) {
    return found(Finding::truncated, fmt::format("the ledger has {} entries, and a checkpoint of {} was signed",
                                                 head.size, checkpoint.size));
  }
  BW_TRY(bool grows, grows_out_of(records, checkpoint, head));
  if (grows) return {};
  return found(Finding::forked,
               fmt::format("the first {} entries are not those that a checkpoint was signed for", checkpoint.size));
}

Result<ledger::Receipt> make_receipt(admission::Records& records, std::uint64_t seq,
                                     const ledger::SignedCheckpoint& checkpoint) {
  BW_TRY(auto stored, records.entries(seq, 1));
  if (stored.size() != 1 || stored[0].entry.seq != seq)
    return fail(Code::data_loss, fmt::format("entry {} is missing", seq));
  BW_TRY(auto proof, records.prove_inclusion(seq, checkpoint.checkpoint.size));
  return ledger::Receipt{std::move(stored[0].leaf), seq, to_digests(proof), checkpoint.bytes()};
}

Result<std::unique_ptr<Checkpoints>> Checkpoints::open(admission::Records& records, CheckpointsOptions options) {
  std::unique_ptr<Checkpoints> out(new Checkpoints(records, std::move(options)));
  BW_TRY(auto keys, load_or_create_keys(out->options_.data_dir, out->options_.origin));
  for (const auto& path : out->head_files()) {
    if (auto adopted = out->adopt(path); !adopted) return fail(std::move(adopted).error());
  }
  BW_TRY(auto head, records.head());
  if (!out->last_ && head.size > 0)
    log::warn("no head file says how far the ledger came; it has {} entries, and from here on one will", head.size);
  return out;
}

// A head file may be behind another one, after a crash between the two, but never beside the ledger.
Status Checkpoints::adopt(const std::string& path) {
  BW_TRY(auto keys, load_keys(options_.data_dir));
  auto found = read_head_file(path, keys.verifiers());
  if (!found && found.error().code == Code::not_found) return {};
  if (!found) return fail(std::move(found).error());
  if (found->checkpoint.origin != keys.origin())
    return fail(Code::data_loss,
                fmt::format("{} is of ledger `{}`, not `{}`", path, found->checkpoint.origin, keys.origin()));
  if (auto same = check_against(records_, found->checkpoint); !same) {
    return fail(std::move(same).error().with(
        fmt::format("{} contradicts the ledger, which was restored from a backup, shortened or replaced; put the newer "
                    "ledger.db back, or begin a new ledger in another folder",
                    path)));
  }
  if (!last_ || last_->checkpoint.size < found->checkpoint.size) last_ = *std::move(found);
  return {};
}

std::vector<std::string> Checkpoints::head_files() const {
  std::vector<std::string> out{head_path(options_.data_dir)};
  out.insert(out.end(), options_.heads.begin(), options_.heads.end());
  return out;
}

Result<ledger::SignedCheckpoint> Checkpoints::advance() {
  std::lock_guard lock(mutex_);
  BW_TRY(auto head, records_.head());
  if (last_ && last_->checkpoint.size == head.size) return *last_;
  if (head.size == 0) return fail(Code::not_found, "the ledger is empty");
  if (last_) {
    BW_TRY(bool grows, grows_out_of(records_, last_->checkpoint, head));
    if (!grows) {
      return found(Finding::forked, fmt::format("the ledger of {} entries does not continue its checkpoint of {}",
                                                head.size, last_->checkpoint.size));
    }
  }
  BW_TRY(auto keys, load_keys(options_.data_dir));
  ledger::SignedCheckpoint next;
  next.checkpoint = {keys.origin(), head.size, to_digest(head.root), ""};
  next.note = keys.sign(format(next.checkpoint));
  BW_OK(publish(std::move(next)));
  return *last_;
}

Status Checkpoints::publish(ledger::SignedCheckpoint next) {
  for (const auto& path : head_files()) {
    BW_OK(write_durably(path, next.bytes(), 0644));
  }
  last_ = std::move(next);
  return {};
}

std::optional<ledger::SignedCheckpoint> Checkpoints::latest() const {
  std::lock_guard lock(mutex_);
  return last_;
}

Status Checkpoints::add_signatures(const std::string& text, const std::vector<ledger::NoteSignature>& signatures) {
  std::lock_guard lock(mutex_);
  if (!last_ || last_->note.text != text) return {};
  auto next = *last_;
  for (const auto& signature : signatures) {
    std::erase_if(next.note.signatures,
                  [&](const auto& old) { return old.name == signature.name && old.key_id == signature.key_id; });
    next.note.signatures.push_back(signature);
  }
  return publish(std::move(next));
}

Result<ledger::Receipt> Checkpoints::receipt(std::uint64_t seq) {
  auto known = latest();
  if (!known || known->checkpoint.size <= seq) {
    BW_TRY(known, advance());
  }
  auto size = known->checkpoint.size;
  if (size <= seq)
    return fail(Code::not_found, fmt::format("the ledger has no entry {}; its last is {}", seq, size - 1));
  return make_receipt(records_, seq, *known);
}

}  // namespace bw::notary
