// SPDX-License-Identifier: Apache-2.0
// What anybody may send to a witness: read without harm, and nothing of it is made up.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "notary/witness.h"
#include "notary/witness_client.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto request = bw::notary::parse_witness_request(bytes);
  if (request) {
    BW_ASSERT(request->proof.size() <= 63);
    BW_ASSERT(bytes.ends_with(request->checkpoint));
  } else {
    BW_ASSERT(request.error().code == bw::Code::invalid_argument);
  }
  (void)bw::notary::parse_witness(bytes);
  return 0;
}
