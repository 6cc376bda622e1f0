// SPDX-License-Identifier: Apache-2.0
#include "identity/operator_token.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "crypto/random.h"

namespace bw::identity {
namespace {

std::string path_in(const std::string& data_folder) { return data_folder + "/operator.token"; }

std::unexpected<Error> system_error(std::string_view what, const std::string& path) {
  Code code = errno == ENOENT ? Code::not_found : errno == EACCES ? Code::permission_denied : Code::unavailable;
  return fail(code, fmt::format("cannot {} `{}`: {}", what, path, std::strerror(errno)));
}

}  // namespace

Result<std::string> load_operator_token(const std::string& data_folder) {
  std::string path = path_in(data_folder);
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return system_error("open", path);
  struct stat status{};
  char text[256];
  bool private_file = ::fstat(file, &status) == 0 && (status.st_mode & 077) == 0;
  auto size = ::read(file, text, sizeof text);
  ::close(file);
  if (!private_file)
    return fail(Code::permission_denied, fmt::format("`{}` can be read by others: chmod 600 it", path));
  auto token = trim(std::string_view(text, size > 0 ? static_cast<std::size_t>(size) : 0));
  if (token.size() < 20)
    return fail(Code::data_loss, fmt::format("`{}` holds no token: remove it and start again", path));
  return std::string(token);
}

Result<std::string> load_or_create_operator_token(const std::string& data_folder) {
  std::string path = path_in(data_folder);
  int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return load_operator_token(data_folder);
  if (file < 0) return system_error("create", path);
  std::string token = "op_" + to_base64url(crypto::random_bytes(32));
  std::string line = token + '\n';
  bool written = ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(file) == 0;
  ::close(file);
  if (!written) {
    ::unlink(path.c_str());
    return fail(Code::unavailable, fmt::format("cannot write `{}`", path));
  }
  return token;
}

}  // namespace bw::identity
