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

// Keeps a database, and what SQLite puts beside it, from everybody but its owner, whatever the umask and the
// directory's mode are: a new one is made so, one that is there is changed. What the file system cannot do is left
// undone.
void keep_private(const std::string& database);

}  // namespace certes::log::sqlite
