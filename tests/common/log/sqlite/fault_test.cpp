// The embedded log on a disk that fails, under the fault shim.

#include <doctest/doctest.h>

#include "tests/common/log/sqlite/child.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace certes::test {
namespace {

struct Disk {
  std::vector<std::string> run(const std::vector<std::string>& actions) const {
    return Child(directory.file("data"), actions, directory.file("faults")).rest();
  }
  TemporaryDirectory directory;
};

bool begins(const std::string& line, const std::string& with) { return line.rfind(with, 0) == 0; }
bool has(const std::string& line, const std::string& part) { return line.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("SQLite log: a full disk is not_persisted, and appends go on once there is space") {
  const Disk disk;
  const auto lines = disk.run({"open", "append", "fault=pwrite ENOSPC certes.db-wal", "append", "health", "append",
                               "fault=", "append", "health", "count", "close", "open", "count"});
  REQUIRE(lines.size() == 11);
  CHECK(lines[1] == "append persisted 0");
  CHECK(begins(lines[2], "append not_persisted unavailable cannot write "));
  CHECK(has(lines[2], "certes.db"));
  CHECK(has(lines[2], "the disk is full: free some space"));
  CHECK(begins(lines[3], "health unavailable cannot write "));
  CHECK(begins(lines[4], "append not_persisted"));
  CHECK(lines[5] == "append persisted 1");
  CHECK(lines[6] == "health ok");
  CHECK(lines[7] == "count 2");
  CHECK(lines[10] == "count 2");
}

TEST_CASE("SQLite log: a disk that filled to the reserve takes events again once they are finished and too old") {
  const Disk disk;
  const auto lines =
      disk.run({"reserve=16000000", "keep=0", "fault=disk 64000000 data", "open", "lines", "fill=900000", "append",
                "finish", "takes=900000", "fill=900000", "finish", "takes=900000", "health", "close"});
  CAPTURE(lines.size());
  REQUIRE(lines.size() >= 10);
  CHECK(begins(lines[1], "line log: less than 15 MiB of free space at "));
  CHECK(lines[2] == "fill busy");
  CHECK(begins(lines[3], "append refused busy"));
  CHECK(lines[4] == "finish ok");
  CHECK(begins(lines[5], "line log: enough free space again, after "));
  CHECK(lines[6] == "takes yes");
  CHECK(lines[7] == "fill busy");  // its line is not due so soon
  CHECK(lines[8] == "finish ok");
  CHECK(lines[9] == "takes yes");
  CHECK(lines[10] == "health ok");
}

TEST_CASE("SQLite log: a failing disk is told when it begins and when it ends, not at every record") {
  const Disk disk;
  const auto lines = disk.run({"open", "lines", "fault=pwrite ENOSPC certes.db-wal", "append", "append", "append",
                               "fault=", "append", "append"});
  REQUIRE(lines.size() == 8);
  CHECK(begins(lines[1], "line log: cannot write "));
  CHECK(has(lines[1], "the disk is full: free some space"));
  for (const int at : {2, 3, 4}) CHECK(begins(lines[static_cast<std::size_t>(at)], "append not_persisted"));
  CHECK(begins(lines[5], "line log: written again, after "));
  CHECK(lines[6] == "append persisted 0");
}

TEST_CASE(
    "SQLite log: of a transaction that failed, neither identities nor commits are known, then or after opening again") {
  const Disk disk;
  const auto lines =
      disk.run({"open", "identified=z", "commit=1", "fault=pwrite ENOSPC certes.db-wal", "identified=a", "commit=7",
                "committed", "fault=", "identified=a", "identified=b", "identified=a", "committed", "close", "open",
                "identified=a", "identified=b", "identified=z", "committed"});
  REQUIRE(lines.size() == 16);
  CHECK(lines[1] == "identified persisted 0");
  CHECK(lines[2] == "commit ok");
  CHECK(begins(lines[3], "identified not_persisted"));
  CHECK(lines[4] == "commit refused");
  CHECK(lines[5] == "committed 1");
  CHECK(lines[6] == "identified persisted 1");
  CHECK(lines[7] == "identified persisted 2");
  CHECK(lines[8] == "identified duplicate");
  CHECK(lines[9] == "committed 1");
  for (const std::size_t at : {12, 13, 14}) CHECK(lines[at] == "identified duplicate");
  CHECK(lines[15] == "committed 1");
}

TEST_CASE("SQLite log: a write error before the sync is not_persisted, and nothing of it is there later") {
  const Disk disk;
  const auto lines = disk.run({"open", "append", "fault=pwrite EIO certes.db-wal", "append", "health",
                               "fault=", "append", "close", "open", "count"});
  REQUIRE(lines.size() == 8);
  CHECK(begins(lines[2], "append not_persisted unavailable cannot write "));
  CHECK(has(lines[2], "disk I/O error"));  // newer versions of SQLite go on with the system's words
  CHECK(has(lines[2], " (a write failed: check the disk)"));
  CHECK(begins(lines[3], "health unavailable"));
  CHECK(lines[4] == "append persisted 1");
  CHECK(lines[7] == "count 2");
}

TEST_CASE("SQLite log: a failed sync is unknown and the end of this log; opening it again recovers") {
  const Disk disk;
  const auto lines = disk.run({"open", "append", "fault=sync EIO certes.db-wal", "append", "health", "fault=", "append",
                               "health", "count", "close", "open", "health", "append"});
  REQUIRE(lines.size() == 11);
  CHECK(begins(lines[2], "append unknown unknown_outcome cannot write "));
  CHECK(has(lines[2], "check the disk, then restart"));
  CHECK(begins(lines[3], "health internal"));
  CHECK(begins(lines[4], "append refused unavailable the log takes no more appends: "));
  CHECK(has(lines[4], "certes.db"));
  CHECK(begins(lines[5], "health internal"));  // the disk answers again, but what it lost is not known
  CHECK(lines[6] == "count 1");
  CHECK(lines[8] == "open ok");
  CHECK(lines[9] == "health ok");
  CHECK(begins(lines[10], "append persisted "));  // at 1 or 2: the unknown one may be there
}

TEST_CASE("SQLite log: a sync that fails in a checkpoint ends this log, and what was acknowledged is there again") {
  const Disk disk;
  const auto lines = disk.run({"open", "append", "fault=sync EIO certes.db", "append=4000000", "sick", "append",
                               "fault=", "append", "close", "open", "count"});
  REQUIRE(lines.size() == 9);
  CHECK(lines[2] == "append persisted 1");  // its checkpoint comes after it
  CHECK(begins(lines[3], "health internal cannot write "));
  CHECK(begins(lines[4], "append refused unavailable the log takes no more appends: "));
  CHECK(begins(lines[5], "append refused unavailable the log takes no more appends: "));
  CHECK(lines[8] == "count 2");
}

TEST_CASE("SQLite log: a read error is told, and passes") {
  const Disk disk;
  Child(disk.directory.file("data"), {"open", "append", "close"}).rest();
  const auto lines = disk.run({"open", "fault=pread EIO certes.db", "count", "fault=", "count"});
  REQUIRE(lines.size() == 3);
  CHECK(begins(lines[1], "count unavailable cannot read "));
  CHECK(has(lines[1], "certes.db"));
  CHECK(lines[2] == "count 1");
}

TEST_CASE("SQLite log: a read-only file system is refused at open") {
  const Disk disk;
  Child(disk.directory.file("data"), {"open", "close"}).rest();
  const auto file = disk.run({"fault=open EROFS certes.db", "open"});
  REQUIRE(file.size() == 1);
  CHECK(begins(file[0], "open unavailable "));
  CHECK(has(file[0], "certes.db is read-only"));
  const auto lock = disk.run({"fault=open EROFS certes.lock", "open"});
  REQUIRE(lock.size() == 1);
  CHECK(begins(lock[0], "open unavailable cannot write "));
  CHECK(has(lock[0], "certes.lock: Read-only file system"));
}

TEST_CASE("SQLite log: a disk that fails while the file is made leaves a clear error, and no trap for the next try") {
  const Disk disk;
  for (const char* fault : {"fault=sync EIO certes.db", "fault=pwrite ENOSPC certes.db"}) {
    const auto lines = disk.run({fault, "open", "fault=", "open", "append", "close"});
    REQUIRE(lines.size() == 4);
    CHECK(begins(lines[0], "open unavailable cannot "));
    CHECK(has(lines[0], "certes.db"));
    CHECK(lines[1] == "open ok");
    CHECK(begins(lines[2], "append persisted"));
    std::filesystem::remove_all(disk.directory.file("data"));
  }
}

}  // namespace certes::test
