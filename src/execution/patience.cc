// SPDX-License-Identifier: Apache-2.0
#include "execution/patience.h"

#include <algorithm>

namespace bw::execution {

Patience::Patience(async::Loop& loop, std::int64_t ms, async::Event* cancelled)
    : async::Timer(loop), ms_(ms), left_ms_(ms), since_ms_(loop.now_ms()) {
  arm(left_ms_);
  if (cancelled) watch(*cancelled);
}

void Patience::pause() {
  if (paused_++ > 0) return;
  left_ms_ = std::max<std::int64_t>(1, left_ms_ - (loop().now_ms() - since_ms_));
  disarm();
}

void Patience::resume() {
  if (--paused_ > 0) return;
  since_ms_ = loop().now_ms();
  arm(left_ms_);
}

void Patience::end(End why) {
  if (why_ != End::none) return;
  why_ = why;
  over_.set();
}

}  // namespace bw::execution
