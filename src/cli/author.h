// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

// Commands for whoever writes policy. None needs a server. Each prints its answer and returns the exit code.
namespace bw::cli {

struct TestOptions {
  std::string folder;
  bool mutate = false;
  bool json = false;
  std::string junit;  // a file to write, or empty
};

int test(const TestOptions& options);  // the tests beside policies

struct ProveOptions {
  std::string folder;
  std::uint32_t work = 2'000'000;  // of the solver, see prove::Limits
  bool json = false;
  std::string junit;  // a file to write, or empty
};

int prove(const ProveOptions& options);  // `done` when every invariant is verified, else `bad`

// One imagined request (a file of JSON, or `-` for standard input): every rule, condition and value.
int explain(const std::string& folder, const std::string& request, bool json);

// Requests that two registries decide differently. `done` when none was found, else `bad`.
int diff(const std::string& before, const std::string& after, bool json);

// The policies as they are hashed: sugar rewritten, defaults filled in, lists without order sorted. What is printed is a
// registry file that means the same.
int lower(const std::string& folder);

}  // namespace bw::cli
