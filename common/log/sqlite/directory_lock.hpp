#pragma once
// DirectoryLock: one process at a time per data directory, by flock(2) on DIRECTORY/certes.lock, which holds the pid.
// The kernel drops it when the process ends, however it ends. Held for as long as the log is open. One thread.

#include <string>

#include "common/base/result.hpp"

namespace certes::log::sqlite {

class DirectoryLock {
 public:
  // Makes the directory where it is missing. conflict: another process holds it.
  static Result<DirectoryLock> take(const std::string& directory);
  ~DirectoryLock();
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace certes::log::sqlite
