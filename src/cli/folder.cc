// SPDX-License-Identifier: Apache-2.0
#include "cli/folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/exit_code.h"
#include "json/document.h"

namespace bw::cli {
namespace {

// Tool definitions beside a registry, so that rules can be typed without a server: DIR/tools.json, an object from
// "UPSTREAM/TOOL" to the tool as its upstream defines it.
Result<gateway::Definitions> read_definitions(const std::string& folder) {
  gateway::Definitions out;
  std::string path = folder + "/tools.json";
  std::ifstream file(path, std::ios::binary);
  if (!file) return out;
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto document = json::Document::parse(std::move(text));
  if (!document) return fail(Code::invalid_argument, fmt::format("{}: {}", path, document.error().message));
  for (auto [tool, definition] : document->root().members())
    out.emplace(std::string(tool), std::string(definition.raw()));
  return out;
}

}  // namespace

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int fails(const Error& error) {
  std::fprintf(stderr, "bailiwick: %s\n", error.message.c_str());
  return exit_code(error);
}

void show_progress(const std::string& text) {
  static const bool terminal = ::isatty(STDERR_FILENO) != 0;
  if (terminal) std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
}

Result<Folder> open_folder(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return fail(Code::unavailable, fmt::format("no folder `{}`", path));
  Folder folder{path, registry::load(path), {}, {}};
  if (!folder.loaded.snapshot) return folder;
  BW_TRY(folder.definitions, read_definitions(path));
  folder.compiled = gateway::compile_policy(*folder.loaded.snapshot, folder.definitions);
  return folder;
}

Result<Folder> open_good_folder(const std::string& path) {
  BW_TRY(auto folder, open_folder(path));
  if (folder.good()) return folder;
  print_diagnostics(folder);
  return fail(Code::invalid_argument, fmt::format("`{}` does not load: `bailiwick check` says why", path));
}

void print_diagnostics(const Folder& folder) {
  print(registry::format(folder.loaded, folder.path + "/"));
  for (Diagnostic d : folder.compiled.diagnostics) {
    auto source = folder.loaded.sources.find(d.where.file);
    std::string_view text = source == folder.loaded.sources.end() ? std::string_view() : source->second;
    d.where.file = folder.path + "/" + d.where.file;
    print(format(d, text));
  }
}

}  // namespace bw::cli
