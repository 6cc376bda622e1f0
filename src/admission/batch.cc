// SPDX-License-Identifier: Apache-2.0
#include "admission/batch.h"

#include <algorithm>

#include "base/text.h"

namespace bw::admission {

Result<Batch> Batch::begin(Transaction& transaction, std::int64_t now_ms) {
  BW_TRY(auto head, transaction.head());
  head.at_ms = std::max(head.at_ms, now_ms);
  return Batch(transaction, std::move(head));
}

Result<Sealed> Batch::seal(ledger::Entry& entry) {
  entry.seq = next_seq();
  entry.at_ms = at_ms();
  Sealed sealed;
  sealed.seq = entry.seq;
  BW_TRY(sealed.leaf, encode(entry));
  sealed.hash = ledger::leaf_hash(sealed.leaf);
  sealed.hash_hex = to_hex(crypto::view(sealed.hash));
  sealed.counted_as = name(entry.kind);
  return sealed;
}

Status Batch::append(const Sealed& sealed, const ledger::Contents& contents) {
  BW_ASSERT(sealed.seq == next_seq());
  BW_OK(transaction_->append(sealed.seq, sealed.leaf, sealed.hash, contents));
  head_.frontier.append(sealed.hash);
  count(sealed.counted_as);
  written_ = true;
  return {};
}

Result<MeterState*> Batch::meter(const std::string& meter, const std::string& key) {
  auto found = meters_.find(ByMeter::View(meter, key));
  if (found == meters_.end()) {
    BW_TRY(auto state, transaction_->meter(meter, key));
    found = meters_.emplace(std::pair(meter, key), std::move(state)).first;
  }
  return &found->second;
}

RunRow& Batch::run(const ActionRow& action) {
  auto [found, fresh] = runs_.try_emplace(action.run);
  if (fresh) {
    found->second = {.run = action.run,
                     .agent = action.agent,
                     .workflow = action.workflow,
                     .environment = action.environment,
                     .first_at_ms = at_ms(),
                     .last_at_ms = at_ms()};
  }
  return found->second;
}

Status Batch::finish() {
  if (!written_) return {};
  for (const auto& [name, state] : meters_) {
    BW_OK(transaction_->put_meter(name.first, name.second, state));
  }
  for (const auto& [run, more] : runs_) {
    BW_OK(transaction_->add_to_run(more));
  }
  for (const auto& [word, more] : counts_) {
    BW_OK(transaction_->add_to_count(word, more));
  }
  return transaction_->set_head(head_);
}

}  // namespace bw::admission
