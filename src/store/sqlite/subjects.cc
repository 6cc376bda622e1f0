// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/subjects.h"

#include <fmt/core.h>

#include <algorithm>

#include "admission/subjects.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

namespace bw::store::sqlite {
namespace {

constexpr std::size_t file_bytes_max = 256;

std::string keyed(const std::string& key, const std::string& subject) { return crypto::hmac_sha256(key, subject); }

// The newest entry of which the subjects are known, and how: enough to tell another ledger's key.
Status check_newest(Database& database, const std::string& key, const ContentKeys& keys, const std::string& path) {
  auto& select = database.prepared("SELECT max(entry) FROM subjects");
  select.begin();
  BW_TRY(auto found, select.next());
  bool none = !found || select.null(0);
  auto seq = none ? 0 : select.number(0);
  select.reset();
  if (none) return {};
  BW_TRY(auto contents, read_salted_contents(database, &keys, seq));
  BW_TRY(auto wanted, keyed_subjects(key, contents.subject));
  BW_TRY(auto have, read_subjects(database, seq));
  if (wanted == have) return {};
  return fail(
      Code::failed_precondition,
      fmt::format("`{}` is not the key by which this ledger finds whom its contents speak of: put back the file "
                  "that belongs to it, or run `bailiwick rebuild`",
                  path));
}

Result<bool> has_rows(Database& database) {
  auto& select = database.prepared("SELECT EXISTS (SELECT 1 FROM subjects)");
  select.begin();
  BW_TRY(auto found, select.next());
  bool rows = found && select.integer(0) != 0;
  select.reset();
  return rows;
}

}  // namespace

std::string subject_key_path(const std::string& data_dir) { return data_dir + "/subject.key"; }

Result<std::vector<std::string>> keyed_subjects(const std::string& key, std::string_view stored) {
  BW_TRY(auto subjects, admission::parse_subjects(ledger::content_value(stored)));
  std::vector<std::string> out;
  out.reserve(subjects.size());
  for (const auto& subject : subjects) out.push_back(keyed(key, subject));
  std::ranges::sort(out);
  return out;
}

Status put_subjects(Database& database, const std::string& key, std::uint64_t seq, std::string_view stored) {
  BW_TRY(auto rows, keyed_subjects(key, stored));
  for (const auto& row : rows) {
    BW_OK(database.prepared("INSERT INTO subjects (entry, subject) VALUES (?, ?)").run(seq, Blob{row}));
  }
  return {};
}

Status drop_subjects(Database& database, std::uint64_t seq) {
  return database.prepared("DELETE FROM subjects WHERE entry = ?").run(seq);
}

Result<std::vector<std::string>> read_subjects(Database& database, std::uint64_t seq) {
  auto& select = database.prepared("SELECT subject FROM subjects WHERE entry = ? ORDER BY subject");
  select.begin(seq);
  std::vector<std::string> out;
  while (true) {
    BW_TRY(auto more, select.next());
    if (!more) return out;
    out.push_back(select.text(0));
  }
}

Result<std::vector<std::uint64_t>> entries_of_subject(Database& database, const std::string& key,
                                                      const std::string& subject, std::uint64_t from,
                                                      std::size_t limit) {
  auto& select =
      database.prepared("SELECT entry FROM subjects WHERE subject = ? AND entry >= ? ORDER BY entry LIMIT ?");
  auto row = keyed(key, subject);
  select.begin(Blob{row}, from, static_cast<std::int64_t>(limit));
  std::vector<std::uint64_t> out;
  while (true) {
    BW_TRY(auto more, select.next());
    if (!more) return out;
    out.push_back(select.number(0));
  }
}

Result<SharedSubjectKey> read_subject_key(const std::string& data_dir) {
  auto path = subject_key_path(data_dir);
  auto text = read_private_file(path, file_bytes_max);
  if (!text && text.error().code == Code::not_found) return nullptr;
  if (!text) return fail(std::move(text).error());
  auto keys = parse_content_keys(*text);  // the same form, and one alone
  if (!keys) return fail(Code::invalid_argument, fmt::format("{}:{}", path, keys.error().message));
  if (keys->size() != 1) return fail(Code::invalid_argument, fmt::format("{}: expected one key alone", path));
  return std::make_shared<const std::string>(std::move(keys->front().bytes));
}

Result<SharedSubjectKey> make_subject_key(const std::string& data_dir) {
  BW_TRY(auto key, read_subject_key(data_dir));
  if (key) return key;
  auto fresh = std::make_shared<const std::string>(crypto::fresh_key());
  BW_OK(write_durably(subject_key_path(data_dir), fmt::format("key {}\n", to_hex(*fresh)), 0600));
  return fresh;
}

Result<SharedSubjectKey> settle_subject_key(Database& database, const std::string& data_dir, const ContentKeys& keys) {
  BW_TRY(auto key, read_subject_key(data_dir));
  BW_TRY(auto rows, has_rows(database));
  if (!key && rows)
    return fail(
        Code::failed_precondition,
        fmt::format("`{}` is lost, by which this ledger finds whom its contents speak of: put the file back, or "
                    "run `bailiwick rebuild`, which makes a new one",
                    subject_key_path(data_dir)));
  if (!key) return make_subject_key(data_dir);
  BW_OK(check_newest(database, *key, keys, subject_key_path(data_dir)));
  return key;
}

}  // namespace bw::store::sqlite
