#include "common/log/sqlite/drop_behind.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "tests/fakes/temporary_directory.hpp"

namespace certes::log::sqlite {
namespace {

constexpr std::size_t kMiB = 1 << 20;

// A file of 8 MiB that is on the disk, and in the page cache.
std::string written(const test::TemporaryDirectory& directory) {
  std::string path = directory.file("file");
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::string part(kMiB, 'x');
  for (int i = 0; i < 8; ++i) REQUIRE(::write(fd, part.data(), part.size()) == static_cast<ssize_t>(part.size()));
  REQUIRE(::fsync(fd) == 0);
  ::close(fd);
  return path;
}

// How many pages of this part of the file are in the page cache.
std::ptrdiff_t cached(const std::string& path, std::size_t from, std::size_t bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  void* mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(from));
  ::close(fd);
  REQUIRE(mapped != MAP_FAILED);
  std::vector<unsigned char> pages(bytes / static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
  REQUIRE(::mincore(mapped, bytes, pages.data()) == 0);
  ::munmap(mapped, bytes);
  return std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return (page & 1) != 0; });
}

bool lives_in_memory(const test::TemporaryDirectory& directory) {
  struct statfs system {};
  return ::statfs(directory.path().c_str(), &system) == 0 && system.f_type == TMPFS_MAGIC;
}

}  // namespace

TEST_CASE("DropBehind: the older part of the file leaves the page cache, the newest stays") {
  const test::TemporaryDirectory directory;
  if (lives_in_memory(directory)) {
    MESSAGE("the temporary directory is a tmpfs, whose files are their page cache: nothing to let go");
    return;
  }
  const std::string path = written(directory);
  const auto newest = cached(path, 6 * kMiB, 2 * kMiB);
  REQUIRE(cached(path, 0, 6 * kMiB) > 0);
  REQUIRE(newest > 0);
  DropBehind(path, 2 * kMiB).advise();
  CHECK(cached(path, 0, 6 * kMiB) == 0);
  CHECK(cached(path, 6 * kMiB, 2 * kMiB) == newest);
}

TEST_CASE("DropBehind: a short file stays, and one that is not there is no error") {
  const test::TemporaryDirectory directory;
  const std::string path = written(directory);
  const auto all = cached(path, 0, 8 * kMiB);
  DropBehind(path, 8 * kMiB).advise();
  CHECK(cached(path, 0, 8 * kMiB) == all);
  DropBehind(directory.file("nothing")).advise();
}

}  // namespace certes::log::sqlite
