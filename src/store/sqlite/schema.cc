// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/schema.h"

#include <fmt/core.h>

#include <array>

#include "ledger/finding.h"

// `entries` and `contents` are the ledger. Everything else is a projection of it, in the words of the design, for people
// with a SQL shell too; docs/formats/ledger.md describes what a verifier needs of it.
namespace bw::store::sqlite {
namespace {

constexpr std::int64_t application_id = 0x42574C31;  // "BWL1"

// One for each version, oldest first; never changed once released.
constexpr std::array<const char*, 6> migrations{
    R"sql(
CREATE TABLE entries (seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;
CREATE TABLE contents (entry INTEGER PRIMARY KEY, args BLOB, out BLOB, why BLOB, checks BLOB, text BLOB) STRICT;
CREATE TABLE tiles (level INTEGER NOT NULL, n INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, n)) STRICT, WITHOUT ROWID;
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, root BLOB NOT NULL,
  frontier BLOB NOT NULL, at INTEGER NOT NULL, oldest_unsettled TEXT NOT NULL) STRICT;
CREATE TABLE actions (action TEXT PRIMARY KEY, run TEXT NOT NULL, agent TEXT NOT NULL, workflow TEXT NOT NULL,
  environment TEXT NOT NULL, upstream TEXT NOT NULL, tool TEXT NOT NULL, tier TEXT NOT NULL, verdict TEXT NOT NULL,
  refused TEXT NOT NULL, outcome TEXT, intent INTEGER, at INTEGER NOT NULL, settled_at INTEGER NOT NULL,
  ticket TEXT NOT NULL, entries TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX actions_of_run ON actions (run);
CREATE TABLE ambiguous (digest TEXT NOT NULL, action TEXT NOT NULL, PRIMARY KEY (digest, action)) STRICT, WITHOUT ROWID;
CREATE TABLE runs (run TEXT PRIMARY KEY, agent TEXT NOT NULL, workflow TEXT NOT NULL, environment TEXT NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, admitted INTEGER NOT NULL, refused INTEGER NOT NULL,
  held INTEGER NOT NULL, settled INTEGER NOT NULL, failed INTEGER NOT NULL, ambiguous INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX runs_by_time ON runs (first_at, run);
CREATE TABLE tickets (ticket TEXT PRIMARY KEY, action TEXT NOT NULL, digest TEXT NOT NULL, run TEXT NOT NULL,
  agent TEXT NOT NULL, workflow TEXT NOT NULL, environment TEXT NOT NULL, upstream TEXT NOT NULL, tool TEXT NOT NULL,
  tier TEXT NOT NULL, state TEXT NOT NULL, opened_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  decided_at INTEGER NOT NULL, by TEXT NOT NULL, reviewers TEXT NOT NULL, consumed_by TEXT NOT NULL,
  entry INTEGER NOT NULL, decision_entry INTEGER) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_of_digest ON tickets (digest);
CREATE INDEX tickets_open ON tickets (entry) WHERE state IN ('held', 'approved');
CREATE TABLE switches (scope TEXT PRIMARY KEY, on_ INTEGER NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,
  entry INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE tokens (token TEXT PRIMARY KEY, agent TEXT NOT NULL, workflow TEXT NOT NULL, environment TEXT NOT NULL,
  by TEXT NOT NULL, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER NOT NULL,
  entry INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_of_agent ON tokens (agent);
CREATE TABLE revoked_agents (agent TEXT PRIMARY KEY, entry INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE meters (meter TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (meter, key)) STRICT, WITHOUT ROWID;
CREATE TABLE snapshots (entry INTEGER PRIMARY KEY, digest TEXT NOT NULL, author TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX snapshots_by_digest ON snapshots (digest);
CREATE TABLE pins (upstream TEXT NOT NULL, tool TEXT NOT NULL, state TEXT NOT NULL, digest TEXT NOT NULL,
  by TEXT NOT NULL, at INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (upstream, tool, state)) STRICT, WITHOUT ROWID;
CREATE TABLE counts (word TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE contents ADD COLUMN key BLOB;
ALTER TABLE contents ADD COLUMN under INTEGER;
CREATE TABLE content_keys (id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE erasures (entry INTEGER PRIMARY KEY, args INTEGER, out INTEGER, why INTEGER, checks INTEGER, text INTEGER) STRICT;
CREATE TABLE legal_holds (scope TEXT PRIMARY KEY, on_ INTEGER NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,
  entry INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO content_keys SELECT 0 WHERE EXISTS (SELECT 1 FROM contents);
)sql",
    R"sql(
ALTER TABLE contents ADD COLUMN subject BLOB;
ALTER TABLE erasures ADD COLUMN subject INTEGER;
CREATE TABLE subjects (entry INTEGER NOT NULL, subject BLOB NOT NULL, PRIMARY KEY (entry, subject)) STRICT, WITHOUT ROWID;
CREATE INDEX entries_of_subject ON subjects (subject);
)sql",
    // A table without rowid keeps whole rows inside of its tree: with wide rows it grows deep.
    R"sql(
DROP INDEX actions_of_run;
DROP INDEX runs_by_time;
DROP INDEX tickets_of_digest;
DROP INDEX tickets_open;
ALTER TABLE actions RENAME TO actions_before;
ALTER TABLE runs RENAME TO runs_before;
ALTER TABLE tickets RENAME TO tickets_before;
ALTER TABLE tiles RENAME TO tiles_before;
CREATE TABLE actions (action TEXT PRIMARY KEY, run TEXT NOT NULL, agent TEXT NOT NULL, workflow TEXT NOT NULL,
  environment TEXT NOT NULL, upstream TEXT NOT NULL, tool TEXT NOT NULL, tier TEXT NOT NULL, verdict TEXT NOT NULL,
  refused TEXT NOT NULL, outcome TEXT, intent INTEGER, at INTEGER NOT NULL, settled_at INTEGER NOT NULL,
  ticket TEXT NOT NULL, entries TEXT NOT NULL) STRICT;
CREATE TABLE runs (run TEXT PRIMARY KEY, agent TEXT NOT NULL, workflow TEXT NOT NULL, environment TEXT NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, admitted INTEGER NOT NULL, refused INTEGER NOT NULL,
  held INTEGER NOT NULL, settled INTEGER NOT NULL, failed INTEGER NOT NULL, ambiguous INTEGER NOT NULL) STRICT;
CREATE TABLE tickets (ticket TEXT PRIMARY KEY, action TEXT NOT NULL, digest TEXT NOT NULL, run TEXT NOT NULL,
  agent TEXT NOT NULL, workflow TEXT NOT NULL, environment TEXT NOT NULL, upstream TEXT NOT NULL, tool TEXT NOT NULL,
  tier TEXT NOT NULL, state TEXT NOT NULL, opened_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  decided_at INTEGER NOT NULL, by TEXT NOT NULL, reviewers TEXT NOT NULL, consumed_by TEXT NOT NULL,
  entry INTEGER NOT NULL, decision_entry INTEGER) STRICT;
CREATE TABLE tiles (level INTEGER NOT NULL, n INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, n)) STRICT;
INSERT INTO actions SELECT * FROM actions_before ORDER BY action;
INSERT INTO runs SELECT * FROM runs_before ORDER BY first_at, run;
INSERT INTO tickets SELECT * FROM tickets_before ORDER BY ticket;
INSERT INTO tiles SELECT * FROM tiles_before ORDER BY level, n;
DROP TABLE actions_before;
DROP TABLE runs_before;
DROP TABLE tickets_before;
DROP TABLE tiles_before;
CREATE INDEX actions_of_run ON actions (run);
CREATE INDEX runs_by_time ON runs (first_at, run);
CREATE INDEX tickets_of_digest ON tickets (digest);
CREATE INDEX tickets_open ON tickets (entry) WHERE state IN ('held', 'approved');
)sql",
    R"sql(
CREATE TABLE retention (class TEXT NOT NULL, keep INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (class, keep, entry)) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE contents ADD COLUMN reviewers BLOB;
ALTER TABLE erasures ADD COLUMN reviewers INTEGER;
)sql"};

Result<std::int64_t> pragma(Database& database, const char* sql) {
  Statement statement(database.handle(), sql);
  BW_TRY(auto row, statement.next());
  return row ? statement.integer(0) : 0;
}

Result<std::int64_t> version_of(Database& database) {
  BW_TRY(auto id, pragma(database, "PRAGMA application_id"));
  if (id == 0) return 0;
  if (id != application_id) return fail(Code::failed_precondition, "ledger.db is no ledger of Bailiwick");
  Statement newest(database.handle(), "SELECT max(version) FROM migrations");
  BW_TRY(auto row, newest.next());
  auto version = row ? newest.integer(0) : 0;
  if (version > static_cast<std::int64_t>(migrations.size())) {
    return fail(
        Code::failed_precondition,
        fmt::format("ledger.db has version {}, this program knows {}: use a newer one", version, migrations.size()));
  }
  return version;
}

Status upgrade(Database& database, std::int64_t version) {
  if (version == 0) {
    BW_OK(database.execute("CREATE TABLE migrations (version INTEGER PRIMARY KEY, at TEXT NOT NULL) STRICT"));
    BW_OK(database.execute(fmt::format("PRAGMA application_id={}", application_id)));
  }
  for (auto next = version; next < static_cast<std::int64_t>(migrations.size()); ++next) {
    BW_OK(database.execute(migrations[static_cast<std::size_t>(next)]));
    BW_OK(database.execute(
        fmt::format("INSERT INTO migrations VALUES ({}, strftime('%Y-%m-%dT%H:%M:%SZ','now'))", next + 1)));
  }
  return {};
}

// All that is declared in a file, as one text.
Result<std::string> declared(Database& database) {
  // quote() tells a text from a blob of the same bytes.
  Statement rows(database.handle(),
                 "SELECT quote(type), quote(name), quote(tbl_name), quote(sql) FROM sqlite_schema ORDER BY type, name");
  std::string out;
  while (true) {
    BW_TRY(auto more, rows.next());
    if (!more) return out;
    out += fmt::format("{} {} {} {}\n", rows.view(0), rows.view(1), rows.view(2), rows.view(3));
  }
}

// Each version once, from 1 on.
Status check_migrations(Database& database) {
  Statement rows(database.handle(), "SELECT version FROM migrations ORDER BY version");
  for (std::size_t version = 1; version <= migrations.size(); ++version) {
    BW_TRY(auto more, rows.next());
    if (!more || rows.number(0) != version)
      return ledger::found(ledger::Finding::damaged_file,
                           fmt::format("ledger.db does not say that it came to version {} of its tables", version));
  }
  return {};
}

Result<std::string> declare_anew() {
  BW_TRY(auto database, Database::open(":memory:", Database::Mode::write));
  BW_OK(migrate(*database));
  return declared(*database);
}

}  // namespace

Status check_schema(Database& database) {
  static const Result<std::string> wanted = declare_anew();
  if (!wanted) return fail(wanted.error());
  BW_TRY(auto have, declared(database));
  if (have != *wanted)
    return ledger::found(ledger::Finding::damaged_file, "ledger.db declares other tables than this program makes");
  return check_migrations(database);
}

Status migrate(Database& database) {
  BW_OK(database.execute("BEGIN IMMEDIATE"));
  BW_TRY(auto version, version_of(database));
  BW_OK(upgrade(database, version));
  return database.execute("COMMIT");
}

Status check_version(Database& database) {
  BW_TRY(auto version, version_of(database));
  if (version == static_cast<std::int64_t>(migrations.size())) return {};
  return fail(Code::failed_precondition,
              fmt::format("ledger.db has version {}, not {}: start the server once to bring it up to date", version,
                          migrations.size()));
}

}  // namespace bw::store::sqlite
