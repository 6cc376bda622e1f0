// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <filesystem>
#include <utility>

#include "store/sqlite/contents.h"
#include "store/sqlite/lock.h"
#include "store/sqlite/log_writer.h"
#include "store/sqlite/schema.h"
#include "store/store.h"

// The order of the steps is what makes it safe: the fresh key is in the file before a row is under it, the ledger names it
// before that, and the old key leaves the file after no byte under it is left. More keys than one in the file say that a rotation is
// under way.
namespace bw::store {
namespace {

using sqlite::Database;

constexpr int piece = 2000;  // rows of a commit

// A row whose key is under another wrapping key than the newest.
struct Row {
  std::uint64_t seq = 0;
  std::string key;
  std::uint32_t under = 0;
};

class Rotating {
 public:
  Rotating(Database& database, sqlite::SharedContentKeys keys, const Progress& progress)
      : database_(database), keys_(std::move(keys)), sealer_(keys_), progress_(progress) {}

  Result<std::uint64_t> run() {
    BW_TRY(end_, sqlite::end_of_contents(database_));
    say(0);
    BW_OK(database_.prepared("INSERT INTO content_keys (id) VALUES (?) ON CONFLICT DO NOTHING").run(newest()));
    say(0);
    BW_TRY(auto wrapped, wrap_all());
    BW_OK(database_.prepared("DELETE FROM content_keys WHERE id <> ?").run(newest()));
    say(end_);
    BW_TRY(auto emptied, database_.empty_log());
    if (!emptied)
      return fail(
          Code::failed_precondition,
          "somebody reads the ledger, and what they read is still under the old key, which therefore stays: when they "
          "are done, rotate again, which finishes it");
    say(end_);
    return wrapped;
  }

 private:
  std::uint32_t newest() const { return keys_->newest().id; }
  void say(std::uint64_t at) const {
    if (progress_) progress_(at, end_);
  }

  Result<std::uint64_t> wrap_all() {
    std::uint64_t from = 0, done = 0;
    while (true) {
      BW_TRY(auto rows, rows_from(from));
      if (rows.empty()) return done;
      BW_OK(database_.prepared("BEGIN IMMEDIATE").run());
      for (const auto& row : rows) {
        BW_OK(wrap(row));
      }
      BW_OK(database_.prepared("COMMIT").run());
      from = rows.back().seq + 1;
      done += rows.size();
      say(from);
      BW_OK(database_.checkpoint_when_long());
    }
  }

  Result<std::vector<Row>> rows_from(std::uint64_t from) {
    auto& select = database_.prepared(
        "SELECT entry, key, under FROM contents WHERE entry >= ? AND under <> ? ORDER BY entry LIMIT ?");
    select.begin(from, newest(), piece);
    std::vector<Row> out;
    while (true) {
      BW_TRY(auto more, select.next());
      if (!more) return out;
      out.push_back({select.number(0), select.text(1), static_cast<std::uint32_t>(select.number(2))});
    }
  }

  Status wrap(const Row& row) {
    auto key = sqlite::unwrap_row_key(keys_.get(), row.seq, row.under, row.key);
    if (!key) return fail(std::move(key).error().with(fmt::format("entry {}", row.seq)));
    return database_.prepared("UPDATE contents SET key = ?, under = ? WHERE entry = ?")
        .run(sqlite::Blob{sealer_.wrap(row.seq, *key)}, newest(), row.seq);
  }

  Database& database_;
  const sqlite::SharedContentKeys keys_;
  sqlite::ContentSealer sealer_;
  const Progress& progress_;
  std::uint64_t end_ = 0;
};

Result<ContentKeys> keys_to_rotate(Database& database, const std::string& data_dir) {
  BW_TRY(auto keys, sqlite::read_keys(database, data_dir));
  BW_TRY(auto in_use, sqlite::keys_in_use(database));
  if (!in_use.empty() && in_use.front() == 0)
    return fail(Code::failed_precondition, "contents of this ledger are not sealed yet: start the server once");
  if (keys) return *keys;
  return fail(Code::failed_precondition, fmt::format("there is no `{}`: put back the file that belongs to this ledger",
                                                     content_keys_path(data_dir)));
}

}  // namespace

Result<Rotation> rotate_content_keys(const std::string& data_dir, const Progress& progress) {
  auto path = data_dir + "/ledger.db";
  if (!std::filesystem::exists(path)) return fail(Code::not_found, fmt::format("no ledger in `{}`", data_dir));
  BW_TRY(auto lock, sqlite::Lock::take(data_dir));
  BW_OK(sqlite::rewrite_log(path));
  BW_TRY(auto database, Database::open(path, Database::Mode::write));
  BW_OK(sqlite::check_version(*database));
  BW_OK(database->execute("PRAGMA synchronous=FULL"));
  BW_TRY(auto keys, keys_to_rotate(*database, data_dir));
  Rotation out{.entries = 0, .went_on = keys.all().size() > 1, .fresh = {}, .dropped = {}};
  if (!out.went_on) {
    BW_TRY(keys, keys.with_fresh(data_dir));
  }
  BW_TRY(out.entries, Rotating(*database, std::make_shared<const ContentKeys>(keys), progress).run());
  BW_OK(keys.newest_alone(data_dir));
  for (const auto& key : keys.all())
    (key.id == keys.newest().id ? out.fresh : out.dropped.emplace_back()) = id_text(key.id);
  return out;
}

}  // namespace bw::store
