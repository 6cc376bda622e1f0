// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "gateway/live.h"
#include "policy/compile.h"
#include "registry/load.h"

// What commands that need no server share: a registry folder read and compiled, and how they print.
namespace bw::cli {

// A registry as it stands in a folder, with its rules compiled against DIR/tools.json where that exists.
struct Folder {
  std::string path;
  registry::Loaded loaded;
  gateway::Definitions definitions;
  policy::Compiled compiled;

  bool good() const { return loaded.snapshot && compiled.plan; }
};

// Errors: unavailable when there is no such folder, invalid_argument for a tools.json that is none. What is wrong with
// the registry itself is in the Folder's diagnostics.
Result<Folder> open_folder(const std::string& path);

// The same for commands that need a registry without errors: prints what is wrong, and fails as `invalid_argument`.
Result<Folder> open_good_folder(const std::string& path);

void print_diagnostics(const Folder& folder);

void print(const std::string& text);  // to standard output
int fails(const Error& error);        // says so on standard error; the exit code

// "\r12 of 34 THINGS" on standard error when that is a terminal, else nothing. An empty text clears the line.
void show_progress(const std::string& text);

}  // namespace bw::cli
