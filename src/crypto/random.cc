// SPDX-License-Identifier: Apache-2.0
#include "crypto/random.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/random.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "base/id.h"
#include "base/result.h"

namespace bw::crypto {
namespace {

void fill(char* out, std::size_t count) {
  while (count > 0) {
    auto got = getrandom(out, count, 0);
    if (got < 0 && errno == EINTR) continue;
    BW_ASSERT(got > 0);
    out += got;
    count -= static_cast<std::size_t>(got);
  }
}

// Counts forks on the way to this process, so that parent and child never hand out the same bytes.
std::atomic<unsigned> forks{0};

struct Pool {
  std::array<char, 4096> bytes;
  std::size_t used = sizeof bytes;
  unsigned filled_after = 0;

  Pool() {
    static const int hook = pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
    BW_ASSERT(hook == 0);
  }
  ~Pool() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

  std::string take(std::size_t count) {
    auto now = forks.load(std::memory_order_relaxed);
    if (used + count > bytes.size() || filled_after != now) {
      fill(bytes.data(), bytes.size());
      used = 0;
      filled_after = now;
    }
    std::string out(bytes.data() + used, count);
    OPENSSL_cleanse(bytes.data() + used, count);
    used += count;
    return out;
  }
};

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  fill(out.data(), count);
  return out;
}

std::string random_salt(std::size_t count) {
  BW_ASSERT(count <= 64);
  thread_local Pool pool;
  return pool.take(count);
}

std::string new_id(std::string_view prefix, std::int64_t unix_ms) { return make_id(prefix, unix_ms, random_salt(16)); }

}  // namespace bw::crypto
