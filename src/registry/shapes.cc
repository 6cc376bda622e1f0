// SPDX-License-Identifier: Apache-2.0
#include "registry/shapes.h"

#include <algorithm>

namespace bw::registry {
namespace {

void collect(const Shape& shape, std::vector<const Shape*>& met) {
  if (std::ranges::find(met, &shape) != met.end()) return;
  met.push_back(&shape);
  for (const Field& field : shape.fields) {
    if (field.type.shape) collect(*field.type.shape, met);
  }
}

}  // namespace

std::vector<const Shape*> all_shapes() {
  std::vector<const Shape*> met;
  for (const Shape* kind : kinds()) collect(*kind, met);
  return met;
}

}  // namespace bw::registry
