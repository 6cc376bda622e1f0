// SPDX-License-Identifier: Apache-2.0
#include "gateway/hook/uses.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "crypto/hash.h"

namespace bw::gateway::hook {
namespace {

constexpr std::size_t kIdBytesMax = 128;

}  // namespace

Status Uses::open() const {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(folder_).parent_path(), error);
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(Code::unavailable, fmt::format("cannot make `{}`: {}", folder_, std::strerror(errno)));
  struct stat found{};
  bool is_ours = ::lstat(folder_.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == ::getuid() &&
                 (found.st_mode & 077) == 0;
  if (is_ours) return {};
  return fail(
      Code::permission_denied,
      fmt::format("`{}` is not a folder of this user alone: remove it, or name another one with --folder", folder_));
}

std::string Uses::path_of(const Event& event) const {
  return fmt::format("{}/{}", folder_, to_hex(crypto::sha256(event.session + '\x1f' + event.use)));
}

Status Uses::remember(const Event& event, const std::string& action) const {
  std::ofstream out(path_of(event), std::ios::binary | std::ios::trunc);
  out << action;
  if (out.flush()) return {};
  return fail(Code::unavailable, fmt::format("cannot write into `{}`", folder_));
}

std::optional<std::string> Uses::action_of(const Event& event) const {
  std::ifstream in(path_of(event), std::ios::binary);
  std::string action(kIdBytesMax, '\0');
  in.read(action.data(), static_cast<std::streamsize>(action.size()));
  action.resize(static_cast<std::size_t>(in.gcount()));
  if (action.empty()) return std::nullopt;
  return action;
}

void Uses::forget(const Event& event) const { std::remove(path_of(event).c_str()); }

}  // namespace bw::gateway::hook
