// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/event.h"
#include "async/loop.h"
#include "execution/upstream.h"
#include "http/handler.h"
#include "http/sse.h"
#include "json/writer.h"
#include "mcp/build.h"
#include "mcp/envelope.h"
#include "mcp/message.h"
#include "mcp/splice.h"
#include "transport/server.h"

// An upstream in this process, of either generation, whose tools behave as their names say. What reached it is counted.
namespace bw::execution {

// As the program does: a child may end while it is written to.
inline const auto ignored_signal = std::signal(SIGPIPE, SIG_IGN);

class ScriptedUpstream final : public http::Handler {
 public:
  explicit ScriptedUpstream(async::Loop& loop, mcp::Era speaks = mcp::Era::sessions) : era(speaks) {
    transport::ServerOptions options;
    server = std::move(*transport::Server::listen(loop, options, *this));
    url = server->url() + "/mcp";
  }

  mcp::Era era;
  std::string url;
  std::unique_ptr<transport::Server> server;

  std::string tools =
      R"([{"name":"echo","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}}])";
  std::string capabilities = R"({"tools":{"listChanged":true},"resources":{"subscribe":true},"logging":{}})";
  std::string protocol = "2025-11-25";  // what initialize answers
  std::string next_cursor;              // of tools/list
  int hang = 0;                         // requests that are never answered
  int refuse = 0;                       // requests that get `refuse_with`
  int refuse_with = 503;
  bool forget_sessions = false;  // answers 404 to every session until the next initialize

  std::map<std::string, int> seen;            // methods, and "call TOOL"
  std::vector<std::string> headers_of_calls;  // "name: value" lines of tools/call
  std::vector<std::string> bodies;            // of tools/call
  std::vector<std::string> cancelled;         // params of notifications/cancelled
  std::vector<std::string> answers;           // responses to our requests
  std::vector<std::string> initializes;       // params
  int sessions = 0;
  int closed_connections = 0;
  async::Event answered;
  async::Event noted;  // set with everything that is seen

  // Sends a message on the stream for notifications that was opened last, or the next to be opened.
  void say(std::string message) {
    (streams.empty() ? unsaid : streams.back()->outbox).push_back(std::move(message));
    if (!streams.empty()) streams.back()->changed.set();
  }

  // Ends the streams that are open for notifications.
  void end_streams() {
    for (auto* stream : streams) {
      stream->over = true;
      stream->changed.set();
    }
  }

  async::Task<void> handle(http::Request request, http::ResponseWriter& writer) override {
    noted.set();
    if (refuse > 0) {
      --refuse;
      writer.respond(http::error_response(refuse_with, "scripted"));
      co_return;
    }
    if (hang > 0) {
      --hang;
      co_await async::wait_any(20'000, writer.closed(), writer.draining());
      co_return;
    }
    if (request.method == "GET") {
      co_await get(std::move(request), writer);
      co_return;
    }
    if (request.method == "DELETE") {
      ++seen["DELETE"];
      writer.respond({.status = 200});
      co_return;
    }
    auto message = mcp::parse_message(request.body);
    if (!message) {
      writer.respond(http::json_response(400, mcp::error_response(message.error())));
      co_return;
    }
    if (message->is_response()) {
      answers.push_back(request.body);
      answered.set();
      writer.respond({.status = 202});
      co_return;
    }
    ++seen[std::string(message->method)];
    if (era == mcp::Era::stateless) co_await stateless(std::move(request), std::move(*message), writer);
    else co_await session(std::move(request), std::move(*message), writer);
  }

 private:
  static void result(http::ResponseWriter& writer, std::string_view id, std::string_view body,
                     std::string_view session = {}) {
    auto response = http::json_response(200, mcp::result_response(id, body));
    if (!session.empty()) response.headers.add("mcp-session-id", session);
    writer.respond(std::move(response));
  }
  static void error(http::ResponseWriter& writer, int status, std::string_view id, int code, std::string_view text) {
    writer.respond(http::json_response(status, mcp::error_response(id, code, text)));
  }
  static async::Task<void> event(http::ResponseWriter& writer, std::string data, std::string id = {}) {
    http::SseEvent event{.event = "message", .data = std::move(data), .id = std::move(id)};
    auto text = http::format_sse(event);
    auto sent = co_await writer.write(std::move(text));
    (void)sent;
  }
  static async::Task<void> begin(http::ResponseWriter& writer) {
    http::Headers headers{{"content-type", "text/event-stream"}};
    auto begun = co_await writer.begin_stream(200, std::move(headers));
    (void)begun;
  }

  async::Task<void> session(http::Request request, mcp::Message message, http::ResponseWriter& writer) {
    if (message.method == "initialize") {
      forget_sessions = false;
      initializes.emplace_back(message.params.raw());
      auto name = fmt::format("session-{}", ++sessions);
      result(writer, message.id,
             fmt::format(R"({{"protocolVersion":"{}","capabilities":{},"serverInfo":{{"name":"s","version":"1"}}}})",
                         protocol, capabilities),
             name);
      co_return;
    }
    if (!request.headers.has("mcp-session-id")) {
      error(writer, 400, "null", -32000, "no session");
      co_return;
    }
    if (forget_sessions) {
      error(writer, 404, "null", -32001, "Session not found");
      co_return;
    }
    co_await common(std::move(request), std::move(message), writer);
  }

  async::Task<void> stateless(http::Request request, mcp::Message message, http::ResponseWriter& writer) {
    std::vector<mcp::Field> fields;
    for (auto [name, value] : request.headers) fields.push_back({name, value});
    auto classified = mcp::classify(message, fields);
    if (!classified) {
      error(writer, classified.error().status, message.id.empty() ? "null" : message.id, classified.error().code,
            classified.error().message);
      co_return;
    }
    if (classified->era == mcp::Era::sessions) {
      error(writer, 400, message.id, -32022, "stateless only");
      co_return;
    }
    if (message.method == "server/discover") {
      result(writer, message.id,
             fmt::format(R"({{"supportedVersions":["2026-07-28"],"capabilities":{},"resultType":"complete"}})",
                         capabilities));
      co_return;
    }
    if (message.method == "subscriptions/listen") {
      co_await listen(std::move(message), writer);
      co_return;
    }
    co_await common(std::move(request), std::move(message), writer);
  }

  async::Task<void> common(http::Request request, mcp::Message message, http::ResponseWriter& writer) {
    if (message.kind == mcp::Message::Kind::notification) {
      if (message.method == "notifications/cancelled") cancelled.emplace_back(message.params.raw());
      writer.respond({.status = 202});
      co_return;
    }
    if (message.method == "tools/list") {
      auto more = next_cursor.empty() ? std::string() : fmt::format(R"(,"nextCursor":"{}")", next_cursor);
      result(writer, message.id, fmt::format(R"({{"tools":{}{}}})", tools, more));
    } else if (message.method == "resources/list") {
      result(writer, message.id, R"({"resources":[{"uri":"test://a","name":"a"}]})");
    } else if (message.method == "logging/setLevel" || message.method.starts_with("resources/")) {
      if (message.method == "resources/templates/list")
        error(writer, era == mcp::Era::stateless ? 404 : 200, message.id, -32601, "none");
      else result(writer, message.id, "{}");
    } else if (message.method == "tools/call") {
      co_await call(std::move(request), std::move(message), writer);
    } else {
      error(writer, era == mcp::Era::stateless ? 404 : 200, message.id, -32601, "unknown method");
    }
  }

  async::Task<void> call(http::Request request, mcp::Message message, http::ResponseWriter& writer) {
    auto tool = std::string(message.params["name"].string().value_or(""));
    ++seen["call " + tool];
    bodies.push_back(request.body);
    std::string lines;
    for (auto [name, value] : request.headers) lines += fmt::format("{}: {}\n", name, value);
    headers_of_calls.push_back(std::move(lines));
    auto id = std::string(message.id);
    auto token = std::string(message.params["_meta"]["progressToken"].raw());
    if (tool == "echo") {
      result(writer, id,
             fmt::format(R"({{"content":[{{"type":"text","text":"hi"}}],"structuredContent":{},"isError":false}})",
                         message.params["arguments"].raw()));
    } else if (tool == "broken") {
      result(writer, id, R"({"content":[],"isError":true})");
    } else if (tool == "leak") {
      auto secret = std::string(request.headers.find("authorization").value_or("none"));
      result(writer, id, fmt::format(R"({{"content":[{{"type":"text","text":"{}"}}]}})", secret));
    } else if (tool == "stream") {
      co_await begin(writer);
      co_await event(
          writer,
          fmt::format(
              R"({{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{},"progress":1}}}})",
              token));
      co_await event(writer,
                     R"({"jsonrpc":"2.0","method":"notifications/message","params":{"level":"debug","data":"quiet"}})");
      co_await event(writer,
                     R"({"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":"loud"}})");
      co_await event(writer, mcp::result_response(id, R"({"content":[]})"));
      co_await writer.finish();
    } else if (tool == "resume") {
      co_await begin(writer);
      std::string priming = "id: s/1\nretry: 20\ndata:\n\n";
      auto sent = co_await writer.write(std::move(priming));
      resumed_id = id;
      co_await writer.finish();
    } else if (tool == "drop") {
      co_await begin(writer);
      co_await writer.finish();
    } else if (tool == "ask" || tool == "ask_aside") {
      co_await begin(writer);
      answered.reset();
      auto question = mcp::request_text("0", "elicitation/create",
                                        R"({"message":"who?","requestedSchema":{"type":"object","properties":{}}})");
      if (tool == "ask") co_await event(writer, question);
      else say(question);
      co_await async::wait_any(5'000, answered, writer.closed());
      auto said = answers.empty() ? std::string("nothing") : answers.back();
      co_await event(writer, mcp::result_response(id, fmt::format(R"({{"content":[{{"type":"text","text":{}}}]}})",
                                                                  json::quoted(said))));
      co_await writer.finish();
    } else if (tool == "slow") {
      co_await async::wait_any(10'000, writer.closed());
      ++closed_connections;
      noted.set();
    } else if (tool == "rounds") {
      auto said = message.params["inputResponses"]["name"]["content"]["n"].raw();
      if (said.empty()) {
        result(
            writer, id,
            R"({"resultType":"input_required","inputRequests":{"name":{"method":"elicitation/create","params":{"message":"n?"}}},"requestState":"st\u0061te"})");
      } else {
        result(writer, id,
               fmt::format(R"({{"content":[],"structuredContent":{{"n":{},"state":{}}},"resultType":"complete"}})",
                           said, message.params["requestState"].raw()));
      }
    } else if (tool == "garbage") {
      writer.respond(http::json_response(200, "{\"jsonrpc\""));
    } else if (tool.starts_with("status_")) {
      writer.respond(http::error_response(std::stoi(tool.substr(7)), "scripted"));
    } else {
      error(writer, 200, id, -32602, "unknown tool");
    }
  }

  async::Task<void> get(http::Request request, http::ResponseWriter& writer) {
    ++seen["GET"];
    if (forget_sessions) {
      error(writer, 404, "null", -32001, "Session not found");
      co_return;
    }
    co_await begin(writer);
    if (request.headers.find("last-event-id") == "s/1") {
      co_await event(writer, mcp::result_response(resumed_id, R"({"content":[],"resumed":true})"), "s/2");
      co_await writer.finish();
      co_return;
    }
    std::string opening = ":\n\n";
    auto sent = co_await writer.write(std::move(opening));
    ++getting;
    co_await pass_on(writer);
    --getting;
  }

  async::Task<void> listen(mcp::Message message, http::ResponseWriter& writer) {
    co_await begin(writer);
    auto id = std::string(message.id);
    listens.emplace_back(message.params["notifications"].raw());
    co_await event(
        writer,
        fmt::format(
            R"({{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{{"notifications":{{}},"_meta":{{"io.modelcontextprotocol/subscriptionId":{}}}}}}})",
            id));
    co_await pass_on(writer);
  }

  struct Stream {
    std::deque<std::string> outbox;
    async::Event changed;
    bool over = false;
  };

  // Says what there is to say on this stream until its reader goes away.
  async::Task<void> pass_on(http::ResponseWriter& writer) {
    Stream stream;
    stream.outbox = std::exchange(unsaid, {});
    streams.push_back(&stream);
    while (!stream.over && !writer.closed().is_set() && !writer.draining().is_set()) {
      while (!stream.outbox.empty()) {
        auto message = std::move(stream.outbox.front());
        stream.outbox.pop_front();
        co_await event(writer, std::move(message));
      }
      stream.changed.reset();
      co_await async::wait_any(async::kNever, stream.changed, writer.closed(), writer.draining());
    }
    std::erase(streams, &stream);
  }

 public:
  std::vector<std::string> listens;
  int getting = 0;

 private:
  std::vector<Stream*> streams;
  std::deque<std::string> unsaid;
  std::string resumed_id;
};

// A caller that writes down what it is told, and answers every question with `says`.
class RecordingPeer final : public Peer {
 public:
  async::Task<void> notify(std::string method, std::string params) override {
    notified.push_back(method + ' ' + params);
    changed.set();
    co_return;
  }
  async::Task<Result<std::string>> request(std::string method, std::string params) override {
    asked.push_back(method + ' ' + params);
    changed.set();
    if (says.empty()) co_return fail(Code::cancelled, "nobody there");
    co_return says;
  }
  bool heard(std::string_view part) const {
    for (const auto& one : notified) {
      if (one.find(part) != std::string::npos) return true;
    }
    return false;
  }
  async::Task<bool> hears(std::string part, std::int64_t ms = 5'000) {
    while (!heard(part)) {
      changed.reset();
      auto first = co_await async::wait_any(ms, changed);
      if (!first) co_return false;
    }
    co_return true;
  }

  std::string says = R"({"action":"accept","content":{"n":7}})";
  std::vector<std::string> notified;
  std::vector<std::string> asked;
  async::Event changed;
};

class RecordingListener final : public Listener {
 public:
  void catalog_changed(std::string_view upstream, std::string_view method) override {
    catalogs.push_back(fmt::format("{} {}", upstream, method));
    changed.set();
  }
  void health_changed(std::string_view) override { changed.set(); }

  std::vector<std::string> catalogs;
  async::Event changed;
};

}  // namespace bw::execution
