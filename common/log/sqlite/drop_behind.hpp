#pragma once
// DropBehind: lets the kernel forget what it caches of the older part of the file. Every byte of the log is written
// once more when it is copied into the file; kept in the page cache, a log that grows takes one new page of memory
// after the other, which costs a good part of an insert where a hypervisor gives pages out one by one. What is written
// next then goes into the pages that were let go. Readers of the older part read the disk, in order. Who: the
// checkpointer, after it has synced. Threads: one at a time. It is advice (posix_fadvise(2)): where it cannot be given,
// nothing is lost.

#include <cstdint>
#include <string>

namespace certes::log::sqlite {

class DropBehind {
 public:
  static constexpr std::int64_t kKeepBytes = 64 << 20;  // at the end of the file, where the newest events are

  // Must outlive every SQLite connection to the file: closing any descriptor of a file ends the process's POSIX locks
  // on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
  explicit DropBehind(const std::string& path, std::int64_t keep_bytes = kKeepBytes);
  ~DropBehind();
  DropBehind(const DropBehind&) = delete;
  DropBehind& operator=(const DropBehind&) = delete;

  // Forgets what is clean. Does not wait for the disk.
  void advise() const;

 private:
  const int fd_;
  const std::int64_t keep_bytes_;
};

}  // namespace certes::log::sqlite
