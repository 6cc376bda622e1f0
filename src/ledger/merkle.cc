// SPDX-License-Identifier: Apache-2.0
#include "ledger/merkle.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace bw::ledger {
namespace {

constexpr std::string_view node_prefix("\x01", 1);

Digest from_view(std::string_view bytes) {
  Digest out;
  std::memcpy(out.data(), bytes.data(), out.size());
  return out;
}

}  // namespace

Digest node_hash(const Digest& left, const Digest& right) {
  return crypto::digest({node_prefix, crypto::view(left), crypto::view(right)});
}

void Frontier::append(const Digest& leaf) {
  Digest carry = leaf;
  for (auto trailing = std::countr_one(size_); trailing > 0; --trailing) {
    carry = node_hash(peaks_.back(), carry);
    peaks_.pop_back();
  }
  peaks_.push_back(carry);
  ++size_;
}

Digest Frontier::root() const {
  if (peaks_.empty()) return crypto::digest("");
  Digest root = peaks_.back();
  for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) root = node_hash(*peak, root);
  return root;
}

std::string Frontier::bytes() const {
  std::string out;
  out.reserve(peaks_.size() * 32);
  for (const auto& peak : peaks_) out.append(crypto::view(peak));
  return out;
}

Result<Frontier> Frontier::from_bytes(std::uint64_t size, std::string_view bytes) {
  if (bytes.size() != 32U * static_cast<unsigned>(std::popcount(size))) {
    return fail(Code::data_loss,
                fmt::format("the ledger's head has {} bytes of hashes, wrong for {} entries", bytes.size(), size));
  }
  Frontier frontier;
  frontier.size_ = size;
  for (std::size_t i = 0; i < bytes.size(); i += 32) frontier.peaks_.push_back(from_view(bytes.substr(i, 32)));
  return frontier;
}

void Tiler::append(const Digest& leaf, std::vector<Tile>& done) { append(0, leaf, done); }

void Tiler::append(unsigned level, const Digest& hash, std::vector<Tile>& done) {
  if (level == levels_.size()) levels_.emplace_back();
  auto& open = levels_[level];
  open.hashes.append(crypto::view(hash));
  if (open.hashes.size() < tile_width * 32) return;
  done.push_back({level, open.n, std::move(open.hashes)});
  open.hashes.clear();
  ++open.n;
  append(level + 1, tile_root(done.back().hashes), done);
}

void Tiler::restore(unsigned level, std::uint64_t n, std::string hashes) {
  BW_ASSERT(level <= levels_.size() && hashes.size() < tile_width * 32);
  if (level == levels_.size()) levels_.emplace_back();
  levels_[level] = {n, std::move(hashes)};
}

std::string_view Tiler::pending(unsigned level) const {
  return level < levels_.size() ? std::string_view(levels_[level].hashes) : std::string_view();
}

Digest tile_root(std::string_view hashes) {
  BW_ASSERT(hashes.size() % 32 == 0 && std::has_single_bit(hashes.size() / 32));
  if (hashes.size() == 32) return from_view(hashes);
  auto half = hashes.size() / 2;
  return node_hash(tile_root(hashes.substr(0, half)), tile_root(hashes.substr(half)));
}

}  // namespace bw::ledger
