// SPDX-License-Identifier: Apache-2.0
// Stands between a program and the C library (LD_PRELOAD) and makes calls fail as a sick machine would: writes, syncs, opens
// for writing and reads of the files whose path begins with FAULT_FILES, accepting connections, and the wall clock. What fails
// and when stands in the file FAULT_CONTROL, which is mapped: faults.mjs writes it while the program runs.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, OPEN = 4, READ = 8, ACCEPT = 16 };

// In this order in the file, 8 bytes each; faults.mjs knows them by number.
struct control {
  _Atomic int64_t what;     // which calls, of the above
  _Atomic int64_t pass;     // so many of them go through first
  _Atomic int64_t times;    // then so many fail
  _Atomic int64_t error;    // with this errno
  _Atomic int64_t torn;     // 1: a write that fails leaves half of its bytes
  _Atomic int64_t failed;   // so many have failed
  _Atomic int64_t clock_ms; // what the wall clock is ahead
};

static struct control none;
static struct control *control = &none;
static const char *files = "";

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_CONTROL");
  if (getenv("FAULT_FILES")) files = getenv("FAULT_FILES");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) control = mapped;
  close(file);
}

#define REAL(name)                                                          \
  static __typeof__(&name) real;                                            \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int ours(const char *path) { return *files && strncmp(path, files, strlen(files)) == 0; }

static int ours_open(int file) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return 0;
  path[size] = 0;
  return ours(path);
}

static int fails(int what) {
  if (!(control->what & what) || atomic_fetch_sub(&control->pass, 1) > 0) return 0;
  if (atomic_fetch_sub(&control->times, 1) <= 0) return 0;
  atomic_fetch_add(&control->failed, 1);
  errno = (int)control->error;
  return 1;
}

// Only what is armed is looked up.
static int write_fails(int file) { return (control->what & WRITE) && ours_open(file) && fails(WRITE); }

ssize_t write(int file, const void *bytes, size_t count) {
  REAL(write);
  if (!write_fails(file)) return real(file, bytes, count);
  int error = errno;
  if (control->torn && count > 1) return real(file, bytes, count / 2);
  errno = error;
  return -1;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
  REAL(pwrite64);
  if (!write_fails(file)) return real(file, bytes, count, at);
  int error = errno;
  if (control->torn && count > 1) real(file, bytes, count / 2, at);
  errno = error;
  return -1;
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) { return pwrite64(file, bytes, count, at); }

int ftruncate64(int file, off64_t size) {
  REAL(ftruncate64);
  return write_fails(file) ? -1 : real(file, size);
}
int ftruncate(int file, off_t size) { return ftruncate64(file, size); }

static int sync_fails(int file) { return (control->what & SYNC) && ours_open(file) && fails(SYNC); }
int fsync(int file) {
  REAL(fsync);
  return sync_fails(file) ? -1 : real(file);
}
int fdatasync(int file) {
  REAL(fdatasync);
  return sync_fails(file) ? -1 : real(file);
}

ssize_t pread64(int file, void *bytes, size_t count, off64_t at) {
  REAL(pread64);
  if ((control->what & READ) && ours_open(file) && fails(READ)) return -1;
  return real(file, bytes, count, at);
}
ssize_t pread(int file, void *bytes, size_t count, off_t at) { return pread64(file, bytes, count, at); }

int open64(const char *path, int flags, ...) {
  REAL(open64);
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if ((flags & O_ACCMODE) != O_RDONLY && ours(path) && fails(OPEN)) return -1;
  return real(path, flags, mode);
}
int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open64(path, flags, mode);
}

int accept(int socket, struct sockaddr *address, socklen_t *size) {
  REAL(accept);
  return fails(ACCEPT) ? -1 : real(socket, address, size);
}
int accept4(int socket, struct sockaddr *address, socklen_t *size, int flags) {
  REAL(accept4);
  return fails(ACCEPT) ? -1 : real(socket, address, size, flags);
}

int clock_gettime(clockid_t clock, struct timespec *out) {
  REAL(clock_gettime);
  int code = real(clock, out);
  if (code == 0 && clock == CLOCK_REALTIME) {
    int64_t ms = control->clock_ms;
    out->tv_sec += ms / 1000;
    out->tv_nsec += ms % 1000 * 1000000;
    if (out->tv_nsec >= 1000000000) out->tv_sec += 1, out->tv_nsec -= 1000000000;
    if (out->tv_nsec < 0) out->tv_sec -= 1, out->tv_nsec += 1000000000;
  }
  return code;
}
