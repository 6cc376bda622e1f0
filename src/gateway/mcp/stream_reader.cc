// SPDX-License-Identifier: Apache-2.0
#include "gateway/mcp/stream_reader.h"

#include <utility>

namespace bw::gateway {

namespace {

// Clients of this revision and later understand an event without data that only gives the stream its first id.
constexpr std::string_view kPrimingSince = "2025-11-25";

http::SseEvent priming(const SessionStream& stream, const McpLimits& limits) {
  return {.id = stream.event_id(0), .retry_ms = limits.retry_ms};
}

// Everything that is there and was not sent; `sent` is the number of the last one.
async::Task<Status> send_new(PostAnswer& answer, std::shared_ptr<SessionStream> stream, std::uint64_t& sent) {
  for (auto next = stream->next_after(sent); next; next = stream->next_after(sent)) {
    http::SseEvent event{.event = "message", .data = stream->at(*next), .id = stream->event_id(*next)};
    Status written = co_await answer.send(std::move(event));
    if (!written) co_return written;
    sent = *next;
    stream->read_up_to(sent);
  }
  co_return Status{};
}

// The events of a stream to one reader. Ends with success when there is nothing more to send, so that the answer is ended.
async::Task<Status> pump(PostAnswer& answer, std::shared_ptr<SessionStream> stream, std::shared_ptr<SessionCall> call,
                         std::uint64_t sent, std::uint64_t reader, const McpLimits& limits) {
  const bool wants_progress = call != nullptr && call->wants_progress();
  for (;;) {
    stream->news().reset();
    Status written = co_await send_new(answer, stream, sent);
    if (!written) co_return written;
    if (stream->reader() != reader) co_return Status{};
    if (stream->is_finished() && !stream->next_after(sent)) co_return Status{};
    if (stream->next_after(sent)) continue;
    auto wait_ms = wants_progress ? limits.progress_ms : limits.keep_alive_ms;
    auto first = co_await async::wait_any(wait_ms, stream->news(), answer.closed());
    if (first && *first == 1) co_return fail(Code::cancelled, "the peer went away");
    if (first) continue;
    if (wants_progress) {
      call->give_sign_of_life();
    } else {
      Status alive = co_await answer.keep_alive();
      if (!alive) co_return alive;
    }
  }
}

// Whether the response is there and is all there is.
bool is_plain(const SessionStream& stream) { return stream.is_finished() && stream.last() <= 1; }

// The last message is the response, unless the call was cancelled.
http::Response plain(const SessionStream& stream) {
  if (stream.last() == 0) return {.status = 202};
  return http::json_response(200, stream.at(stream.last()));
}

async::Task<void> wait_to_the_end(std::shared_ptr<SessionStream> stream, PostAnswer& answer) {
  while (!stream->is_finished()) {
    stream->news().reset();
    auto first = co_await async::wait_any(async::kNever, stream->news(), answer.closed());
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

async::Task<void> answer_call(CallAnswer given, const McpLimits& limits, http::ResponseWriter& writer) {
  PostAnswer answer(writer);
  auto stream = given.stream;
  auto reader = stream->attach();
  if (given.form == Form::json) {
    co_await wait_to_the_end(stream, answer);
  } else if (given.form == Form::either && !stream->is_finished()) {
    stream->news().reset();
    [[maybe_unused]] auto first = co_await async::wait_any(limits.patience_ms, stream->news(), writer.closed());
  }
  bool as_json = given.form == Form::json || (given.form == Form::either && is_plain(*stream));
  if (as_json) {
    stream->detach(reader);
    if (!stream->is_finished()) co_return;  // the peer is gone
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
  if (begun) begun = co_await pump(answer, stream, given.call, 0, reader, limits);
  stream->detach(reader);
  given.session->touch();
  if (begun) co_await answer.end();
}

async::Task<void> read_stream(std::shared_ptr<Session> session, std::shared_ptr<SessionStream> stream,
                              std::uint64_t after, const McpLimits& limits, http::ResponseWriter& writer) {
  PostAnswer answer(writer);
  auto reader = stream->attach();
  // The first bytes tell the client that the stream is open.
  Status sent = co_await answer.keep_alive();
  if (sent) sent = co_await pump(answer, stream, nullptr, after, reader, limits);
  stream->detach(reader);
  session->touch();
  if (sent) co_await answer.end();
}

}  // namespace bw::gateway
