// SPDX-License-Identifier: Apache-2.0
#include "admin/table.h"

#include <algorithm>

#include "base/text.h"

namespace bw::admin {
namespace {

constexpr std::size_t cell_max = 60;

// Characters, not bytes: continuation bytes of UTF-8 do not count.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string cut(std::string_view cell) {
  std::string shown = printable(cell);
  if (width(shown) <= cell_max) return shown;
  std::size_t bytes = 0;
  for (std::size_t characters = 0; bytes < shown.size(); ++bytes) {
    if ((static_cast<unsigned char>(shown[bytes]) & 0xC0) != 0x80 && ++characters == cell_max) break;
  }
  return shown.substr(0, bytes) + "…";
}

}  // namespace

std::string Table::text() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  std::vector<std::vector<std::string>> shown;
  for (const auto& row : rows_) {
    auto& cells = shown.emplace_back();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      cells.push_back(i < row.size() ? cut(row[i]) : std::string());
      widths[i] = std::max(widths[i], width(cells.back()));
    }
  }
  std::string out;
  for (const auto& cells : shown) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) line += cells[i] + std::string(widths[i] - width(cells[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace bw::admin
