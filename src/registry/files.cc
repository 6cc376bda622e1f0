// SPDX-License-Identifier: Apache-2.0
#include "registry/files.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace bw::registry {
namespace {

namespace fs = std::filesystem;

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }
// `….data.yaml` holds values for facts, no declarations.
bool is_yaml(const fs::path& path) {
  return (path.extension() == ".yaml" || path.extension() == ".yml") && path.stem().extension() != ".data";
}

bool inside(const fs::path& root, const fs::path& path) {
  auto relative = path.lexically_relative(root);
  return !relative.empty() && *relative.begin() != "..";
}

class Walk {
 public:
  Walk(fs::path root, Diagnostics& diagnostics, const FileLimits& limits)
      : root_(std::move(root)), diagnostics_(diagnostics), limits_(limits) {}

  Sources read() {
    std::error_code failed;
    for (fs::recursive_directory_iterator at(root_, failed), end; !failed && at != end; at.increment(failed)) {
      if (!visit(at)) break;
    }
    if (failed) error({}, "cannot be read: " + failed.message());
    return std::move(sources_);
  }

 private:
  // False: a limit was reached.
  bool visit(fs::recursive_directory_iterator& at) {
    std::error_code failed;
    const fs::path& path = at->path();
    if (at->is_directory(failed) && (hidden(path) || at.depth() >= limits_.depth_max)) at.disable_recursion_pending();
    if (hidden(path) || !is_yaml(path) || !at->is_regular_file(failed)) return true;
    auto name = path.lexically_relative(root_).generic_string();
    if (at->is_symlink(failed) && !inside(root_, fs::canonical(path, failed))) {
      diagnostics_.push_back(
          {Severity::warning, {name}, "passed over: the link leads out of the registry", "copy the file into it"});
      return true;
    }
    return add(path, name);
  }

  bool add(const fs::path& path, const std::string& name) {
    std::error_code failed;
    auto size = fs::file_size(path, failed);
    if (failed) return error(name, "cannot be read: " + failed.message()), true;
    if (size > limits_.file_bytes_max)
      return error(name, fmt::format("larger than {} bytes", limits_.file_bytes_max), "split the file"), true;
    if (sources_.size() == limits_.files_max)
      return error({}, fmt::format("more than {} files", limits_.files_max)), false;
    bytes_ += size;
    if (bytes_ > limits_.total_bytes_max)
      return error({}, fmt::format("more than {} bytes in all", limits_.total_bytes_max)), false;
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) return error(name, "cannot be read"), true;
    sources_.emplace(name, std::move(text));
    return true;
  }

  void error(const std::string& name, std::string message, std::string hint = {}) {
    diagnostics_.push_back({Severity::error, {name.empty() ? "." : name}, std::move(message), std::move(hint)});
  }

  fs::path root_;
  Diagnostics& diagnostics_;
  const FileLimits& limits_;
  Sources sources_;
  std::size_t bytes_ = 0;
};

}  // namespace

Sources read_folder(const std::string& folder, Diagnostics& diagnostics, const FileLimits& limits) {
  std::error_code failed;
  auto root = fs::canonical(folder, failed);
  if (!failed && !fs::is_directory(root, failed)) failed = std::make_error_code(std::errc::not_a_directory);
  if (failed) {
    diagnostics.push_back(
        {Severity::error, {folder}, "cannot be read: " + failed.message(), "expected a folder of YAML files"});
    return {};
  }
  return Walk(root, diagnostics, limits).read();
}

}  // namespace bw::registry
