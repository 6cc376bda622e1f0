// SPDX-License-Identifier: Apache-2.0
#include "gateway/visits.h"

namespace bw::gateway {

void Visits::recheck() {
  for (Visit* visit : open_) {
    if (visit->over_.is_set() || authenticator_.admits(visit->principal_)) continue;
    visit->over_.set();
    if (visit->told_) visit->told_();
  }
}

Visit::Visit(Visits& all, domain::Principal principal, std::function<void()> told)
    : all_(all),
      place_(all.open_.insert(all.open_.end(), this)),
      principal_(std::move(principal)),
      told_(std::move(told)) {}

Visit::~Visit() { all_.open_.erase(place_); }

}  // namespace bw::gateway
