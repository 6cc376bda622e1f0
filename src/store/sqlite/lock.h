// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace bw::store::sqlite {

// Holds DATA/lock for this process as long as it lives, so that no second one writes the same ledger. The kernel lets go
// of it when the process ends, however it ends.
class Lock {
 public:
  // Errors: failed_precondition when another process has it (named by its id), unavailable.
  static Result<Lock> take(const std::string& data_dir);
  ~Lock();
  Lock(Lock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  Lock& operator=(Lock&&) = delete;

 private:
  explicit Lock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Makes the folder, private to its owner, when it is missing; refuses one on a network file system, where locks and
// flushes cannot be trusted.
Status prepare_folder(const std::string& data_dir);

// Makes an empty file that only its owner may read, unless there is one.
Status prepare_file(const std::string& path);

// Makes the names of new files in the folder durable.
Status sync_folder(const std::string& data_dir);

}  // namespace bw::store::sqlite
