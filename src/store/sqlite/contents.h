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
  explicit ContentSealer(const ContentKeys& keys);
  SealedContents seal(std::uint64_t seq, const ledger::Contents& contents);
  std::string wrap(std::uint64_t seq, std::string_view key);
  std::uint32_t under() const { return under_; }

 private:
  crypto::Sealer wrapper_, sealer_;
  std::uint32_t under_;
};

#define BW_CONTENT_COLUMNS "args, out, why, checks, text, key, under"

// Writes the row of an entry, in the place of one that is there.
Status put_contents(Database& database, std::uint64_t seq, const SealedContents& sealed);

// The contents of entry `seq`, as they were committed to, from the row of a statement that selects these columns first. Errors:
// failed_precondition when its key is not among `keys`; data_loss when something was changed.
Result<ledger::Contents> open_contents(const ContentKeys* keys, std::uint64_t seq, const Statement& row);

// The key of such a row.
Result<std::string> open_row_key(const ContentKeys* keys, std::uint64_t seq, const Statement& row);

// Whether such a row is sealed under a key that is not among `keys`, so that open_contents() can only fail.
bool lacks_key(const ContentKeys* keys, const Statement& row);

// The contents of an entry as they were committed to, none when the row is not there. Errors as above.
Result<ledger::Contents> read_salted_contents(Database& database, const ContentKeys* keys, std::uint64_t seq);

// The one way to plaintext: the values of an entry's contents. Errors as above.
Result<admission::ContentValues> read_contents(Database& database, const ContentKeys* keys, std::uint64_t seq);

// Brings the file of keys and the ledger together when a server opens it: makes the file of a new ledger; refuses one whose file
// is lost or another's; seals what an earlier version kept open, with progress in the log. Only the writer.
Result<SharedContentKeys> settle_keys(Database& database, const std::string& data_dir);

// The keys for reading alone: null when there is no file. Errors: failed_precondition when it is another ledger's.
Result<SharedContentKeys> read_keys(Database& database, const std::string& data_dir);

}  // namespace bw::store::sqlite
