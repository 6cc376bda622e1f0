// SPDX-License-Identifier: Apache-2.0
#include "prove/solver_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace bw::prove {
namespace {

// Stays until the process ends, as if it had been linked.
void* library() {
  static void* const handle = ::dlopen(BW_Z3_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  return handle;
}

}  // namespace

Status load_solver() {
  if (library()) return {};
  const char* why = ::dlerror();
  return fail(Code::unavailable, fmt::format("proving needs Z3, and {} cannot be loaded: {}; install Debian's libz3-4",
                                             BW_Z3_LIBRARY, why ? why : "it is not there"));
}

void* solver_function(const char* name) {
  void* found = library() ? ::dlsym(library(), name) : nullptr;
  BW_ASSERT(found);
  return found;
}

}  // namespace bw::prove
