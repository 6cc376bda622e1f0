// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

// Changes one member of a JSON object and leaves every other byte as its sender wrote it: a schema that somebody pinned by
// its digest, or numbers that a parser would round, go through the gateway untouched.
//
//   params = mcp::set_member(params, "name", json::quoted("create_refund"));
//   params = mcp::set_meta(params, mcp::meta::progress_token, "7");
//
// `object` is the text of one JSON object that a strict parser accepted (json::Document). A text that is none comes back
// as it is, and get_member finds nothing in it. Only the top level is searched; escaped spellings of a key are found.
namespace bw::mcp {

// The raw JSON of the member, or nullopt. Borrows from `object`.
std::optional<std::string_view> get_member(std::string_view object, std::string_view key);

// Replaces the member's value where it stands, or adds the member at the end.
std::string set_member(std::string_view object, std::string_view key, std::string_view value);

// Takes the member out, with the comma that belongs to it.
std::string remove_member(std::string_view object, std::string_view key);

// The same inside the member `_meta`, which is made when it is missing and removed when nothing is left in it. A `_meta`
// that is no object counts as missing.
std::optional<std::string_view> get_meta(std::string_view object, std::string_view key);
std::string set_meta(std::string_view object, std::string_view key, std::string_view value);
std::string remove_meta(std::string_view object, std::string_view key);

}  // namespace bw::mcp
