// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/note.h"

// Commands about the ledger and its proofs that need no server. Each prints its answer and returns the exit code.
namespace bw::cli {

struct VerifyOptions {
  std::string data;                      // the ledger in this folder, unless one of the next four is given
  std::string receipt;                   // a file
  std::vector<std::string> checkpoints;  // two files
  std::string tiles;                     // a folder
  std::string exported;                  // a folder
  std::vector<std::string> heads;        // files with checkpoints that the ledger must continue
  std::vector<std::string> keys;         // vkeys, or files of them; none: the data folder's own
  bool json = false;
};

// Keys out of words that are keys, or files of them.
Result<std::vector<ledger::NoteVerifier>> read_keys(const std::vector<std::string>& words);

// The keys that `options` name, else those of its data folder.
Result<std::vector<ledger::NoteVerifier>> keys_of(const VerifyOptions& options);

// Says what was found wrong, with --json also as an object; the exit code.
int reports(const VerifyOptions& options, const Error& error);

int verify(const VerifyOptions& options);
int rebuild(const VerifyOptions& options);  // only data, heads and keys are read
int export_tiles(const std::string& data, const std::string& folder);
int show_keys(const std::string& data);
int add_key(const std::string& data);
int drop_key(const std::string& data);
int show_content_keys(const std::string& data);
int rotate_content_keys(const std::string& data);

// Writes an answer to a new file.
int write_out(const std::string& path, const std::string& bytes);

}  // namespace bw::cli
