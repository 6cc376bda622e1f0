// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/contents.h"

#include <fmt/core.h>

#include <array>

#include "base/log.h"

namespace bw::store::sqlite {
namespace {

using ledger::Contents;

constexpr int key_column = 5, under_column = 6;

// Fields in the order of the columns; the place is the number of the nonce, and never changes.
struct Field {
  std::string_view name;
  std::string Contents::* member;
};
constexpr std::array<Field, 5> fields{{{"args", &Contents::args},
                                       {"out", &Contents::out},
                                       {"why", &Contents::why},
                                       {"checks", &Contents::checks},
                                       {"text", &Contents::text}}};

std::string bound_to(std::uint64_t seq) { return fmt::format("{}", seq); }
std::string bound_to(std::uint64_t seq, std::string_view field) { return fmt::format("{} {}", seq, field); }

std::unexpected<Error> lost(const std::string& data_dir, std::uint32_t id) {
  return fail(Code::failed_precondition,
              fmt::format("`{}` has no key {}, under which contents of this ledger are sealed: put back the file that "
                          "belongs to it; without it they cannot be read by anybody",
                          content_keys_path(data_dir), id_text(id)));
}

// Keys that rows are sealed under; 0 stands for rows that an earlier version wrote without sealing them.
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
    row.seq = select.number(7);
    for (std::size_t i = 0; i < fields.size(); ++i) row.contents.*fields[i].member = select.text(static_cast<int>(i));
  }
}

// What an earlier version wrote in the clear, piece by piece, so that a crash loses no work.
Status seal_plain_rows(Database& database, ContentSealer& sealer) {
  std::uint64_t from = 0, done = 0;
  BW_OK(database.execute("PRAGMA secure_delete=ON"));
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
  }
  BW_OK(database.execute("DELETE FROM content_keys WHERE id = 0; PRAGMA secure_delete=OFF"));
  log::info("ledger: contents of {} entries were kept in the clear, and are sealed now", done);
  database.want_empty_log();
  return {};
}

}  // namespace

ContentSealer::ContentSealer(const ContentKeys& keys) : under_(keys.newest().id) { wrapper_.use(keys.newest().bytes); }

std::string ContentSealer::wrap(std::uint64_t seq, std::string_view key) { return wrapper_.wrap(key, bound_to(seq)); }

SealedContents ContentSealer::seal(std::uint64_t seq, const Contents& contents) {
  auto key = crypto::fresh_key();
  sealer_.use(key);
  SealedContents out{.fields = {}, .key = wrap(seq, key), .under = under_};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& [name, member] = fields[i];
    if (!(contents.*member).empty())
      out.fields.*member =
          sealer_.seal(crypto::numbered(static_cast<std::uint32_t>(i)), bound_to(seq, name), contents.*member);
  }
  return out;
}

Status put_contents(Database& database, std::uint64_t seq, const SealedContents& sealed) {
  const auto& [f, key, under] = sealed;
  auto blob = [](const std::string& bytes) { return bytes.empty() ? std::nullopt : std::optional(Blob{bytes}); };
  return database
      .prepared("INSERT OR REPLACE INTO contents (entry, " BW_CONTENT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .run(seq, blob(f.args), blob(f.out), blob(f.why), blob(f.checks), blob(f.text), Blob{key}, under);
}

bool lacks_key(const ContentKeys* keys, const Statement& row) {
  return keys == nullptr || keys->find(static_cast<std::uint32_t>(row.number(under_column))) == nullptr;
}

Result<std::string> open_row_key(const ContentKeys* keys, std::uint64_t seq, const Statement& row) {
  auto under = static_cast<std::uint32_t>(row.number(under_column));
  const auto* wrapping = keys == nullptr ? nullptr : keys->find(under);
  if (wrapping == nullptr)
    return fail(Code::failed_precondition,
                fmt::format("its contents are sealed under key {}, which is not in content.keys", id_text(under)));
  auto key = crypto::unwrap(wrapping->bytes, bound_to(seq), row.view(key_column));
  if (!key) return fail(Code::data_loss, "the key of its contents is not the one that was kept");
  return key;
}

Result<Contents> open_contents(const ContentKeys* keys, std::uint64_t seq, const Statement& row) {
  BW_TRY(auto key, open_row_key(keys, seq, row));
  Contents out;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& [name, member] = fields[i];
    auto column = static_cast<int>(i);
    if (row.null(column)) continue;
    auto opened =
        crypto::unseal(key, crypto::numbered(static_cast<std::uint32_t>(i)), bound_to(seq, name), row.view(column));
    if (!opened) return fail(Code::data_loss, fmt::format("its content `{}` is not the one that was sealed", name));
    out.*member = *std::move(opened);
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
  auto value = [](const std::string& stored) { return std::string(ledger::content_value(stored)); };
  return admission::ContentValues{value(opened.args), value(opened.out), value(opened.why), value(opened.checks),
                                  value(opened.text)};
}

Result<SharedContentKeys> settle_keys(Database& database, const std::string& data_dir) {
  auto keys = ContentKeys::load(data_dir);
  if (!keys && keys.error().code != Code::not_found) return fail(std::move(keys).error());
  BW_OK(check_in_use(database, data_dir, keys ? &*keys : nullptr));
  if (!keys) {
    BW_TRY(keys, ContentKeys::create(data_dir));
  }
  BW_OK(database.prepared("INSERT INTO content_keys (id) VALUES (?) ON CONFLICT DO NOTHING").run(keys->newest().id));
  BW_TRY(auto in_use, keys_in_use(database));
  if (in_use.front() == 0) {
    ContentSealer sealer(*keys);
    BW_OK(seal_plain_rows(database, sealer));
  }
  return std::make_shared<const ContentKeys>(*std::move(keys));
}

Result<SharedContentKeys> read_keys(Database& database, const std::string& data_dir) {
  auto keys = ContentKeys::load(data_dir);
  if (!keys && keys.error().code == Code::not_found) return nullptr;
  if (!keys) return fail(std::move(keys).error());
  BW_OK(check_in_use(database, data_dir, &*keys));
  return std::make_shared<const ContentKeys>(*std::move(keys));
}

}  // namespace bw::store::sqlite
