#pragma once
// IndexFile: where history's index lies, and whether what lies there may be believed. A process that ends as it should
// leaves a note of the file's size and time beside it: a file that is another then was changed while nobody had it, and
// is not read. Without a note its process was killed: then SQLite looks through it, once a process. Who: History; its
// thread alone.

#include <functional>
#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/log/sqlite/directory_lock.hpp"

namespace certes::api::history {

class IndexFile {
 public:
  explicit IndexFile(std::string directory);

  // Takes the directory, which it makes where it is missing, and makes or looks at the file. Nothing: it may be used.
  // A text: why what lay there cannot be believed; it must be removed. May take long, where the process before was
  // killed: then `give_up` is asked now and then. Errors: unavailable: it cannot be had now, or was given up. Throws
  // log::sqlite::Failure.
  Result<std::optional<std::string>> open(const std::function<bool()>& give_up = [] { return false; });
  // All connections to it must be closed.
  void remove();
  // The same; it is as it should be.
  void close();
  // False: somebody has taken it away, or put another in its place, while it is in use.
  bool is_there() const;

  const std::string& path() const { return path_; }
  const std::string& directory() const { return directory_; }

 private:
  std::string note_path() const { return path_ + ".closed"; }
  std::string described() const;  // size and time; empty: it is not there

  const std::string directory_, path_;
  std::optional<log::sqlite::DirectoryLock> lock_;
  std::uint64_t inode_ = 0;
};

}  // namespace certes::api::history
