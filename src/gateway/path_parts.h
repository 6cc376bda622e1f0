// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "admission/admission.h"
#include "admission/records.h"
#include "async/event.h"
#include "async/loop.h"
#include "async/pool.h"
#include "gateway/catalogue.h"
#include "gateway/fact_reader.h"
#include "gateway/in_flight.h"
#include "gateway/live.h"
#include "gateway/path.h"
#include "gateway/ticket_board.h"

namespace bw::gateway {

// What the path is wired to. All are borrowed and outlive it; everything but `admission` and `records` belongs to the
// agents' loop.
struct PathParts {
  async::Loop& loop;
  admission::Admission& admission;
  admission::Records& records;
  Catalogue& catalogue;
  TicketBoard& board;
  InFlight& in_flight;
  FactReader& facts;
  async::Pool& pool;  // for blocking reads of records
  const Clock& clock;
  std::function<Live()> live;
  async::Event& stopping;  // the server drains: nobody waits for a reviewer any more
};

std::unique_ptr<Path> make_path(PathParts parts);

}  // namespace bw::gateway
