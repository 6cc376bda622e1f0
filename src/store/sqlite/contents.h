// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "admission/records.h"
#include "crypto/seal.h"
#include "ledger/content.h"
#include "store/content_keys.h"
#include "store/sqlite/database.h"
#include "store/store.h"

// Rows of `contents`, secret at rest. Each content is sealed under the key of its row, and that key under one of content.keys:
//   key     wrap(KEY of content.keys, bound to "SEQ")
//   args …  seal(key, nonce = number of the field, bound to "SEQ FIELD", salt and value)
// What is committed to in the leaf is what is sealed here. docs/formats/ledger.md says the same for others.
namespace bw::store::sqlite {

using SharedContentKeys = std::shared_ptr<const ContentKeys>;  // null: the file is not there

// A row's columns, in the order of BW_CONTENT_COLUMNS.
struct SealedContents {
  ledger::Contents fields;
  std::string key;
  std::uint32_t under = 0;
};

// Seals for one writer. Not for two threads at once.
class ContentSealer {
 public:
  explicit ContentSealer(SharedContentKeys keys);  // not null
  SealedContents seal(std::uint64_t seq, const ledger::Contents& contents);
  std::string wrap(std::uint64_t seq, std::string_view row_key);  // under the newest key
  const ContentKeys& keys() const { return *keys_; }

 private:
  SharedContentKeys keys_;
  crypto::Sealer wrapper_, sealer_;
};

#define BW_CONTENT_COLUMNS "args, out, why, checks, text, subject, reviewers, key, under"

// Writes the row of an entry, in the place of one that is there.
Status put_contents(Database& database, std::uint64_t seq, const SealedContents& sealed);

// Which contents of an entry are there.
Result<ledger::Fields> fields_there(Database& database, std::uint64_t seq);

// Takes contents of an entry out, within a transaction. What stays is sealed anew under a fresh key: the old one could open, in an
// old copy of the file, what is erased here.
Status erase_contents(Database& database, ContentSealer& sealer, std::uint64_t seq, ledger::Fields fields);

// The contents of entry `seq`, as they were committed to, from the row of a statement that selects these columns first. Errors:
// failed_precondition when its key is not among `keys`; data_loss when something was changed.
Result<ledger::Contents> open_contents(const ContentKeys* keys, std::uint64_t seq, const Statement& row);

// The key of a row, which was wrapped under key `under`. Errors as above.
Result<std::string> unwrap_row_key(const ContentKeys* keys, std::uint64_t seq, std::uint32_t under,
                                   std::string_view wrapped);

// Which entry erased each content of an entry, if any did.
using ErasedBy = decltype(admission::ContentValues::erased_by);
Result<ErasedBy> read_erasures(Database& database, std::uint64_t seq);

// What an entry commits to and nobody erased.
ledger::Fields left_of(const ledger::Entry& entry, const ErasedBy& erased_by);

// The contents of an entry as they were committed to, none when the row is not there. Errors as above.
Result<ledger::Contents> read_salted_contents(Database& database, const ContentKeys* keys, std::uint64_t seq);

// The one way to plaintext: the values of an entry's contents. Errors as above.
Result<admission::ContentValues> read_contents(Database& database, const ContentKeys* keys, std::uint64_t seq);

// Brings the file of keys and the ledger together when a server opens it: makes the file of a new ledger; refuses one whose file
// is lost or another's; seals what an earlier version kept open. Only the writer.
Result<SharedContentKeys> settle_keys(Database& database, const std::string& data_dir, const Progress& progress);

// Ids of the keys that rows are sealed under, as the ledger has them; 0 stands for rows that are not sealed.
Result<std::vector<std::uint32_t>> keys_in_use(Database& database);

// How many entries there are to look through for contents.
Result<std::uint64_t> end_of_contents(Database& database);

// The keys for reading alone: null when there is no file. Errors: failed_precondition when it is another ledger's.
Result<SharedContentKeys> read_keys(Database& database, const std::string& data_dir);

}  // namespace bw::store::sqlite
