// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/contents.h"
#include "store/sqlite/database.h"

// By whom contents are found: rows of `subjects`, each the number of an entry and
//   HMAC-SHA-256( DATA/subject.key, SUBJECT )                                       (RFC 2104)
// of one of the subjects in the `subject` content of that entry. Who has ledger.db without the key cannot try names, and who has both
// finds no more than the contents themselves say, because a row goes with its content. The key never changes: the rows of a ledger
// that has lost it are made anew by rebuild().
namespace bw::store::sqlite {

using SharedSubjectKey = std::shared_ptr<const std::string>;  // null: the file is not there

std::string subject_key_path(const std::string& data_dir);

// What stands in the rows of an entry, in their order, by its `subject` as it is stored. Errors: data_loss.
Result<std::vector<std::string>> keyed_subjects(const std::string& key, std::string_view stored);

Status put_subjects(Database& database, const std::string& key, std::uint64_t seq, std::string_view stored);
Status drop_subjects(Database& database, std::uint64_t seq);
Result<std::vector<std::string>> read_subjects(Database& database, std::uint64_t seq);

// Entries from `from` on whose arguments speak of the subject, oldest first.
Result<std::vector<std::uint64_t>> entries_of_subject(Database& database, const std::string& key,
                                                      const std::string& subject, std::uint64_t from,
                                                      std::size_t limit);

// Makes the key of a ledger that has no rows, and refuses one whose key is lost or another's. Only the writer.
Result<SharedSubjectKey> settle_subject_key(Database& database, const std::string& data_dir, const ContentKeys& keys);

// For whoever makes all rows anew: the key that is there, or else a fresh one.
Result<SharedSubjectKey> make_subject_key(const std::string& data_dir);

// The key for reading alone.
Result<SharedSubjectKey> read_subject_key(const std::string& data_dir);

}  // namespace bw::store::sqlite
