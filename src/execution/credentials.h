// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "registry/things.h"

namespace bw::execution {

// Bailiwick's own credentials for one upstream. A secret is read when it is needed, from its file (again when the file has
// changed) or from our environment, and goes nowhere but into the field or variable that was declared for it: no log line,
// error or catalogue has it, and what an upstream says is masked before anybody reads it.
class Credentials {
 public:
  explicit Credentials(std::vector<registry::Credential> declared);

  // Errors name the source, never the secret.
  Result<std::vector<std::pair<std::string, std::string>>> fields();  // HTTP
  Result<std::vector<std::string>> environment();                     // "NAME=value"

  // Replaces every secret that was handed out, where it is at least 8 characters long, by `[credential]`. It is found as it is
  // and as the JSON writers of common languages spell it: this is for servers that repeat what they are sent in a result or
  // an error. One that disguises a secret which it has anyway cannot be kept from giving it away.
  void mask(std::string& text) const;

 private:
  struct Source {
    registry::Credential declared;
    std::string value;
    std::int64_t changed_ns = -1;  // of the file
    std::int64_t bytes = -1;
  };
  Status read(Source& source);
  void remember(const std::string& secret);

  std::vector<Source> sources_;
  struct Masked {
    std::string secret;
    std::vector<std::string> spellings;  // as it is, and as JSON may spell it
  };
  std::vector<Masked> masked_;  // few
};

}  // namespace bw::execution
