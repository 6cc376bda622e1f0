// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

namespace bw::cli {

ExitCode exit_code(const Error& error) {
  switch (error.code) {
    case Code::invalid_argument:
    case Code::not_found:
    case Code::already_exists:
    case Code::failed_precondition:
    case Code::permission_denied:
    case Code::data_loss: return bad;
    default: return could_not_run;
  }
}

}  // namespace bw::cli
