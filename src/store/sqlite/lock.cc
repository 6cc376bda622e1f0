// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/lock.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace bw::store::sqlite {
namespace {

std::unexpected<Error> failed(std::string_view what, const std::string& path) {
  return fail(Code::unavailable, fmt::format("cannot {} `{}`: {}", what, path, std::strerror(errno)));
}

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  auto size = ::pread(descriptor, text.data(), text.size() - 1, 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "unknown";
}

bool is_network(long type) {
  constexpr std::array<unsigned long, 4> types{0x6969 /* NFS */, 0x517B /* SMB */, 0xFE534D42 /* SMB2 */,
                                               0xFF534D42 /* CIFS */};
  for (auto network : types) {
    if ((static_cast<unsigned long>(type) & 0xFFFFFFFF) == network) return true;
  }
  return false;
}

}  // namespace

Result<Lock> Lock::take(const std::string& data_dir) {
  auto path = data_dir + "/lock";
  Lock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.descriptor_ < 0) return failed("open", path);
  // A lock of the open file, not of the process: another opening in the same process is refused too.
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(lock.descriptor_, F_OFD_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES) return failed("lock", path);
    return fail(Code::failed_precondition, fmt::format("the ledger in `{}` is in use by process {}: stop it first",
                                                       data_dir, holder(lock.descriptor_)));
  }
  auto id = std::to_string(::getpid());
  if (::ftruncate(lock.descriptor_, 0) != 0 || ::pwrite(lock.descriptor_, id.data(), id.size(), 0) < 0)
    return failed("write", path);
  return lock;
}

Lock::~Lock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status prepare_folder(const std::string& data_dir) {
  std::error_code error;
  if (!std::filesystem::exists(data_dir, error)) {
    if (!std::filesystem::create_directories(data_dir, error)) {
      return fail(Code::unavailable, fmt::format("cannot make folder `{}`: {}", data_dir, error.message()));
    }
    ::chmod(data_dir.c_str(), 0700);
    BW_OK(sync_folder(std::filesystem::absolute(data_dir).parent_path().string()));
  }
  struct statfs status{};
  if (::statfs(data_dir.c_str(), &status) != 0) return failed("look at", data_dir);
  if (is_network(status.f_type)) {
    return fail(Code::failed_precondition,
                fmt::format("`{}` is on a network file system; the ledger needs a local disk", data_dir));
  }
  return {};
}

Status prepare_file(const std::string& path) {
  auto descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed("open", path);
  ::close(descriptor);
  return {};
}

Status sync_folder(const std::string& data_dir) {
  auto descriptor = ::open(data_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed("open", data_dir);
  bool good = ::fsync(descriptor) == 0;
  auto error = errno;
  ::close(descriptor);
  errno = error;
  return good ? Status() : failed("sync", data_dir);
}

}  // namespace bw::store::sqlite
