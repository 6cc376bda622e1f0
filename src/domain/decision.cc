// SPDX-License-Identifier: Apache-2.0
#include "domain/decision.h"

namespace bw::domain {

std::string_view name(FactReading::State state) {
  switch (state) {
    case FactReading::State::known: return "known";
    case FactReading::State::timeout: return "timeout";
    case FactReading::State::wrong_type: return "wrong_type";
    case FactReading::State::unavailable: break;
  }
  return "unavailable";
}

}  // namespace bw::domain
