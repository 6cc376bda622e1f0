// SPDX-License-Identifier: Apache-2.0
#include "async/signals.h"

#include <boost/asio/signal_set.hpp>

#include "async/asio.h"

namespace bw::async {

struct Signals::State : std::enable_shared_from_this<State> {
  explicit State(Loop& loop) : set(io_context(loop)) {}

  void listen() {
    set.async_wait([self = shared_from_this()](boost::system::error_code error, int number) {
      if (error) return;
      self->last = number;
      self->event.set();
      self->listen();
    });
  }

  boost::asio::signal_set set;
  Event event;
  int last = 0;
};

Signals::Signals(Loop& loop, std::initializer_list<int> numbers) : state_(std::make_shared<State>(loop)) {
  for (int number : numbers) {
    boost::system::error_code error;
    state_->set.add(number, error);
    BW_ASSERT(!error);
  }
  state_->listen();
}

Signals::~Signals() {
  boost::system::error_code ignored;
  state_->set.cancel(ignored);
}

Event& Signals::event() { return state_->event; }
int Signals::last() const { return state_->last; }

}  // namespace bw::async
