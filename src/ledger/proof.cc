// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <bit>
#include <string>

#include "ledger/merkle.h"
#include "ledger/range_proof.h"

// Names are those of RFC 6962 section 2.1 and RFC 9162 section 2.1: MTH (root of a range), PATH, SUBPROOF, fn, sn, fr, sr.
namespace bw::ledger {
namespace {

// MTH(D[begin:end]), from complete subtrees. `begin` is a multiple of the smallest power of two not below the length.
Result<Digest> mth(std::uint64_t begin, std::uint64_t end, const Subtree& subtree) {
  auto length = end - begin;
  auto level = static_cast<unsigned>(std::bit_width(length) - 1);
  auto left = std::uint64_t{1} << level;
  if (left == length) return subtree(level, begin >> level);
  BW_TRY(auto left_root, subtree(level, begin >> level));
  BW_TRY(auto right_root, mth(begin + left, end, subtree));
  return node_hash(left_root, right_root);
}

// The largest power of two below `length`, which is at least 2.
std::uint64_t split(std::uint64_t length) { return std::bit_floor(length - 1); }

Status path(std::uint64_t index, std::uint64_t begin, std::uint64_t end, const Subtree& subtree,
            std::vector<Digest>& out) {
  if (end - begin == 1) return {};
  auto middle = begin + split(end - begin);
  bool left = index < middle;
  BW_OK(left ? path(index, begin, middle, subtree, out) : path(index, middle, end, subtree, out));
  BW_TRY(auto sibling, left ? mth(middle, end, subtree) : mth(begin, middle, subtree));
  out.push_back(sibling);
  return {};
}

// `whole`: the range is one that the old tree's root already stands for, so its own root need not be given.
Status subproof(std::uint64_t old_end, std::uint64_t begin, std::uint64_t end, bool whole, const Subtree& subtree,
                std::vector<Digest>& out) {
  if (old_end == end) {
    if (whole) return {};
    BW_TRY(auto root, mth(begin, end, subtree));
    out.push_back(root);
    return {};
  }
  auto middle = begin + split(end - begin);
  bool left = old_end <= middle;
  BW_OK(left ? subproof(old_end, begin, middle, whole, subtree, out)
             : subproof(old_end, middle, end, false, subtree, out));
  BW_TRY(auto sibling, left ? mth(middle, end, subtree) : mth(begin, middle, subtree));
  out.push_back(sibling);
  return {};
}

}  // namespace

Result<std::vector<Digest>> prove_inclusion(std::uint64_t index, std::uint64_t size, const Subtree& subtree) {
  if (index >= size) return fail(Code::invalid_argument, fmt::format("entry {} is not in a tree of {}", index, size));
  std::vector<Digest> proof;
  BW_OK(path(index, 0, size, subtree, proof));
  return proof;
}

Result<std::vector<Digest>> prove_consistency(std::uint64_t old_size, std::uint64_t size, const Subtree& subtree) {
  if (old_size > size)
    return fail(Code::invalid_argument, fmt::format("a tree of {} cannot grow to {}", old_size, size));
  std::vector<Digest> proof;
  if (old_size == 0 || old_size == size) return proof;
  BW_OK(subproof(old_size, 0, size, true, subtree, proof));
  return proof;
}

bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf, std::span<const Digest> proof,
                      const Digest& root) {
  if (index >= size) return false;
  auto fn = index;
  auto sn = size - 1;
  Digest r = leaf;
  for (const auto& p : proof) {
    if (sn == 0) return false;
    if ((fn & 1) == 1 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && r == root;
}

bool verify_consistency(std::uint64_t old_size, std::uint64_t size, const Digest& old_root, const Digest& root,
                        std::span<const Digest> proof) {
  if (old_size > size) return false;
  if (old_size == size) return proof.empty() && old_root == root;
  if (old_size == 0) return proof.empty() && old_root == crypto::digest("");
  bool whole = std::has_single_bit(old_size);  // then the old root itself starts the proof
  if (!whole && proof.empty()) return false;
  auto fn = old_size - 1;
  auto sn = size - 1;
  while ((fn & 1) == 1) {
    fn >>= 1;
    sn >>= 1;
  }
  Digest fr = whole ? old_root : proof.front();
  Digest sr = fr;
  for (const auto& c : proof.subspan(whole ? 0 : 1)) {
    if (sn == 0) return false;
    if ((fn & 1) == 1 || fn == sn) {
      fr = node_hash(c, fr);
      sr = node_hash(c, sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = node_hash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && fr == old_root && sr == root;
}

namespace {

Status check_range(const TreeRange& range) {
  if (range.begin < range.end && range.end <= range.size && range.size < std::uint64_t{1} << 63) return {};
  return fail(Code::invalid_argument,
              fmt::format("entries {} to {} are no range of a tree of {}", range.begin, range.end, range.size));
}

// Walks the tree from its root to the nodes that lie outside of the range and to the leaves in it, from left to right.
class Walk {
 public:
  using Next = std::function<Result<Digest>()>;
  Walk(const TreeRange& range, const Next& outside, const Next& leaf) : range_(range), outside_(outside), leaf_(leaf) {}

  Result<Digest> node(std::uint64_t begin, std::uint64_t end) {
    if (end <= range_.begin || begin >= range_.end) return outside_();
    if (end - begin == 1) return leaf_();
    auto middle = begin + split(end - begin);
    BW_TRY(auto left, node(begin, middle));
    BW_TRY(auto right, node(middle, end));
    return node_hash(left, right);
  }

 private:
  const TreeRange& range_;
  const Next& outside_;
  const Next& leaf_;
};

}  // namespace

Result<std::vector<Digest>> prove_range(const TreeRange& range, const Subtree& subtree) {
  BW_OK(check_range(range));
  std::vector<Digest> proof;
  // Whole subtrees within the range need not be walked leaf by leaf: only what lies outside is asked for.
  std::function<Status(std::uint64_t, std::uint64_t)> walk = [&](std::uint64_t begin, std::uint64_t end) -> Status {
    if (begin >= range.begin && end <= range.end) return {};
    if (end <= range.begin || begin >= range.end) {
      BW_TRY(auto hash, mth(begin, end, subtree));
      proof.push_back(hash);
      return {};
    }
    auto middle = begin + split(end - begin);
    BW_OK(walk(begin, middle));
    return walk(middle, end);
  };
  BW_OK(walk(0, range.size));
  return proof;
}

Result<Digest> range_root(const TreeRange& range, std::span<const Digest> proof,
                          const std::function<Result<Digest>()>& next_leaf) {
  BW_OK(check_range(range));
  std::size_t used = 0;
  Walk::Next outside = [&]() -> Result<Digest> {
    if (used == proof.size()) return fail(Code::invalid_argument, "the proof of the range has too few hashes");
    return proof[used++];
  };
  BW_TRY(auto root, Walk(range, outside, next_leaf).node(0, range.size));
  if (used != proof.size()) return fail(Code::invalid_argument, "the proof of the range has too many hashes");
  return root;
}

Result<Frontier> before_range(const TreeRange& range, std::span<const Digest> proof) {
  BW_OK(check_range(range));
  auto peaks = static_cast<std::size_t>(std::popcount(range.begin));
  if (proof.size() < peaks) return fail(Code::invalid_argument, "the proof of the range has too few hashes");
  std::string bytes;
  for (const auto& peak : proof.first(peaks)) bytes.append(crypto::view(peak));
  return Frontier::from_bytes(range.begin, bytes);
}

}  // namespace bw::ledger
