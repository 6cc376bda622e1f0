// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/readers.h"

#include "store/sqlite/schema.h"

namespace bw::store::sqlite {
namespace {
constexpr std::size_t kept_max = 8;
}

Result<Readers::Lease> Readers::lease() {
  std::unique_ptr<Database> database;
  {
    std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      database = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (!database) {
    BW_TRY(database, Database::open(path_, Database::Mode::read));
    BW_OK(check_version(*database));
  }
  BW_OK(database->prepared("BEGIN").run());
  return Lease(*this, std::move(database));
}

Readers::Lease::~Lease() {
  if (!database_) return;
  database_->reset_statements();
  if (!database_->prepared("COMMIT").run()) return;  // in doubt, closed
  std::lock_guard lock(readers_->mutex_);
  if (readers_->free_.size() < kept_max) readers_->free_.push_back(std::move(database_));
}

}  // namespace bw::store::sqlite
