// A spool on a disk that fails, under the fault shim, and one whose process is killed.

#include <doctest/doctest.h>

#include "tests/common/log/sqlite/child.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace certes::test {
namespace {

struct Disk {
  std::vector<std::string> run(const std::vector<std::string>& actions) const {
    return Child(directory.file("spool"), actions, directory.file("faults")).rest();
  }
  TemporaryDirectory directory;
};

bool begins(const std::string& line, const std::string& with) { return line.rfind(with, 0) == 0; }
bool has(const std::string& line, const std::string& part) { return line.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("Spool: on a full disk nothing is taken, and it goes on once there is space") {
  const Disk disk;
  const auto lines = disk.run({"open", "publish", "fault=pwrite ENOSPC spool.db-wal", "publish", "failure",
                               "fault=", "publish", "close", "open"});
  REQUIRE(lines.size() == 6);
  CHECK(lines[0] == "open ok 0");
  CHECK(lines[1] == "publish ok");
  CHECK(begins(lines[2], "publish unavailable cannot write "));
  CHECK(has(lines[2], "spool.db"));
  CHECK(has(lines[2], "the disk is full"));
  CHECK(lines[3] == "failure none");
  CHECK(lines[4] == "publish ok");
  CHECK(lines[5] == "open ok 2");
}

TEST_CASE("Spool: a failed sync is an unknown outcome and the end of it, until it is opened again") {
  const Disk disk;
  const auto lines = disk.run({"open", "publish", "fault=sync EIO spool.db-wal", "publish", "failure",
                               "fault=", "publish", "close", "open", "failure", "publish"});
  REQUIRE(lines.size() == 8);
  CHECK(begins(lines[2], "publish unknown_outcome cannot write "));
  CHECK(begins(lines[3], "failure unknown_outcome "));
  CHECK(begins(lines[4], "publish unavailable the spool takes nothing more"));
  CHECK(begins(lines[5], "open ok "));  // 1 or 2: the unknown one may be there
  CHECK(lines[6] == "failure none");
  CHECK(lines[7] == "publish ok");
}

TEST_CASE("Spool: what was durable is there after kill -9") {
  const Disk disk;
  for (int round = 0; round < 3; ++round) {
    std::size_t before = 0;
    std::size_t told = 0;
    {
      Child child(disk.directory.file("spool"), {"open", "pump"});
      before = std::stoul(child.line().value().substr(8));
      while (told < 50 && child.line()) ++told;
      child.kill();
      while (child.line()) ++told;  // what was said before the end
    }
    const auto lines = Child(disk.directory.file("spool"), {"open"}).rest();
    REQUIRE(lines.size() == 1);
    const std::size_t there = std::stoul(lines[0].substr(8));
    CHECK(there >= before + told);
    CHECK(there <= before + told + 1);  // durable, and killed before it could say so
  }
}

}  // namespace certes::test
