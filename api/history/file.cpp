#include "api/history/file.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "api/history/tables.hpp"

namespace certes::api::history {
namespace {

constexpr const char* kName = "/history.db";

std::optional<std::string> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool looks_sound(Connection& connection) {
  Statement check = connection.prepare("PRAGMA quick_check(1)");
  return check.step() && check.bytes(0) == "ok";
}

}  // namespace

IndexFile::IndexFile(std::string directory) : directory_(std::move(directory)), path_(directory_ + kName) {}

std::string IndexFile::described() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return {};
  const auto& time = status.st_mtim;
  return std::to_string(status.st_size) + " " + std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec) + "\n";
}

Result<std::optional<std::string>> IndexFile::open() {
  if (!lock_ || !is_there()) {
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
  if (!found.empty() && !note && !looks_sound(connection)) return "it is damaged";
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
  std::ofstream(note_path(), std::ios::binary | std::ios::trunc) << described();
}

}  // namespace certes::api::history
