#include "common/log/sqlite/drop_behind.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace certes::log::sqlite {

DropBehind::DropBehind(const std::string& path, std::int64_t keep_bytes)
    : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), keep_bytes_(keep_bytes) {}

DropBehind::~DropBehind() {
  if (fd_ >= 0) ::close(fd_);
}

void DropBehind::advise() const {
  struct stat file {};
  if (fd_ < 0 || ::fstat(fd_, &file) != 0 || file.st_size <= keep_bytes_) return;
  ::posix_fadvise(fd_, 0, file.st_size - keep_bytes_, POSIX_FADV_DONTNEED);
}

}  // namespace certes::log::sqlite
