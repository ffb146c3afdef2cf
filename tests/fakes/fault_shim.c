// A file system that fails on demand: preloaded (LD_PRELOAD), it answers chosen calls on chosen files with an error.
// The file named by CERTES_FAULTS holds a line per fault, "CALL ERROR END": the call (open, write, pwrite, pread,
// sync, ftruncate), the error (ENOSPC, EIO, EROFS, EACCES) and how the file's path ends. It is read at each call, so a
// test can change it while the program runs. open fails only where it is for writing. A line "disk BYTES END" is a file
// system of that size for the files of a directory whose path ends so: what would make them larger fails, and statvfs
// says what is left. Used by tests of the embedded log.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
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

// Reads what stands in CERTES_FAULTS, with system calls alone, so that it does not meet itself. 0: nothing.
static int read_control(char* text, size_t room) {
  const char* control = getenv("CERTES_FAULTS");
  if (control == NULL) return 0;
  const long fd = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  const long size = syscall(SYS_read, fd, text, room - 1);
  syscall(SYS_close, fd);
  if (size <= 0) return 0;
  text[size] = '\0';
  return 1;
}

// The error that `call` on `path` ends with; 0: none.
static int fault(const char* call, const char* path) {
  char text[1024];
  if (!read_control(text, sizeof text)) return 0;
  char* rest = NULL;
  for (char* line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    char its_call[32], its_error[32], its_end[256];
    if (sscanf(line, "%31s %31s %255s", its_call, its_error, its_end) != 3) continue;
    if (strcmp(its_call, call) == 0 && ends_with(path, its_end)) return error_number(its_error);
  }
  return 0;
}

static int path_of(int fd, char* path, size_t room) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, room - 1);
  if (size <= 0) return 0;
  path[size] = '\0';
  return 1;
}

static int fault_at(const char* call, int fd) {
  char path[4096];
  if (getenv("CERTES_FAULTS") == NULL || !path_of(fd, path, sizeof path)) return 0;
  return fault(call, path);
}

static long long used_in(const char* directory) {
  DIR* files = opendir(directory);
  if (files == NULL) return 0;
  long long used = 0;
  struct stat file;
  for (struct dirent* each = readdir(files); each != NULL; each = readdir(files))
    if (fstatat(dirfd(files), each->d_name, &file, 0) == 0 && S_ISREG(file.st_mode)) used += file.st_size;
  closedir(files);
  return used;
}

// What is left of the disk that `directory` is on; -1: it is on none of ours.
static long long left_in(const char* directory) {
  char text[1024];
  if (!read_control(text, sizeof text)) return -1;
  char* rest = NULL;
  for (char* line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    long long bytes = 0;
    char its_end[256];
    if (sscanf(line, "disk %lld %255s", &bytes, its_end) != 2 || !ends_with(directory, its_end)) continue;
    const long long left = bytes - used_in(directory);
    return left > 0 ? left : 0;
  }
  return -1;
}

// ENOSPC where a file that ends at `end` has no room on its disk.
static int no_room(int fd, long long end) {
  char path[4096];
  struct stat file;
  if (getenv("CERTES_FAULTS") == NULL || fstat(fd, &file) != 0 || end <= file.st_size) return 0;
  if (!path_of(fd, path, sizeof path) || strrchr(path, '/') == NULL) return 0;
  *strrchr(path, '/') = '\0';
  const long long left = left_in(path);
  return left >= 0 && end - file.st_size > left ? ENOSPC : 0;
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
  FAIL_IF(no_room(fd, (long long)at + (long long)size));
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
  FAIL_IF(no_room(fd, (long long)size));
  return (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int statvfs(const char* path, struct statvfs* into) {
  int (*next)(const char*, struct statvfs*);
  *(void**)&next = dlsym(RTLD_NEXT, "statvfs");
  const int result = next(path, into);
  const long long left = left_in(path);
  if (result == 0 && left >= 0) into->f_bavail = (fsblkcnt_t)(left / (long long)into->f_frsize);
  return result;
}
