#include "api/history/file.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "api/history/tables.hpp"

namespace certes::api::history {
namespace {

constexpr const char* kName = "/history.db";
constexpr int kInstructions = 10'000;  // of SQLite's machine, between two questions whether to give up

std::optional<std::string> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

enum class Look : std::uint8_t { sound, damaged, given_up };

Look look_through(Connection& connection, std::function<bool()> give_up) {
  const auto ask = [](void* asked) { return (*static_cast<std::function<bool()>*>(asked))() ? 1 : 0; };
  sqlite3_progress_handler(connection.raw(), kInstructions, ask, &give_up);
  try {
    Statement check = connection.prepare("PRAGMA quick_check(1)");
    return check.step() && check.bytes(0) == "ok" ? Look::sound : Look::damaged;
  } catch (const Failure& failure) {
    if ((failure.code() & 0xff) != SQLITE_INTERRUPT) throw;
    return Look::given_up;
  }
}

// A new file, for its owner alone.
void write_private(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  [[maybe_unused]] const auto written = ::write(fd, text.data(), text.size());  // a note that is cut fits no file
  ::close(fd);
}

}  // namespace

IndexFile::IndexFile(std::string directory) : directory_(std::move(directory)), path_(directory_ + kName) {}

std::string IndexFile::described() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return {};
  const auto& time = status.st_mtim;
  return std::to_string(status.st_size) + " " + std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec) + "\n";
}

Result<std::optional<std::string>> IndexFile::open(const std::function<bool()>& give_up) {
  const bool known = lock_ && is_there();  // since this process has looked at it
  if (!known) {
    lock_.reset();
    auto lock = log::sqlite::DirectoryLock::take(directory_);
    if (!lock) return fail(std::move(lock.error()));
    lock_.emplace(std::move(*lock));
  }
  const std::string found = described();
  const auto note = contents(note_path());
  if (!found.empty() && note && *note != found) return "it was changed while no process had it";
  std::error_code ignored;
  std::filesystem::remove(note_path(), ignored);
  log::sqlite::keep_private(path_);
  Connection connection(path_);
  if (!make_or_check(connection)) return "it has another format";
  if (!found.empty() && !note && !known) {
    const Look look = look_through(connection, give_up);
    if (look == Look::given_up) return fail(Code::unavailable, "the index was still being looked through");
    if (look == Look::damaged) return "it is damaged";
  }
  struct stat status {};
  inode_ = ::stat(path_.c_str(), &status) == 0 ? status.st_ino : 0;
  return std::optional<std::string>();
}

bool IndexFile::is_there() const {
  struct stat status {};
  return ::stat(path_.c_str(), &status) == 0 && status.st_ino == inode_;
}

void IndexFile::remove() {
  std::error_code ignored;
  for (const char* const beside : {"", "-wal", "-shm", ".closed"}) std::filesystem::remove(path_ + beside, ignored);
}

void IndexFile::close() {
  if (!is_there()) return;
  write_private(note_path(), described());
}

}  // namespace certes::api::history
