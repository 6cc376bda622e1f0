// SPDX-License-Identifier: Apache-2.0
#include "cli/templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/text.h"

namespace bw::cli {

namespace fs = std::filesystem;

std::vector<std::string> template_names() {
  std::vector<std::string> names;
  for (const auto& file : template_files()) {
    std::string name(file.path.substr(0, file.path.find('/')));
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

Result<std::vector<std::string>> write_template(const std::string& name, const std::string& folder) {
  auto names = template_names();
  if (std::ranges::find(names, name) == names.end()) {
    return fail(Code::not_found, fmt::format("no template `{}`; {}", printable(name, 80), suggest(name, names)));
  }
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return fail(Code::already_exists, fmt::format("`{}` is not empty; name a new folder", folder));
  }
  std::vector<std::string> written;
  for (const auto& file : template_files()) {
    if (!file.path.starts_with(name + "/")) continue;
    fs::path target = fs::path(folder) / file.path.substr(name.size() + 1);
    fs::create_directories(target.parent_path(), error);
    std::ofstream out(target, std::ios::binary);
    out.write(file.bytes.data(), static_cast<std::streamsize>(file.bytes.size()));
    if (!out.flush()) return fail(Code::unavailable, fmt::format("cannot write `{}`", target.string()));
    written.push_back(target.string());
  }
  return written;
}

}  // namespace bw::cli
