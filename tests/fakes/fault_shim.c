// A file system that fails on demand: preloaded (LD_PRELOAD), it answers chosen calls on chosen files with an error.
// The file named by CERTES_FAULTS holds a line per fault, "CALL ERROR END": the call (open, write, pwrite, pread,
// sync, ftruncate), the error (ENOSPC, EIO, EROFS, EACCES) and how the file's path ends. It is read at each call, so a
// test can change it while the program runs. open fails only where it is for writing. Used by tests of the embedded
// log.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int error_number(const char* name) {
  if (strcmp(name, "ENOSPC") == 0) return ENOSPC;
  if (strcmp(name, "EROFS") == 0) return EROFS;
  if (strcmp(name, "EACCES") == 0) return EACCES;
  return EIO;
}

static int ends_with(const char* path, const char* end) {
  const size_t size = strlen(path), end_size = strlen(end);
  return size >= end_size && strcmp(path + size - end_size, end) == 0;
}

// The error that `call` on `path` ends with; 0: none. Uses system calls alone, so that it does not meet itself.
static int fault(const char* call, const char* path) {
  const char* control = getenv("CERTES_FAULTS");
  if (control == NULL) return 0;
  const long fd = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  char text[1024];
  const long size = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (size <= 0) return 0;
  text[size] = '\0';
  char* rest = NULL;
  for (char* line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    char its_call[32], its_error[32], its_end[256];
    if (sscanf(line, "%31s %31s %255s", its_call, its_error, its_end) != 3) continue;
    if (strcmp(its_call, call) == 0 && ends_with(path, its_end)) return error_number(its_error);
  }
  return 0;
}

static int fault_at(const char* call, int fd) {
  if (getenv("CERTES_FAULTS") == NULL) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return 0;
  path[size] = '\0';
  return fault(call, path);
}

#define FAIL_IF(expression)       \
  do {                            \
    const int error = expression; \
    if (error != 0) {             \
      errno = error;              \
      return -1;                  \
    }                             \
  } while (0)

static int open_at(const char* path, int flags, mode_t mode) {
  if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0) FAIL_IF(fault("open", path));
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_at(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_at(path, flags, mode);
}

ssize_t write(int fd, const void* data, size_t size) {
  FAIL_IF(fault_at("write", fd));
  return syscall(SYS_write, fd, data, size);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  FAIL_IF(fault_at("pwrite", fd));
  return syscall(SYS_pwrite64, fd, data, size, at);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

ssize_t pread64(int fd, void* data, size_t size, off64_t at) {
  FAIL_IF(fault_at("pread", fd));
  return syscall(SYS_pread64, fd, data, size, at);
}

ssize_t pread(int fd, void* data, size_t size, off_t at) { return pread64(fd, data, size, at); }

int fsync(int fd) {
  FAIL_IF(fault_at("sync", fd));
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  FAIL_IF(fault_at("sync", fd));
  return (int)syscall(SYS_fdatasync, fd);
}

int ftruncate64(int fd, off64_t size) {
  FAIL_IF(fault_at("ftruncate", fd));
  return (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
