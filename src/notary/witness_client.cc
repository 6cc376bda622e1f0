// SPDX-License-Identifier: Apache-2.0
#include "notary/witness_client.h"

#include <fmt/core.h>

#include "base/log.h"
#include "base/text.h"

namespace bw::notary {
namespace {

constexpr std::int64_t look_every_ms = 200;
constexpr std::int64_t ask_again_ms = 5'000;
constexpr std::int64_t answer_ms_max = 10'000;
constexpr std::size_t answer_bytes_max = 64 << 10;

}  // namespace

Result<WitnessAddress> parse_witness(std::string_view text) {
  auto comma = text.find(',');
  auto url = text.substr(0, comma);
  bool is_url = url.starts_with("http://") || url.starts_with("https://");
  if (comma == std::string_view::npos || !is_url)
    return fail(Code::invalid_argument, fmt::format("witness `{}`: expected URL,NAME+ID+KEY", printable(text, 200)));
  BW_TRY(auto key, ledger::NoteVerifier::parse(text.substr(comma + 1)));
  if (key.kind() != ledger::KeyKind::cosignature)
    return fail(Code::invalid_argument, fmt::format("witness key `{}` is of a ledger, not of a witness", key.name()));
  while (url.ends_with('/')) url.remove_suffix(1);
  return WitnessAddress{std::string(url), std::move(key)};
}

async::Task<void> WitnessClient::run(async::Event& stop) {
  std::string asked;
  while (!stop.is_set()) {
    std::int64_t pause_ms = look_every_ms;
    auto latest = checkpoints_.latest();
    if (latest && latest->note.text != asked) {
      std::string text = latest->note.text;
      Status sent = co_await submit(std::move(*latest));
      std::string now = sent ? std::string() : sent.error().message;
      if (now != trouble_ && !now.empty()) log::error("witness {}: {}", witness_.key.name(), now);
      if (now != trouble_ && now.empty()) log::info("witness {} signs again", witness_.key.name());
      trouble_ = std::move(now);
      if (sent) asked = std::move(text);
      if (!sent) pause_ms = ask_again_ms;
    }
    [[maybe_unused]] auto first = co_await async::wait_any(pause_ms, stop);
  }
}

// A witness that is at another size says so, and is asked once more from there.
async::Task<Status> WitnessClient::submit(ledger::SignedCheckpoint checkpoint) {
  BW_CO_TRY(http::ClientResponse answer, co_await ask(checkpoint));
  if (answer.status == 409) {
    BW_CO_TRY(signed_size_, ledger::parse_decimal(trim(answer.body)));
    if (signed_size_ > checkpoint.checkpoint.size) {
      co_return fail(Code::data_loss, fmt::format("it has signed for {} entries already, and there are {}",
                                                  signed_size_, checkpoint.checkpoint.size));
    }
    BW_CO_TRY(answer, co_await ask(checkpoint));
  }
  if (answer.status != 200)
    co_return fail(Code::unavailable,
                   fmt::format("it answered {}: {}", answer.status, printable(trim(answer.body), 200)));
  co_return take(checkpoint, answer.body);
}

async::Task<Result<http::ClientResponse>> WitnessClient::ask(const ledger::SignedCheckpoint& checkpoint) {
  auto size = checkpoint.checkpoint.size;
  auto old_size = std::min(signed_size_, size);
  auto prove = [this, old_size, size] { return records_.prove_consistency(old_size, size); };
  Result<std::vector<std::string>> proof = co_await async::offload(pool_, std::move(prove));
  if (!proof) co_return fail(std::move(proof).error());
  http::ClientRequest request;
  request.method = "POST";
  request.url = witness_.url + "/add-checkpoint";
  request.body = fmt::format("old {}\n", old_size);
  for (const auto& hash : *proof) request.body += to_base64(hash) + "\n";
  request.body += "\n" + checkpoint.bytes();
  request.body_bytes_max = answer_bytes_max;
  request.response_ms_max = answer_ms_max;
  http::ClientResult answer = co_await client_.send(std::move(request));
  if (!answer) co_return fail(Code::unavailable, answer.error().message);
  co_return std::move(*answer);
}

Status WitnessClient::take(const ledger::SignedCheckpoint& checkpoint, const std::string& lines) {
  BW_TRY(auto signatures, ledger::parse_signatures(lines));
  std::vector<ledger::NoteSignature> good;
  for (const auto& signature : signatures) {
    if (witness_.key.verify(checkpoint.note.text, signature)) good.push_back(signature);
  }
  if (good.empty()) return fail(Code::permission_denied, "its answer is not signed by its key");
  signed_size_ = checkpoint.checkpoint.size;
  return checkpoints_.add_signatures(checkpoint.note.text, good);
}

}  // namespace bw::notary
