// SPDX-License-Identifier: Apache-2.0
#include "notary/outlet.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "base/durable_file.h"
#include "base/log.h"
#include "base/text.h"
#include "transport/child.h"

namespace bw::notary {
namespace {

constexpr std::int64_t look_every_ms = 200;
constexpr std::int64_t url_every_ms = 1'000;
constexpr std::int64_t git_every_ms = 10'000;
constexpr std::int64_t first_retry_ms = 1'000;
constexpr std::int64_t last_retry_ms = 60'000;
constexpr std::int64_t answer_ms_max = 10'000;
constexpr std::int64_t git_ms_max = 60'000;
constexpr std::size_t answer_bytes_max = 64 << 10;

}  // namespace

Result<OutletAddress> parse_outlet(std::string_view text) {
  if (text.starts_with("http://") || text.starts_with("https://")) return OutletAddress{false, std::string(text)};
  if (text.starts_with("git:") && text.size() > 4) return OutletAddress{true, std::string(text.substr(4))};
  return fail(
      Code::invalid_argument,
      fmt::format("--publish `{}`: expected a URL (https://…), or git:DIR with a work tree", printable(text, 200)));
}

async::Task<void> Outlet::run(async::Event& stop) {
  std::string sent;
  std::int64_t retry_ms = first_retry_ms;
  while (!stop.is_set()) {
    std::int64_t pause_ms = look_every_ms;
    auto latest = checkpoints_.latest();
    // Signatures of witnesses that came meanwhile make it another one.
    std::string bytes = latest ? latest->bytes() : sent;
    if (bytes != sent) {
      std::string text = bytes;
      Status done = co_await send(std::move(text), latest->checkpoint.size);
      note(done);
      if (done) {
        sent = std::move(bytes);
        size_ = latest->checkpoint.size;
        retry_ms = first_retry_ms;
        pause_ms = address_.git ? git_every_ms : url_every_ms;
      } else {
        pause_ms = retry_ms;
        retry_ms = std::min(2 * retry_ms, last_retry_ms);
      }
    }
    [[maybe_unused]] auto first = co_await async::wait_any(pause_ms, stop);
  }
}

// Said once, not at each try.
void Outlet::note(const Status& sent) {
  if (!sent) ++failures_;
  std::string now = sent ? std::string() : sent.error().message;
  if (now != trouble_ && !now.empty()) log::error("checkpoints do not reach {}: {}", address_.where, now);
  if (now != trouble_ && now.empty()) log::info("checkpoints reach {} again", address_.where);
  trouble_ = std::move(now);
}

async::Task<Status> Outlet::send(std::string note, std::uint64_t size) {
  if (address_.git) {
    Status committed = co_await commit(std::move(note), size);
    co_return committed;
  }
  Status posted = co_await post(std::move(note));
  co_return posted;
}

async::Task<Status> Outlet::post(std::string note) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = address_.where;
  request.headers.set("content-type", "text/plain; charset=utf-8");
  request.body = std::move(note);
  request.body_bytes_max = answer_bytes_max;
  request.response_ms_max = answer_ms_max;
  http::ClientResult answer = co_await client_.send(std::move(request));
  if (!answer) co_return fail(Code::unavailable, answer.error().message);
  if (answer->status < 200 || answer->status > 299)
    co_return fail(Code::unavailable,
                   fmt::format("it answered {}: {}", answer->status, printable(trim(answer->body), 200)));
  co_return Status{};
}

// A commit that is there already, because a push failed or the process ended, is pushed all the same.
async::Task<Status> Outlet::commit(std::string note, std::uint64_t size) {
  auto write = [path = address_.where + "/checkpoint", bytes = std::move(note)] {
    return write_durably(path, bytes, 0644);
  };
  Result<Status> written = co_await async::offload(pool_, std::move(write));
  if (!written) co_return fail(std::move(written).error());
  BW_CO_OK(std::move(*written));
  std::vector<std::string> add{"add", "--", "checkpoint"};
  BW_CO_TRY(auto added, co_await git(std::move(add)));
  std::vector<std::string> changed{"status", "--porcelain", "--", "checkpoint"};
  BW_CO_TRY(auto changes, co_await git(std::move(changed)));
  if (!changes.empty()) {
    std::vector<std::string> commit{"commit", "--quiet",   "-m", fmt::format("checkpoint of {} entries", size),
                                    "--",     "checkpoint"};
    BW_CO_TRY(added, co_await git(std::move(commit)));
  }
  std::vector<std::string> remote{"remote"};
  BW_CO_TRY(auto remotes, co_await git(std::move(remote)));
  if (remotes.empty()) co_return Status{};
  std::vector<std::string> push{"push", "--quiet"};
  BW_CO_TRY(added, co_await git(std::move(push)));
  co_return Status{};
}

// What it printed. Errors: unavailable, with the first line that it said.
async::Task<Result<std::string>> Outlet::git(std::vector<std::string> words) {
  transport::ChildOptions options;
  options.argv = {"git", "-C", address_.where};
  std::string what = words.front();
  for (auto& word : words) options.argv.push_back(std::move(word));
  options.env = environment_;
  auto said = std::make_shared<std::string>();
  options.on_log = [said](std::string_view line) {
    if (said->empty()) *said = line;
  };
  BW_CO_TRY(auto child, transport::Child::start(loop_, std::move(options)));
  std::string out;
  while (true) {
    BW_CO_TRY(auto line, co_await child->read_line(git_ms_max));
    if (!line) break;
    out += *line + "\n";
  }
  transport::ExitStatus status = co_await child->stop(git_ms_max);
  if (status.code == 0) co_return out;
  co_return fail(Code::unavailable, fmt::format("git {} ended with {}: {}", what, status.code, printable(*said, 300)));
}

}  // namespace bw::notary
