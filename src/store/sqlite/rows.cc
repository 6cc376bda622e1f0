// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/rows.h"

#include <fmt/core.h>

#include <charconv>

#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"

namespace bw::store::sqlite {
namespace {

using namespace admission;

template <class Word>
Result<Word> known(std::optional<Word> word, const Statement& row) {
  if (word) return *word;
  return fail(Code::data_loss, fmt::format("the row of {} has a word that nobody knows", row.text(0)));
}

// "[17,45]"
std::vector<std::uint64_t> split_seqs(std::string_view text) {
  std::vector<std::uint64_t> out;
  for (std::size_t at = 1; at < text.size(); ++at) {
    std::uint64_t seq = 0;
    auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), seq);
    if (error != std::errc()) break;
    out.push_back(seq);
    at = static_cast<std::size_t>(end - text.data());
  }
  return out;
}

std::vector<std::string> split_names(std::string text) {
  std::vector<std::string> out;
  auto document = json::Document::parse(std::move(text));
  if (!document) return out;
  for (auto element : document->root().elements()) out.emplace_back(element.string().value_or(""));
  return out;
}

}  // namespace

std::string join_seqs(const std::vector<std::uint64_t>& seqs) {
  std::string out = "[";
  for (auto seq : seqs) {
    if (out.size() > 1) out += ',';
    fmt::format_to(std::back_inserter(out), "{}", seq);
  }
  return out += ']';
}

std::string join_names(const std::vector<std::string>& names) {
  json::Writer out;
  out.begin_array();
  for (const auto& name : names) out.string(name);
  out.end_array();
  return std::move(out).text();
}

Result<ActionRow> read_action(const Statement& row) {
  ActionRow out;
  out.action = row.text(0);
  out.run = row.text(1);
  out.agent = row.text(2);
  out.workflow = row.text(3);
  out.environment = row.text(4);
  out.upstream = row.text(5);
  out.tool = row.text(6);
  BW_TRY(out.tier, known(domain::parse_tier(row.view(7)), row));
  BW_TRY(out.verdict, known(domain::parse_verdict(row.view(8)), row));
  out.refused = row.text(9);
  if (!row.null(10)) {
    BW_TRY(out.outcome, known(domain::parse_outcome(row.view(10)), row));
  }
  if (!row.null(11)) out.intent = row.number(11);
  out.at_ms = row.integer(12);
  out.settled_at_ms = row.integer(13);
  out.ticket = row.text(14);
  out.entries = split_seqs(row.view(15));
  if (out.entries.empty() || join_seqs(out.entries) != row.view(15))
    return fail(Code::data_loss, fmt::format("action {} has no list of entries", out.action));
  return out;
}

Result<TicketRow> read_ticket(const Statement& row) {
  TicketRow out;
  out.ticket = row.text(0);
  out.action = row.text(1);
  out.digest = row.text(2);
  out.run = row.text(3);
  out.agent = row.text(4);
  out.workflow = row.text(5);
  out.environment = row.text(6);
  out.upstream = row.text(7);
  out.tool = row.text(8);
  BW_TRY(out.tier, known(domain::parse_tier(row.view(9)), row));
  BW_TRY(out.state, known(domain::parse_ticket_state(row.view(10)), row));
  out.opened_at_ms = row.integer(11);
  out.expires_at_ms = row.integer(12);
  out.decided_at_ms = row.integer(13);
  out.by = row.text(14);
  out.reviewers = split_names(row.text(15));
  out.consumed_by = row.text(16);
  out.entry = row.number(17);
  if (!row.null(18)) out.decision_entry = row.number(18);
  return out;
}

TokenRow read_token(const Statement& row) {
  return {.token = row.text(0),
          .agent = row.text(1),
          .workflow = row.text(2),
          .environment = row.text(3),
          .by = row.text(4),
          .issued_at_ms = row.integer(5),
          .expires_at_ms = row.integer(6),
          .revoked_at_ms = row.integer(7),
          .entry = row.number(8)};
}

Result<LegalHoldRow> read_legal_hold(const Statement& row) {
  BW_TRY(auto scope, domain::parse_scope(row.view(0)));
  if (row.number(1) > 1) return fail(Code::data_loss, "a legal hold is neither set nor cleared");
  return LegalHoldRow{std::move(scope), row.integer(1) != 0, row.text(2), row.integer(3), row.number(4)};
}

RunRow read_run(const Statement& row) {
  return {.run = row.text(0),
          .agent = row.text(1),
          .workflow = row.text(2),
          .environment = row.text(3),
          .first_at_ms = row.integer(4),
          .last_at_ms = row.integer(5),
          .admitted = row.integer(6),
          .refused = row.integer(7),
          .held = row.integer(8),
          .settled = row.integer(9),
          .failed = row.integer(10),
          .ambiguous = row.integer(11)};
}

std::string_view name(Pin::State state) { return state == Pin::State::accepted ? "accepted" : "quarantined"; }

PinRow read_pin(const Statement& row) {
  return {.upstream = row.text(0),
          .tool = row.text(1),
          .digest = row.text(3),
          .by = row.text(4),
          .state = row.view(2) == "accepted" ? Pin::State::accepted : Pin::State::quarantined,
          .at_ms = row.integer(5),
          .entry = row.number(6)};
}

Result<std::string> read_leaf(Database& database, std::uint64_t seq) {
  auto& select = database.prepared("SELECT leaf FROM entries WHERE seq = ?");
  select.begin(seq);
  BW_TRY(auto found, select.next());
  if (!found) return fail(Code::data_loss, fmt::format("entry {} is missing", seq));
  auto leaf = select.text(0);
  select.reset();
  return leaf;
}

// What the row does not say stands in the entries that it names.
Result<ActionState> complete_state(Database& database, ActionRow row) {
  ActionState state;
  BW_TRY(auto newest, read_leaf(database, row.entries.back()));
  state.last_leaf_hash = to_hex(crypto::view(ledger::leaf_hash(newest)));
  BW_TRY(auto telling, read_leaf(database, row.intent.value_or(row.entries.front())));
  BW_TRY(auto entry, ledger::parse_entry(telling));
  state.digest = std::move(entry.digest);
  state.retention = std::move(entry.retention);
  if (row.intent) {
    state.charges = std::move(entry.charges);
    state.admitted_at_ms = entry.at_ms;
  }
  state.row = std::move(row);
  return state;
}

TileSource tile_source(Database& database, std::uint64_t size) {
  auto tile = [&database](unsigned level, std::uint64_t n) -> Result<std::string> {
    auto& select = database.prepared("SELECT hashes FROM tiles WHERE level = ? AND n = ?");
    select.begin(level, n);
    BW_TRY(auto found, select.next());
    auto hashes = found ? select.text(0) : std::string();
    select.reset();
    if (hashes.size() != ledger::tile_width * 32)
      return fail(Code::data_loss, fmt::format("tile {}/{} is missing", level, n));
    return hashes;
  };
  auto leaf_hashes = [&database](std::uint64_t begin, std::uint64_t count) -> Result<std::string> {
    auto& select = database.prepared("SELECT leaf FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq");
    select.begin(begin, begin + count);
    std::string out;
    while (true) {
      BW_TRY(auto more, select.next());
      if (!more) break;
      out.append(crypto::view(ledger::leaf_hash(select.view(0))));
    }
    if (out.size() != count * 32)
      return fail(Code::data_loss, fmt::format("an entry from {} to {} is missing", begin, begin + count));
    return out;
  };
  return {.size = size, .tile = tile, .leaf_hashes = leaf_hashes};
}

}  // namespace bw::store::sqlite
