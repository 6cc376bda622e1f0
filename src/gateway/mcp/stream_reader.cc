// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/stream_reader.h"

#include <utility>

#include "gateway/mcp/rpc.h"

namespace bw::gateway {

namespace {

// Clients of this revision and later understand an event without data that only gives the stream its first id.
constexpr std::string_view kPrimingSince = "2025-11-25";

http::SseEvent priming(const SessionStream& stream, const McpLimits& limits) {
  return {.id = stream.event_id(0), .retry_ms = limits.retry_ms};
}

// One connection that reads a stream.
class Reading {
 public:
  Reading(PostAnswer& answer, std::shared_ptr<SessionStream> stream, std::shared_ptr<SessionCall> call,
          async::Event& over, const McpLimits& limits)
      : answer_(answer),
        over_(over),
        stream_(std::move(stream)),
        call_(std::move(call)),
        limits_(limits),
        reader_(stream_->attach()) {}
  ~Reading() { stream_->detach(reader_); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  // Sends what comes after event `sent`. Success means that there is nothing more to send, and the answer is to be ended.
  async::Task<Status> read(std::uint64_t sent) {
    for (;;) {
      stream_->news().reset();
      for (auto next = stream_->next_after(sent); next; next = stream_->next_after(sent)) {
        http::SseEvent event{.event = "message", .data = stream_->at(*next), .id = stream_->event_id(*next)};
        BW_CO_OK(co_await answer_.send(std::move(event)));
        sent = *next;
        stream_->read_up_to(sent);
      }
      if (stream_->reader() != reader_ || stream_->is_finished() || over_.is_set()) co_return Status{};
      auto first = co_await async::wait_any(wait_ms(), stream_->news(), answer_.closed(), answer_.draining(), over_);
      if (!first) {
        BW_CO_OK(co_await give_sign_of_life());
      } else if (*first == 1) {
        co_return fail(Code::cancelled, "the peer went away");
      } else if (*first == 2 && call_ == nullptr) {
        co_return Status{};  // nobody waits for an answer here; the client may come back to the next process
      } else if (*first == 2) {
        [[maybe_unused]] auto news = co_await async::wait_any(wait_ms(), stream_->news(), answer_.closed(), over_);
      }
    }
  }

 private:
  bool wants_progress() const { return call_ != nullptr && call_->wants_progress(); }
  std::int64_t wait_ms() const { return wants_progress() ? limits_.progress_ms : limits_.keep_alive_ms; }

  async::Task<Status> give_sign_of_life() {
    if (wants_progress()) {
      call_->give_sign_of_life();
      co_return Status{};
    }
    Status sent = co_await answer_.keep_alive();
    co_return sent;
  }

  PostAnswer& answer_;
  async::Event& over_;
  std::shared_ptr<SessionStream> stream_;
  std::shared_ptr<SessionCall> call_;
  const McpLimits& limits_;
  std::uint64_t reader_;
};

// Whether the response is there and is all there is.
bool is_plain(const SessionStream& stream) { return stream.is_finished() && stream.last() <= 1; }

// The last message is the response, unless the call was cancelled.
http::Response plain(const SessionStream& stream) {
  if (stream.last() == 0) return {.status = 202};
  return http::json_response(200, stream.at(stream.last()));
}

// Also for a peer that seems gone: it may have closed its sending side only, and the call goes on in any case.
async::Task<void> wait_to_the_end(std::shared_ptr<SessionStream> stream, async::Event& over) {
  while (!stream->is_finished()) {
    stream->news().reset();
    auto first = co_await async::wait_any(async::kNever, stream->news(), over);
    if (first && *first == 1) co_return;
  }
}

}  // namespace

Form form_of(const http::Headers& headers) {
  auto accept = headers.find("accept").value_or("application/json");
  auto events = accept.find("text/event-stream");
  if (events == std::string_view::npos) return accept.contains("*/*") ? Form::either : Form::json;
  return events < accept.find("application/json") ? Form::events : Form::either;
}

async::Task<void> answer_call(CallAnswer given, Visit& visit, const McpLimits& limits, http::ResponseWriter& writer) {
  PostAnswer answer(writer);
  auto stream = given.stream;
  Reading reading(answer, stream, given.call, visit.over(), limits);
  if (given.form == Form::json) {
    co_await wait_to_the_end(stream, visit.over());
  } else if (given.form == Form::either && !stream->is_finished()) {
    stream->news().reset();
    [[maybe_unused]] auto first =
        co_await async::wait_any(limits.patience_ms, stream->news(), writer.closed(), visit.over());
  }
  if (visit.over().is_set() && !stream->is_finished()) {
    writer.respond(turned_out(given.id));
    co_return;
  }
  if (given.form == Form::json || (given.form == Form::either && is_plain(*stream))) {
    auto response = plain(*stream);
    given.session->drop_stream(*stream);
    writer.respond(std::move(response));
    co_return;
  }
  Status begun = co_await answer.begin();
  if (begun && given.session->hello().revision >= kPrimingSince) {
    auto event = priming(*stream, limits);
    begun = co_await answer.send(std::move(event));
  }
  if (begun) begun = co_await reading.read(0);
  given.session->touch();
  if (begun) co_await answer.end();
}

async::Task<void> read_stream(std::shared_ptr<Session> session, std::shared_ptr<SessionStream> stream,
                              std::uint64_t after, Visit& visit, const McpLimits& limits,
                              http::ResponseWriter& writer) {
  PostAnswer answer(writer);
  Reading reading(answer, stream, nullptr, visit.over(), limits);
  // The first bytes tell the client that the stream is open.
  Status sent = co_await answer.keep_alive();
  if (sent) sent = co_await reading.read(after);
  session->touch();
  if (sent) co_await answer.end();
}

}  // namespace bw::gateway
