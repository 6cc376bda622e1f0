// SPDX-License-Identifier: Apache-2.0
#include "gateway/action_digest.h"

#include "base/text.h"
#include "crypto/hash.h"
#include "json/canonical.h"
#include "json/writer.h"

namespace bw::gateway {

Result<std::string> action_digest(const domain::Action& action, json::Value arguments, std::string_view inputs) {
  BW_TRY(std::string canonical_arguments, json::canonical(arguments));
  json::Writer w;  // keys in sorted order, so that the text is canonical as it is written
  w.begin_object().member("agent", action.principal.agent).member_raw("arguments", canonical_arguments);
  w.member("environment", action.profile.environment);
  if (!inputs.empty()) {
    BW_TRY(auto document, json::Document::parse(std::string(inputs)));
    BW_TRY(std::string canonical_inputs, json::canonical(document.root()));
    w.member_raw("inputs", canonical_inputs);
  }
  w.member("kind", name(action.kind)).member("name", action.name).member("tool_digest", action.tool_digest);
  w.member("upstream", action.upstream).member("workflow", action.principal.workflow).end_object();
  return to_hex(crypto::sha256({"bailiwick/action/1", std::string_view("\0", 1), w.text()}));
}

}  // namespace bw::gateway
