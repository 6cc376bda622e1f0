// SPDX-License-Identifier: Apache-2.0
#include "registry/shared_keys.h"

#include "registry/types.h"

namespace bw::registry {
namespace {

struct CredentialTable {
  const Shape secret{.name = "secret",
                     .doc = "Where the secret is read when it is needed. It never stands in the registry.",
                     .fields =
                         {
                             {"file", text(), "Path of a file that holds the secret and nothing else."},
                             {"env", {.form = Type::Form::variable}, "A variable of Bailiwick's own environment."},
                         },
                     .exactly_one = true};

  const Shape credential{
      .name = "credential",
      .doc = "How Bailiwick proves itself to the upstream. Agents never see it.",
      .fields =
          {
              {"header", text(), "For a `url`: the header that carries the secret, for example `Authorization`."},
              {"prefix", text(), "Put before the secret in the header, for example `\"Bearer \"`."},
              {"env",
               {.form = Type::Form::variable},
               "For a `command`: the variable that carries the secret into the child process."},
              {"from", object(secret), "Where the secret is.", true},
          },
  };
};

}  // namespace

const std::vector<std::string>& environments() {
  static const std::vector<std::string> names{"production", "staging", "sandbox"};
  return names;
}

const Shape& credential_shape() {
  static const CredentialTable table;
  return table.credential;
}

}  // namespace bw::registry
