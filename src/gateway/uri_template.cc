// SPDX-License-Identifier: Apache-2.0
#include "gateway/uri_template.h"

#include <string>

#include "base/text.h"

namespace bw::gateway {

bool uri_template_matches(std::string_view uri_template, std::string_view uri) {
  std::string pattern;
  while (!uri_template.empty()) {
    auto open = uri_template.find('{');
    auto close = uri_template.find('}', open == std::string_view::npos ? uri_template.size() : open);
    // A literal asterisk matches more than itself, which lets nothing through that the grants do not.
    pattern += uri_template.substr(0, open);
    if (open == std::string_view::npos) break;
    if (close == std::string_view::npos) return false;
    pattern += '*';
    uri_template.remove_prefix(close + 1);
  }
  return glob_match(pattern, uri);
}

}  // namespace bw::gateway
