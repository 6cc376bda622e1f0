// SPDX-License-Identifier: Apache-2.0
#include "evidence/statement.h"

#include <fmt/core.h>

#include "base/clock.h"
#include "json/document.h"
#include "json/writer.h"

namespace bw::evidence {
namespace {

constexpr std::size_t statement_bytes_max = 256U << 20;
constexpr std::size_t statement_values_max = 4'000'000;
constexpr std::int64_t no_end = std::numeric_limits<std::int64_t>::max();

std::int64_t number(std::uint64_t n) { return static_cast<std::int64_t>(n); }

std::string of_period(const Subject& subject) {
  auto from = subject.from_ms > 0 ? "from " + format_time(subject.from_ms) : std::string("from the beginning");
  return subject.to_ms < no_end ? from + " to before " + format_time(subject.to_ms) : from + " on";
}

std::string edge_before(const Extent& extent) {
  return extent.first == extent.begin ? "the period begins with the first entry of the ledger"
                                      : fmt::format("entry {} is of a time before the period", extent.first);
}

std::string edge_after(const Extent& extent) {
  return extent.last == extent.end ? "the period ends with the last entry that the checkpoint stands for"
                                   : fmt::format("entry {} is of a time after it", extent.end);
}

void write_numbers(json::Writer& w, const std::map<std::string, std::uint64_t>& numbers) {
  w.begin_object();
  for (const auto& [word, n] : numbers) w.member(word, number(n));
  w.end_object();
}

void write_texts(json::Writer& w, const std::vector<std::string>& texts) {
  w.begin_array();
  for (const auto& text : texts) w.string(text);
  w.end_array();
}

void write_extent(json::Writer& w, const Extent& extent) {
  w.member("first", number(extent.first)).member("begin", number(extent.begin)).member("end", number(extent.end));
  w.member("last", number(extent.last)).member("size", number(extent.size));
}

void write_counts(json::Writer& w, const Survey& survey) {
  w.key("kinds");
  write_numbers(w, survey.kinds);
  w.key("refusals");
  write_numbers(w, survey.refusals);
  w.key("others").begin_object().member("shown", number(survey.others)).member("hashes", number(survey.concealed));
  w.end_object().key("contents").begin_object().member("present", number(survey.present));
  w.member("erased", number(survey.erased)).member("missing", number(survey.missing)).end_object();
  w.member("approvals", number(survey.approvals_all)).member("exceptions", number(survey.exceptions_all));
  w.member("actions", number(survey.actions_all)).key("registries").begin_array();
  for (const auto& line : survey.registries) w.string(line.digest);
  w.end_array();
}

}  // namespace

Claims claims_of(const Basis& basis, const Survey& survey) {
  const auto& subject = basis.subject;
  const auto& extent = basis.extent;
  Claims out;
  out.proven.push_back(fmt::format(
      "Entries {} to {} of the ledger {} are all here, in their order and unchanged: their tree has the root that the key signed "
      "for {} entries.",
      extent.first, extent.last - 1, basis.origin, extent.size));
  out.proven.push_back(
      fmt::format("The period ({}) is entries {} up to, not including, {}: {}; {}; and time never goes back.",
                  of_period(subject), extent.begin, extent.end, edge_before(extent), edge_after(extent)));
  out.proven.push_back(
      fmt::format("They continue the first {} entries, whose tree had the root {}: whoever holds a checkpoint of an "
                  "earlier time can compare it.",
                  extent.first, basis.root_before));
  out.proven.emplace_back(
      "What is shown of arguments, results and reasons is what the entries committed to when they were written.");
  if (!subject.workflow.empty() && !subject.conceals)
    out.proven.push_back(fmt::format(
        "No entry of workflow {} in the period is left out: the {} entries of others are here too, without their contents, and "
        "each names its workflow, or follows an entry that does.",
        subject.workflow, survey.others));
  if (subject.conceals)
    out.not_proven.push_back(fmt::format(
        "That the {} entries of which only the hash is here are of other workflows: that they exist is proven, what they "
        "say is not. An export without --conceal proves it.",
        survey.concealed));
  if (survey.missing > 0)
    out.not_proven.push_back(
        fmt::format("{} contents are not there, and no entry says that they were erased.", survey.missing));
  if (extent.last == extent.end)
    out.not_proven.emplace_back("Whether entries of the period came after the checkpoint.");
  out.not_proven.emplace_back("What the agents did without Bailiwick.");
  out.not_proven.emplace_back(
      "That nobody with the ledger's key ever signed another history: compare the checkpoint with those that witnesses keep.");
  return out;
}

std::string statement(const Basis& basis, const Survey& survey) {
  json::Writer w;
  w.begin_object().member("format", format_word).member("origin", basis.origin).member("made_by", basis.made_by);
  w.member("made_at", format_time(basis.made_at_ms));
  if (basis.subject.from_ms > 0) w.member("from", format_time(basis.subject.from_ms));
  if (basis.subject.to_ms < no_end) w.member("to", format_time(basis.subject.to_ms));
  w.optional("workflow", basis.subject.workflow).member("conceals", basis.subject.conceals);
  write_extent(w, basis.extent);
  w.member("root", basis.root).member("root_before", basis.root_before);
  write_counts(w, survey);
  auto claims = claims_of(basis, survey);
  w.key("proven");
  write_texts(w, claims.proven);
  w.key("not_proven");
  write_texts(w, claims.not_proven);
  w.key("receipts").begin_array();
  for (auto seq : basis.receipts) w.integer(number(seq));
  w.end_array().key("files").begin_object();
  for (const auto& [path, digest] : basis.files) w.member(path, digest);
  return std::move(w.end_object().end_object()).text() + "\n";
}

Result<Basis> parse_statement(std::string_view text) {
  BW_TRY(auto document, json::Document::parse(std::string(text),
                                              {.bytes_max = statement_bytes_max, .values_max = statement_values_max}));
  auto root = document.root();
  if (root["format"].string() != format_word)
    return fail(Code::invalid_argument, fmt::format("its `format` is not {}", format_word));
  Basis out;
  auto word = [&](std::string_view key) { return std::string(root[key].string().value_or("")); };
  out.origin = word("origin");
  out.made_by = word("made_by");
  out.subject.workflow = word("workflow");
  out.subject.conceals = root["conceals"].boolean().value_or(false);
  out.root = word("root");
  out.root_before = word("root_before");
  BW_TRY(out.made_at_ms, parse_time(word("made_at")));
  if (root["from"]) {
    BW_TRY(out.subject.from_ms, parse_time(word("from")));
  }
  if (root["to"]) {
    BW_TRY(out.subject.to_ms, parse_time(word("to")));
  }
  using Place = std::pair<std::string_view, std::uint64_t*>;
  for (auto [key, at] :
       {Place{"first", &out.extent.first}, Place{"begin", &out.extent.begin}, Place{"end", &out.extent.end},
        Place{"last", &out.extent.last}, Place{"size", &out.extent.size}}) {
    auto n = root[key].integer();
    if (!n || *n < 0) return fail(Code::invalid_argument, fmt::format("`{}` is not the number of an entry", key));
    *at = static_cast<std::uint64_t>(*n);
  }
  for (auto seq : root["receipts"].elements())
    out.receipts.push_back(static_cast<std::uint64_t>(seq.integer().value_or(0)));
  for (auto [path, digest] : root["files"].members()) out.files.emplace(path, digest.string().value_or(""));
  return out;
}

}  // namespace bw::evidence
