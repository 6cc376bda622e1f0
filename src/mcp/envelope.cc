// SPDX-License-Identifier: Apache-2.0
#include "mcp/envelope.h"

#include <fmt/format.h>

#include "json/writer.h"
#include "mcp/build.h"

namespace bw::mcp {
namespace {

std::unexpected<Refusal> incomplete(std::string_view key) {
  json::Writer w;
  w.begin_object()
      .key("envelope")
      .begin_object()
      .key("missing")
      .begin_array()
      .string(key)
      .end_array()
      .end_object()
      .end_object();
  auto message =
      fmt::format("params._meta is incomplete for {}: `{}` is missing or of the wrong type", kStateless, key);
  return std::unexpected(Refusal{400, code::invalid_params, std::move(message), std::move(w).text()});
}

std::unexpected<Refusal> mismatch(std::string_view field, std::string_view header, std::string_view body) {
  json::Writer w;
  w.begin_object().key("mismatch").begin_object().member("header", header).member("body", body).end_object().end_object();
  auto message = fmt::format("the HTTP field {} and the body disagree: `{}` and `{}`", field, header, body);
  return std::unexpected(Refusal{400, code::header_mismatch, std::move(message), std::move(w).text()});
}

std::unexpected<Refusal> unsupported(std::string_view requested) {
  json::Writer w;
  w.begin_object()
      .key("supported")
      .begin_array()
      .string(kStateless)
      .end_array()
      .member("requested", requested)
      .end_object();
  auto message = fmt::format("protocol version `{}` is not spoken here", requested);
  return std::unexpected(Refusal{400, code::unsupported_version, std::move(message), std::move(w).text()});
}

// Every field of that name must say the same as the body: a second one may be what the next hop reads.
std::expected<void, Refusal> agrees(Fields fields, std::string_view name, std::string_view body, bool encoded) {
  bool seen = false;
  for (const Field& field : fields) {
    auto value = find(Fields(&field, 1), name);
    if (!value) continue;
    seen = true;
    if (!encoded) {
      if (*value != body) return mismatch(name, *value, body);
      continue;
    }
    auto decoded = decode_header_value(*value);
    if (!decoded || *decoded != body) return mismatch(name, *value, body);
  }
  if (!seen) return mismatch(name, "", body);
  return {};
}

std::expected<Envelope, Refusal> read_envelope(json::Value params) {
  auto about = params["_meta"];
  if (!about.is(json::Kind::object)) return incomplete("_meta");
  Envelope envelope;
  auto version = about[meta::protocol_version].string();
  if (!version) return incomplete(meta::protocol_version);
  envelope.protocol_version = *version;
  if (!about[meta::client_capabilities].is(json::Kind::object)) return incomplete(meta::client_capabilities);
  envelope.client_capabilities = about[meta::client_capabilities].raw();
  auto info = about[meta::client_info];
  if (info && !info.is(json::Kind::object)) return incomplete(meta::client_info);
  envelope.client_info = info.raw();
  auto level = about[meta::log_level];
  if (level && !log_severity(level.string().value_or(""))) return incomplete(meta::log_level);
  envelope.log_level = level.string().value_or("");
  auto token = about[meta::progress_token];
  if (token && !token.is(json::Kind::string) && !token.is(json::Kind::number)) return incomplete(meta::progress_token);
  envelope.progress_token = token.raw();
  return envelope;
}

Classified session(const Message& message) {
  Classified classified;
  auto token = message.params["_meta"][meta::progress_token];
  if (token.is(json::Kind::string) || token.is(json::Kind::number)) classified.envelope.progress_token = token.raw();
  return classified;
}

bool claims_stateless(const Message& message) { return message.params["_meta"][meta::protocol_version].exists(); }

// A handshake with a session names no stateless version in its fields, and has none in its body that would hold.
bool is_handshake(const Message& message) {
  return message.method == method::initialize && message.params["_meta"][meta::protocol_version].string() != kStateless;
}

std::expected<void, Refusal> check_fields(const Message& message, const Envelope& envelope, Fields fields) {
  if (auto same = agrees(fields, field::protocol_version, envelope.protocol_version, false); !same) return same;
  if (envelope.protocol_version != kStateless) return unsupported(envelope.protocol_version);
  if (auto same = agrees(fields, field::method, message.method, false); !same) return same;
  auto member = name_member(message.method);
  if (member.empty()) return {};
  auto named = message.params[member].string();
  if (!named) return {};  // the method itself complains
  return agrees(fields, field::name, *named, true);
}

std::expected<Classified, Refusal> classify_notification(const Message& message, Fields fields, bool names_stateless) {
  if (!names_stateless && !claims_stateless(message)) return session(message);
  if (count(fields, field::method) > 0) {
    if (auto same = agrees(fields, field::method, message.method, false); !same) return std::unexpected(same.error());
  }
  Classified classified{Era::stateless, {}};
  classified.envelope.protocol_version = kStateless;
  return classified;
}

}  // namespace

std::string error_response(std::string_view id, const Refusal& refusal) {
  return error_response(id, refusal.code, refusal.message, refusal.data);
}

std::expected<Classified, Refusal> classify(const Message& message, Fields fields) {
  if (message.is_response()) return session(message);
  auto version = find(fields, field::protocol_version);
  bool names_stateless = version == kStateless;
  if (!message.is_request()) return classify_notification(message, fields, names_stateless);
  if (is_handshake(message)) {
    if (names_stateless) return mismatch(field::protocol_version, *version, method::initialize);
    return session(message);
  }
  if (!claims_stateless(message)) {
    if (!names_stateless) return session(message);
    return incomplete(message.params["_meta"].is(json::Kind::object) ? meta::protocol_version : "_meta");
  }
  auto envelope = read_envelope(message.params);
  if (!envelope) return std::unexpected(std::move(envelope).error());
  if (auto same = check_fields(message, *envelope, fields); !same) return std::unexpected(std::move(same).error());
  return Classified{Era::stateless, *envelope};
}

std::expected<Classified, Refusal> classify(const Message& message) {
  if (message.is_response() || is_handshake(message) || !claims_stateless(message)) return session(message);
  if (!message.is_request()) return Classified{Era::stateless, {}};
  auto envelope = read_envelope(message.params);
  if (!envelope) return std::unexpected(std::move(envelope).error());
  if (envelope->protocol_version != kStateless) return unsupported(envelope->protocol_version);
  return Classified{Era::stateless, *envelope};
}

}  // namespace bw::mcp
