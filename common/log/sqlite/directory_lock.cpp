#include "common/log/sqlite/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "common/base/durable.hpp"

namespace certes::log::sqlite {
namespace {

constexpr mode_t kOthers = 0077;
constexpr mode_t kModes = 07777;

std::string holder(int fd) {
  char text[32] = {};
  const ssize_t n = ::pread(fd, text, sizeof text - 1, 0);
  std::string pid(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "another process" : "process " + pid;
}

tl::unexpected<Error> unusable(const std::string& path, const std::string& reason) {
  return fail(Code::unavailable, "cannot write " + path + ": " + reason +
                                     "; the data directory must be writable by this user (--data DIR names another)");
}

// A directory that was made must last as what is stored in it: SQLite syncs the file's own directory, not those above.
std::error_code make(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path above = fs::absolute(directory, error).lexically_normal();
  if (!above.has_filename()) above = above.parent_path();
  std::vector<fs::path> parents;
  while (!fs::exists(above, error) && above.has_relative_path()) {
    above = above.parent_path();
    parents.push_back(above);
  }
  if (parents.empty()) return {};
  error.clear();
  fs::create_directories(directory, error);
  if (error) return error;
  fs::permissions(directory, fs::perms::owner_all, error);
  // One that may not be read is no reason to fail.
  for (const fs::path& each : parents) static_cast<void>(sync_path(each.string()));
  return error;
}

void take_from_others(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) == 0 && (status.st_mode & kOthers) != 0) [[maybe_unused]]
    const int done = ::fchmod(fd, status.st_mode & ~kOthers & kModes);
}

}  // namespace

void keep_private(const std::string& database) {
  const int made = ::open(database.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) {
    [[maybe_unused]] const int done = ::fchmod(made, 0600);
    ::close(made);
  }
  for (const char* beside : {"", "-wal", "-shm"}) {
    const int fd = ::open((database + beside).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) continue;
    take_from_others(fd);
    ::close(fd);
  }
}

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  if (const std::error_code error = make(directory)) return unusable(directory, error.message());
  const std::string path = directory + "/certes.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return unusable(path, std::strerror(errno));
  DirectoryLock lock(fd);
  take_from_others(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return unusable(path, std::strerror(errno));
    return fail(Code::conflict, "the data directory " + directory + " is in use by " + holder(fd) +
                                    ": stop it first, or start with another directory (--data DIR)");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Only for the message above: a full disk does not keep the log from opening.
  if (::ftruncate(fd, 0) == 0) [[maybe_unused]]
    const auto written = ::pwrite(fd, pid.data(), pid.size(), 0);
  return lock;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

}  // namespace certes::log::sqlite
