// SPDX-License-Identifier: Apache-2.0
#include "execution/connector.h"

#include <algorithm>

#include "execution/http_wire.h"
#include "execution/limits.h"
#include "execution/stateless_link.h"
#include "execution/stdio_wire.h"

namespace bw::execution {
namespace {

class Nowhere final : public Inbox {
 public:
  async::Task<void> take(mcp::Message) override { co_return; }
};

bool speaks_stateless(json::Value versions) {
  for (json::Value version : versions.elements()) {
    if (version.string() == mcp::kStateless) return true;
  }
  return false;
}

// Whether an answer that is no answer still says that somebody is there who only does not know the question.
bool is_refusal_of_the_question(Code code) {
  return code == Code::not_found || code == Code::failed_precondition || code == Code::data_loss;
}

}  // namespace

Connector::Connector(async::Loop& loop, http::Client& client, registry::Upstream declared, Surroundings& surroundings)
    : loop_(loop),
      client_(client),
      declared_(std::move(declared)),
      credentials_(std::make_shared<Credentials>(declared_.credentials)),
      surroundings_(surroundings) {}

Result<std::shared_ptr<Wire>> Connector::make_wire(const Introduction& introduction) {
  if (is_http()) {
    HttpWire::Options options{declared_.name, declared_.url, introduction.key, credentials_};
    return std::make_shared<HttpWire>(loop_, client_, std::move(options));
  }
  BW_TRY(std::shared_ptr<Wire> wire, StdioWire::start(loop_, declared_, credentials_));
  return wire;
}

async::Task<Result<Connector::Probe>> Connector::probe(Introduction introduction, Patience& patience,
                                                       std::int64_t silent_ms) {
  BW_CO_TRY(auto wire, make_wire(introduction));
  Patience probing(loop_, silent_ms, &patience.over());
  Outgoing out;
  out.id = wire->next_id();
  out.method = mcp::method::discover;
  out.params = with_envelope("{}", {.client_info = introduction.client_info});
  out.repeatable = true;
  out.over = &probing.over();
  Nowhere inbox;
  auto answer = co_await wire->exchange(std::move(out), inbox);
  Probe found;
  if (answer && answer->kind == mcp::Message::Kind::result && speaks_stateless(answer->result["supportedVersions"])) {
    found.finding = Finding::stateless;
    found.link = StatelessLink::open(loop_, std::move(wire), std::move(introduction), surroundings_, *answer);
    co_return found;
  }
  if (!answer && is_http() && !is_refusal_of_the_question(answer.error().error.code))
    co_return fail(std::move(answer).error().error);
  if (!answer && probing.why() == Patience::End::timeout) found.finding = Finding::silent;
  co_await wire->close();
  co_return found;
}

async::Task<Result<std::shared_ptr<Link>>> Connector::open_session(Introduction introduction, Patience& patience) {
  BW_CO_TRY(auto wire, make_wire(introduction));
  BW_CO_TRY(auto link,
            co_await SessionLink::open(loop_, std::move(wire), std::move(introduction), surroundings_, patience));
  co_return std::shared_ptr<Link>(std::move(link));
}

async::Task<Result<std::shared_ptr<Link>>> Connector::open(Introduction introduction, Patience& patience) {
  auto full_ms = patience.ms();
  if (introduction.wants_session && era_ == mcp::Era::stateless && !refuses_sessions_) {
    auto opened = co_await open_session(introduction, patience);
    if (opened || !is_refusal_of_the_question(opened.error().code)) co_return opened;
    refuses_sessions_ = true;
    if (is_http()) co_return opened;  // our own link is good for this caller
  }
  bool silent = false;
  if (era_ != mcp::Era::sessions) {
    auto silent_ms = is_http() || era_ ? full_ms : std::min(kProbeMs, std::max<std::int64_t>(1, full_ms / 3));
    auto probed = co_await probe(introduction, patience, silent_ms);
    if (!probed) co_return fail(std::move(probed).error());
    if (probed->link) {
      era_ = mcp::Era::stateless;
      co_return std::move(probed->link);
    }
    silent = probed->finding == Finding::silent;
  }
  auto opened = co_await open_session(introduction, patience);
  if (opened) {
    era_ = mcp::Era::sessions;
    co_return opened;
  }
  // Too slow for a short probe, and then it did not know initialize: it gets its time.
  if (silent && opened.error().code == Code::failed_precondition) {
    auto probed = co_await probe(introduction, patience, full_ms);
    if (probed && probed->link) {
      era_ = mcp::Era::stateless;
      co_return std::move(probed->link);
    }
  }
  co_return fail(std::move(opened).error());
}

}  // namespace bw::execution
