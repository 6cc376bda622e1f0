// SPDX-License-Identifier: Apache-2.0
#include "ledger/tile_path.h"

#include <fmt/core.h>

#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/merkle.h"

namespace bw::ledger {
namespace {

constexpr unsigned levels = 64;
constexpr std::string_view prefix = "tile/";
constexpr std::string_view bundles = "entries";
constexpr std::string_view partial = ".p/";

std::unexpected<Error> wrong(std::string_view text) {
  return fail(Code::invalid_argument, fmt::format("`{}` is no path of a tile: expected tile/LEVEL/N or tile/entries/N, "
                                                  "N in groups of three digits, and .p/WIDTH behind a partial one",
                                                  printable(text, 80)));
}

// Every group but the last begins with an x, and the first is not 000 unless it is alone.
Result<std::uint64_t> parse_index(std::string_view text) {
  std::uint64_t n = 0;
  auto groups = split(text, '/');
  if (groups.size() > 6) return wrong(text);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    auto group = groups[i];
    bool last = i + 1 == groups.size();
    if (!last && !group.starts_with('x')) return wrong(text);
    if (!last) group.remove_prefix(1);
    if (group.size() != 3 || group.find_first_not_of("0123456789") != std::string_view::npos) return wrong(text);
    if (i == 0 && !last && group == "000") return wrong(text);
    for (char digit : group) n = n * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return n;
}

}  // namespace

std::string format(const TilePath& path) {
  std::string index = fmt::format("{:03}", path.n % 1000);
  for (auto rest = path.n / 1000; rest > 0; rest /= 1000) index = fmt::format("x{:03}/", rest % 1000) + index;
  std::string level = path.entries ? std::string(bundles) : std::to_string(path.level);
  std::string out = fmt::format("{}{}/{}", prefix, level, index);
  if (path.width < tile_width) out += fmt::format("{}{}", partial, path.width);
  return out;
}

Result<TilePath> parse_tile_path(std::string_view text) {
  auto rest = text;
  if (!rest.starts_with(prefix)) return wrong(text);
  rest.remove_prefix(prefix.size());
  auto slash = rest.find('/');
  if (slash == std::string_view::npos) return wrong(text);
  TilePath out;
  out.entries = rest.substr(0, slash) == bundles;
  if (!out.entries) {
    auto level = parse_decimal(rest.substr(0, slash));
    if (!level || *level >= levels) return wrong(text);
    out.level = static_cast<unsigned>(*level);
  }
  rest.remove_prefix(slash + 1);
  if (auto at = rest.find(partial); at != std::string_view::npos) {
    auto width = parse_decimal(rest.substr(at + partial.size()));
    if (!width || *width == 0 || *width >= tile_width) return wrong(text);
    out.width = static_cast<unsigned>(*width);
    rest = rest.substr(0, at);
  }
  auto n = parse_index(rest);
  if (!n) return wrong(text);
  out.n = *n;
  return out;
}

std::vector<TilePath> tile_paths(std::uint64_t size) {
  std::vector<TilePath> out;
  unsigned level = 0;
  for (auto width = size; width > 0; width /= tile_width, ++level) {
    for (std::uint64_t n = 0; n <= width / tile_width; ++n) {
      auto in_it = n < width / tile_width ? tile_width : width % tile_width;
      if (in_it == 0) continue;
      out.push_back({false, level, n, static_cast<unsigned>(in_it)});
      if (level == 0) out.push_back({true, 0, n, static_cast<unsigned>(in_it)});
    }
  }
  return out;
}

void append_to_bundle(std::string& bundle, std::string_view leaf) {
  static_assert(leaf_bytes_max <= 0xFFFF);
  BW_ASSERT(leaf.size() <= leaf_bytes_max);
  bundle += static_cast<char>(leaf.size() >> 8);
  bundle += static_cast<char>(leaf.size() & 255);
  bundle += leaf;
}

Result<std::vector<std::string_view>> parse_bundle(std::string_view bundle) {
  std::vector<std::string_view> out;
  while (!bundle.empty()) {
    auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bundle[i])); };
    std::size_t length = bundle.size() < 2 ? bundle.size() : (byte(0) << 8 | byte(1));
    if (bundle.size() < 2 + length || out.size() == tile_width)
      return fail(Code::data_loss, fmt::format("the bundle is cut off, or too long, at its entry {}", out.size()));
    out.push_back(bundle.substr(2, length));
    bundle.remove_prefix(2 + length);
  }
  return out;
}

}  // namespace bw::ledger
