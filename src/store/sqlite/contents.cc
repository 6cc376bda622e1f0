// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/contents.h"

#include <fmt/core.h>

#include "base/log.h"

namespace bw::store::sqlite {

Result<std::vector<std::uint32_t>> keys_in_use(Database& database) {
  auto& select = database.prepared("SELECT id FROM content_keys ORDER BY id");
  select.begin();
  std::vector<std::uint32_t> out;
  while (true) {
    BW_TRY(auto more, select.next());
    if (!more) return out;
    out.push_back(static_cast<std::uint32_t>(select.number(0)));
  }
}

Result<std::uint64_t> end_of_contents(Database& database) {
  auto& select = database.prepared("SELECT coalesce(max(entry) + 1, 0) FROM contents");
  select.begin();
  BW_TRY(auto found, select.next());
  auto end = found ? select.number(0) : 0;
  select.reset();
  return end;
}

namespace {

using ledger::Contents;

constexpr int key_column = 7, under_column = 8, entry_column = 9;

// The place of a field among the columns is its number.
int column_of(ledger::Field field) { return static_cast<int>(field); }

std::string bound_to(std::uint64_t seq) { return fmt::format("{}", seq); }
std::string bound_to(std::uint64_t seq, ledger::Field field) { return fmt::format("{} {}", seq, name(field)); }
crypto::Nonce nonce_of(ledger::Field field) { return crypto::numbered(static_cast<std::uint32_t>(field)); }

std::unexpected<Error> lost(const std::string& data_dir, std::uint32_t id) {
  return fail(Code::failed_precondition,
              fmt::format("`{}` has no key {}, under which contents of this ledger are sealed: put back the file that "
                          "belongs to it; without it they cannot be read by anybody",
                          content_keys_path(data_dir), id_text(id)));
}

Status check_in_use(Database& database, const std::string& data_dir, const ContentKeys* keys) {
  BW_TRY(auto in_use, keys_in_use(database));
  for (auto id : in_use) {
    if (id != 0 && (keys == nullptr || keys->find(id) == nullptr)) return lost(data_dir, id);
  }
  return {};
}

struct PlainRow {
  std::uint64_t seq = 0;
  Contents contents;
};

Result<std::vector<PlainRow>> plain_rows(Database& database, std::uint64_t from) {
  auto& select = database.prepared("SELECT " BW_CONTENT_COLUMNS
                                   ", entry FROM contents WHERE entry >= ? AND under IS NULL ORDER BY entry LIMIT 500");
  select.begin(from);
  std::vector<PlainRow> out;
  while (true) {
    BW_TRY(auto more, select.next());
    if (!more) return out;
    auto& row = out.emplace_back();
    row.seq = select.number(entry_column);
    for (auto field : ledger::all_fields) row.contents.*member_of(field) = select.text(column_of(field));
  }
}

// What an earlier version wrote in the clear, piece by piece, so that a crash loses no work.
Status seal_plain_rows(Database& database, ContentSealer& sealer, const Progress& progress) {
  std::uint64_t from = 0, done = 0;
  BW_TRY(auto end, end_of_contents(database));
  if (progress) progress(from, end);
  while (true) {
    BW_TRY(auto rows, plain_rows(database, from));
    if (rows.empty()) break;
    BW_OK(database.prepared("BEGIN IMMEDIATE").run());
    for (const auto& row : rows) {
      BW_OK(put_contents(database, row.seq, sealer.seal(row.seq, row.contents)));
    }
    BW_OK(database.prepared("COMMIT").run());
    from = rows.back().seq + 1;
    done += rows.size();
    if (progress) progress(from, end);
    BW_OK(database.checkpoint_when_long());
  }
  BW_OK(database.execute("DELETE FROM content_keys WHERE id = 0"));
  log::info("ledger: contents of {} entries were kept in the clear, and are sealed now", done);
  database.want_empty_log();
  return {};
}

}  // namespace

ContentSealer::ContentSealer(SharedContentKeys keys) : keys_(std::move(keys)) { wrapper_.use(keys_->newest().bytes); }

std::string ContentSealer::wrap(std::uint64_t seq, std::string_view row_key) {
  return wrapper_.wrap(row_key, bound_to(seq));
}

SealedContents ContentSealer::seal(std::uint64_t seq, const Contents& contents) {
  auto key = crypto::fresh_key();
  sealer_.use(key);
  SealedContents out{.fields = {}, .key = wrap(seq, key), .under = keys_->newest().id};
  for (auto field : ledger::all_fields) {
    const auto& content = contents.*member_of(field);
    if (!content.empty()) out.fields.*member_of(field) = sealer_.seal(nonce_of(field), bound_to(seq, field), content);
  }
  return out;
}

Status put_contents(Database& database, std::uint64_t seq, const SealedContents& sealed) {
  const auto& [f, key, under] = sealed;
  auto blob = [](const std::string& bytes) { return bytes.empty() ? std::nullopt : std::optional(Blob{bytes}); };
  return database
      .prepared("INSERT OR REPLACE INTO contents (entry, " BW_CONTENT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(seq, blob(f.args), blob(f.out), blob(f.why), blob(f.checks), blob(f.text), blob(f.subject),
           blob(f.reviewers), Blob{key}, under);
}

Result<ledger::Fields> fields_there(Database& database, std::uint64_t seq) {
  auto& select = database.prepared(
      "SELECT args IS NOT NULL, out IS NOT NULL, why IS NOT NULL, checks IS NOT NULL, text IS NOT NULL,"
      " subject IS NOT NULL, reviewers IS NOT NULL FROM contents WHERE entry = ?");
  select.begin(seq);
  BW_TRY(auto found, select.next());
  ledger::Fields out;
  if (!found) return out;
  for (auto field : ledger::all_fields) {
    if (select.integer(column_of(field)) != 0) out.add(field);
  }
  select.reset();
  return out;
}

Status erase_contents(Database& database, ContentSealer& sealer, std::uint64_t seq, ledger::Fields fields) {
  BW_TRY(auto there, fields_there(database, seq));
  if (there.without(fields).empty()) return database.prepared("DELETE FROM contents WHERE entry = ?").run(seq);
  auto& select = database.prepared("SELECT " BW_CONTENT_COLUMNS " FROM contents WHERE entry = ?");
  select.begin(seq);
  BW_TRY(auto found, select.next());
  auto opened = found ? open_contents(&sealer.keys(), seq, select) : fail(Code::data_loss, "its contents are gone");
  select.reset();
  if (!opened) return fail(std::move(opened).error().with(fmt::format("entry {}", seq)));
  for (auto field : ledger::all_fields) {
    if (fields.has(field)) (*opened.*member_of(field)).clear();
  }
  return put_contents(database, seq, sealer.seal(seq, *opened));
}

Result<std::string> unwrap_row_key(const ContentKeys* keys, std::uint64_t seq, std::uint32_t under,
                                   std::string_view wrapped) {
  const auto* wrapping = keys == nullptr ? nullptr : keys->find(under);
  if (wrapping == nullptr)
    return fail(Code::failed_precondition,
                fmt::format("its contents are sealed under key {}, which is not in content.keys", id_text(under)));
  auto key = crypto::unwrap(wrapping->bytes, bound_to(seq), wrapped);
  if (!key) return fail(Code::data_loss, "the key of its contents is not the one that was kept");
  return key;
}

Result<Contents> open_contents(const ContentKeys* keys, std::uint64_t seq, const Statement& row) {
  auto under = static_cast<std::uint32_t>(row.number(under_column));
  BW_TRY(auto key, unwrap_row_key(keys, seq, under, row.view(key_column)));
  Contents out;
  for (auto field : ledger::all_fields) {
    if (row.null(column_of(field))) continue;
    auto opened = crypto::unseal(key, nonce_of(field), bound_to(seq, field), row.view(column_of(field)));
    if (!opened)
      return fail(Code::data_loss, fmt::format("its content `{}` is not the one that was sealed", name(field)));
    out.*member_of(field) = *std::move(opened);
  }
  return out;
}

Result<Contents> read_salted_contents(Database& database, const ContentKeys* keys, std::uint64_t seq) {
  auto& select = database.prepared("SELECT " BW_CONTENT_COLUMNS " FROM contents WHERE entry = ?");
  select.begin(seq);
  BW_TRY(auto found, select.next());
  if (!found) return Contents{};
  auto opened = open_contents(keys, seq, select);
  select.reset();
  if (!opened) return fail(std::move(opened).error().with(fmt::format("entry {}", seq)));
  return opened;
}

Result<admission::ContentValues> read_contents(Database& database, const ContentKeys* keys, std::uint64_t seq) {
  BW_TRY(auto opened, read_salted_contents(database, keys, seq));
  BW_TRY(auto erased_by, read_erasures(database, seq));
  auto value = [](const std::string& stored) { return std::string(ledger::content_value(stored)); };
  return admission::ContentValues{value(opened.args),      value(opened.out),  value(opened.why),
                                  value(opened.checks),    value(opened.text), value(opened.subject),
                                  value(opened.reviewers), erased_by};
}

Result<ErasedBy> read_erasures(Database& database, std::uint64_t seq) {
  auto& select =
      database.prepared("SELECT args, out, why, checks, text, subject, reviewers FROM erasures WHERE entry = ?");
  select.begin(seq);
  BW_TRY(auto found, select.next());
  ErasedBy out;
  if (!found) return out;
  for (auto field : ledger::all_fields) {
    if (!select.null(column_of(field))) out[static_cast<std::size_t>(field)] = select.number(column_of(field));
  }
  select.reset();
  return out;
}

ledger::Fields left_of(const ledger::Entry& entry, const ErasedBy& erased_by) {
  ledger::Fields erased;
  for (auto field : ledger::all_fields) {
    if (erased_by[static_cast<std::size_t>(field)]) erased.add(field);
  }
  return fields_of(entry.commitments).without(erased);
}

Result<SharedContentKeys> settle_keys(Database& database, const std::string& data_dir, const Progress& progress) {
  auto keys = ContentKeys::load(data_dir);
  if (!keys && keys.error().code != Code::not_found) return fail(std::move(keys).error());
  BW_OK(check_in_use(database, data_dir, keys ? &*keys : nullptr));
  if (!keys) {
    BW_TRY(keys, ContentKeys::create(data_dir));
  }
  BW_OK(database.prepared("INSERT INTO content_keys (id) VALUES (?) ON CONFLICT DO NOTHING").run(keys->newest().id));
  auto shared = std::make_shared<const ContentKeys>(*std::move(keys));
  if (shared->all().size() > 1)
    log::warn(
        "ledger: the key of its contents was being rotated when that was cut off: `bailiwick content-key rotate` finishes it");
  BW_TRY(auto in_use, keys_in_use(database));
  if (in_use.front() == 0) {
    ContentSealer sealer(shared);
    BW_OK(seal_plain_rows(database, sealer, progress));
  }
  return shared;
}

Result<SharedContentKeys> read_keys(Database& database, const std::string& data_dir) {
  auto keys = ContentKeys::load(data_dir);
  if (!keys && keys.error().code == Code::not_found) return nullptr;
  if (!keys) return fail(std::move(keys).error());
  BW_OK(check_in_use(database, data_dir, &*keys));
  return std::make_shared<const ContentKeys>(*std::move(keys));
}

}  // namespace bw::store::sqlite
