// SPDX-License-Identifier: Apache-2.0
#include "admin/receipt.h"

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"

namespace bw::admin {
namespace {

Result<std::uint64_t> entry_of(admission::Records& records, const std::string& id, const std::string& kind) {
  if (auto number = ledger::parse_decimal(id)) return *number;
  BW_TRY(auto record, records.action(id));
  for (auto stored = record.entries.rbegin(); stored != record.entries.rend(); ++stored) {
    if (kind.empty() || kind == ledger::name(stored->entry.kind)) return stored->entry.seq;
  }
  return fail(Code::not_found, fmt::format("action {} has no entry of kind `{}`", id, printable(kind, 40)));
}

}  // namespace

Result<View> receipt(admission::Records& records, notary::Checkpoints& checkpoints, const std::string& id,
                     const std::string& entry) {
  BW_TRY(auto seq, entry_of(records, id, entry));
  BW_TRY(auto made, checkpoints.receipt(seq));
  std::string text = format(made);
  json::Writer w;
  w.begin_object()
      .member("entry", static_cast<std::int64_t>(seq))
      .member("leaf", to_hex(crypto::view(ledger::leaf_hash(made.leaf))))
      .member("receipt", text)
      .end_object();
  return View{std::move(w).text(), std::move(text)};
}

}  // namespace bw::admin
