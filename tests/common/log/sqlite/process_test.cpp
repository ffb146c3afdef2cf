// The embedded log and processes: one at a time, killed, without rights.

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/common/log/sqlite/child.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace certes::test {
namespace {

bool has(const std::string& line, const std::string& part) { return line.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("SQLite log: after kill -9 it opens at once and has every acknowledged record") {
  const TemporaryDirectory directory;
  long acknowledged = 0;
  for (int round = 0; round < 3; ++round) {
    Child child(directory.path(), {"open", "pump"});
    REQUIRE(child.line() == "open ok");
    long last = -1;
    for (int i = 0; i < 500 + 311 * round; ++i) {
      const auto line = child.line();
      REQUIRE(line.has_value());
      last = std::stol(*line);
    }
    child.kill();
    for (const std::string& line : child.rest()) last = std::stol(line);  // what it had said before the end
    acknowledged = last + 1;
    const auto after = Child(directory.path(), {"open", "count", "append"}).rest();
    REQUIRE(after.size() == 3);
    CHECK(after[0] == "open ok");
    CHECK(std::stol(after[1].substr(6)) >= acknowledged);
    CHECK(has(after[2], "append persisted"));
  }
}

TEST_CASE("SQLite log: a second process is told who has it and what to do") {
  const TemporaryDirectory directory;
  Child first(directory.path(), {"open", "pump"});
  REQUIRE(first.line() == "open ok");
  const auto second = Child(directory.path(), {"open"}).rest();
  REQUIRE(second.size() == 1);
  CHECK(has(second[0], "open conflict the data directory " + directory.path() + " is in use by process " +
                           std::to_string(first.pid())));
  CHECK(has(second[0], "stop it first, or start with another directory (--data DIR)"));
  first.kill();
  CHECK(Child(directory.path(), {"open"}).rest().at(0) == "open ok");
}

TEST_CASE("SQLite log: a directory without the right to write is refused by name") {
  const TemporaryDirectory directory;
  REQUIRE(::chmod(directory.path().c_str(), 0555) == 0);
  const auto lines = Child(directory.path(), {"nobody", "open"}).rest();
  REQUIRE(lines.size() == 1);
  CHECK(has(lines[0], "open unavailable cannot write " + directory.file("certes.lock") + ": Permission denied"));
  CHECK(has(lines[0], "must be writable"));
  REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
}

TEST_CASE("SQLite log: a file without the right to write is refused by name") {
  const TemporaryDirectory directory;
  Child(directory.path(), {"open", "append", "close"}).rest();
  REQUIRE(::chmod(directory.path().c_str(), 0777) == 0);
  REQUIRE(::chmod(directory.file("certes.lock").c_str(), 0666) == 0);
  REQUIRE(::chmod(directory.file("certes.db").c_str(), 0444) == 0);
  const auto lines = Child(directory.path(), {"nobody", "open"}).rest();
  REQUIRE(lines.size() == 1);
  CHECK(has(lines[0], "open unavailable " + directory.file("certes.db") + " is read-only"));
}

}  // namespace certes::test
