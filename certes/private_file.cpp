#include "certes/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "common/base/durable.hpp"

namespace certes {
namespace {

Error system_error(const std::string& path, int reason) {
  return {reason == EEXIST ? Code::conflict : Code::unavailable, path + ": " + std::strerror(reason)};
}

Result<void> write_all(int fd, const std::string& path, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto n = ::write(fd, text.data() + at, text.size() - at);
    if (n < 0) return fail(system_error(path, errno));
    at += static_cast<std::size_t>(n);
  }
  if (::fsync(fd) != 0) return fail(system_error(path, errno));
  return {};
}

Result<void> write_new(const std::string& path, const std::string& text, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return fail(system_error(path, errno));
  if (mode == kPrivate) ::fchmod(fd, mode);  // whatever the umask is
  auto written = write_all(fd, path, text);
  ::close(fd);
  if (!written) ::unlink(path.c_str());
  return written;
}

std::string temporary_name(const std::string& path) { return path + "." + std::to_string(::getpid()) + ".new"; }

}  // namespace

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  const auto refused = [&path](int reason) { return fail(system_error("cannot make the directory " + path, reason)); };
  if (errno != ENOENT) return refused(errno);
  const std::string parent = std::filesystem::path(path).parent_path().string();
  if (parent.empty() || parent == path) return refused(ENOENT);
  if (auto made = make_directory(parent); !made) return made;
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return refused(errno);
}

Result<void> make_private_file(const std::string& path, const std::string& text) {
  const std::string temporary = temporary_name(path);
  ::unlink(temporary.c_str());
  if (auto written = write_new(temporary, text, kPrivate); !written) return written;
  // link(2) fails where the name is taken; rename(2) would replace it.
  const int reason = ::link(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  ::unlink(temporary.c_str());
  if (reason != 0) return fail(system_error(path, reason));
  static_cast<void>(sync_directory_of(path));  // it stands there: one that may not be read is no reason to fail
  return {};
}

Result<void> replace_file(const std::string& path, const std::string& text, unsigned mode) {
  const std::string temporary = temporary_name(path);
  ::unlink(temporary.c_str());
  if (auto written = write_new(temporary, text, mode); !written) return written;
  if (::rename(temporary.c_str(), path.c_str()) != 0) return fail(system_error(path, errno));
  return {};
}

}  // namespace certes
