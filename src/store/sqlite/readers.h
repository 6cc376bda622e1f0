// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/sqlite/database.h"

namespace bw::store::sqlite {

// Read-only connections, opened as they are needed and used again. Any thread.
class Readers {
 public:
  explicit Readers(std::string path) : path_(std::move(path)) {}

  // One connection within one snapshot of the file, until it is destroyed.
  class Lease {
   public:
    Lease(Readers& readers, std::unique_ptr<Database> database) : readers_(&readers), database_(std::move(database)) {}
    ~Lease();
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Database& operator*() const { return *database_; }
    Database* operator->() const { return database_.get(); }

   private:
    Readers* readers_;
    std::unique_ptr<Database> database_;
  };
  Result<Lease> lease();

 private:
  std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Database>> free_;
};

}  // namespace bw::store::sqlite
