// SPDX-License-Identifier: Apache-2.0
#include "base/durable_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace bw {
namespace {

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::unexpected<Error> failed(std::string_view what, const std::string& path) {
  auto code = errno == ENOENT ? Code::not_found : Code::unavailable;
  return fail(code, fmt::format("cannot {} `{}`: {}", what, path, std::strerror(errno)));
}

Status write_and_flush(const File& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    auto written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file.get()) == 0 ? Status() : failed("flush", path);
}

Status flush_folder_of(const std::string& path) {
  auto slash = path.find_last_of('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return file.get() >= 0 && ::fsync(file.get()) == 0 ? Status() : failed("flush the folder of", path);
}

Result<std::string> read_open(const File& file, const std::string& path, std::size_t bytes_max) {
  std::string out;
  std::array<char, 16384> buffer;
  while (true) {
    auto got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path);
    if (got == 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
    if (out.size() > bytes_max)
      return fail(Code::resource_exhausted, fmt::format("`{}` is longer than {} bytes", path, bytes_max));
  }
}

}  // namespace

Status write_durably(const std::string& path, std::string_view bytes, mode_t mode) {
  std::string beside = path + ".new";
  {
    File file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (file.get() < 0) return failed("write", beside);
    BW_OK(write_and_flush(file, bytes, beside));
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return failed("replace", path);
  return flush_folder_of(path);
}

Status append_durably(const std::string& path, std::string_view bytes, mode_t mode) {
  File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode));
  if (file.get() < 0) return failed("append to", path);
  BW_OK(write_and_flush(file, bytes, path));
  return flush_folder_of(path);
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failed("open", path);
  return read_open(file, path, bytes_max);
}

Result<std::string> read_private_file(const std::string& path, std::size_t bytes_max) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return failed("open", path);
  if ((status.st_mode & 077) != 0)
    return fail(Code::failed_precondition, fmt::format("`{}` may be read by others: chmod 600 it", path));
  return read_open(file, path, bytes_max);
}

}  // namespace bw
