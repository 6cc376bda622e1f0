// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bw::cli {

// A file of a template: "refunds/policies/refunds.yaml" and its bytes, built into the program.
struct TemplateFile {
  std::string_view path;
  std::string_view bytes;
};
const std::vector<TemplateFile>& template_files();

std::vector<std::string> template_names();

// Writes the template's files below `folder`, which must not exist or be empty. Returns the paths written.
Result<std::vector<std::string>> write_template(const std::string& name, const std::string& folder);

}  // namespace bw::cli
