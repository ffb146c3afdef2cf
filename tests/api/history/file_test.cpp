#include "api/history/file.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "api/history/tables.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::history;

namespace {

// Why the file cannot be believed; empty: it can.
std::string opened(IndexFile& file) {
  const auto open = file.open();
  REQUIRE(open);
  return open->value_or("");
}

void overwrite(const std::string& path, std::streamoff at, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(at);
  file << bytes;
}

}  // namespace

TEST_CASE("IndexFile: is made where there is none, and believed again after an orderly end") {
  test::TemporaryDirectory directory;
  const std::string path = directory.file("deeper/history");
  {
    IndexFile file(path);
    CHECK(opened(file).empty());
    CHECK(file.is_there());
    file.close();
  }
  IndexFile file(path);
  CHECK(opened(file).empty());
}

TEST_CASE("IndexFile: what was changed while nobody had it is not believed") {
  test::TemporaryDirectory directory;
  IndexFile file(directory.path());
  CHECK(opened(file).empty());
  file.close();
  SUBCASE("a byte") { overwrite(file.path(), 100, "x"); }
  SUBCASE("cut") { std::filesystem::resize_file(file.path(), 4'096); }
  SUBCASE("emptied") { std::filesystem::resize_file(file.path(), 0); }
  CHECK(opened(file) == "it was changed while no process had it");
  file.remove();
  CHECK_FALSE(file.is_there());
  CHECK(opened(file).empty());
  CHECK(file.is_there());
}

TEST_CASE("IndexFile: of a process that was killed it is looked through") {
  test::TemporaryDirectory directory;
  CHECK(opened(*std::make_unique<IndexFile>(directory.path())).empty());
  IndexFile file(directory.path());
  SUBCASE("nothing has happened to it") { CHECK(opened(file).empty()); }
  SUBCASE("another format") {
    Connection(file.path()).run("PRAGMA user_version=99");
    CHECK(opened(file) == "it has another format");
  }
  SUBCASE("another program's") {
    Connection(file.path()).run("PRAGMA application_id=7");
    CHECK(opened(file) == "it has another format");
  }
  SUBCASE("no database") {
    std::ofstream(file.path(), std::ios::trunc) << std::string(100'000, 'x');
    CHECK_THROWS_AS((void)file.open(), Failure);
  }
  SUBCASE("a page of it") {
    { Connection(file.path()).run("PRAGMA wal_checkpoint(TRUNCATE)"); }
    const auto size = std::filesystem::file_size(file.path());
    REQUIRE(size > 24'576);
    overwrite(file.path(), 8'192, std::string(8'192, '\x7f'));
    CHECK(opened(file) == "it is damaged");
  }
}

TEST_CASE("IndexFile: looking through it is given up where its user says so, and done the next time") {
  test::TemporaryDirectory directory;
  CHECK(opened(*std::make_unique<IndexFile>(directory.path())).empty());
  IndexFile file(directory.path());
  {
    Connection connection(file.path());
    connection.run("BEGIN");
    for (int i = 0; i < 2'000; ++i)
      connection.run("INSERT INTO deliveries(p,o,id) VALUES(0," + std::to_string(i) + ",randomblob(64))");
    connection.run("COMMIT");
  }
  const auto given_up = file.open([] { return true; });
  REQUIRE_FALSE(given_up);
  CHECK(given_up.error().code == Code::unavailable);
  int asked = 0;
  const auto again = file.open([&] { return ++asked < 0; });
  REQUIRE(again);
  CHECK_FALSE(*again);
  CHECK(asked > 0);
  asked = 0;
  CHECK(file.open([&] { return ++asked < 0; }));
  CHECK(asked == 0);  // it has been looked through by this process
}

TEST_CASE("IndexFile: one process at a time has the directory") {
  test::TemporaryDirectory directory;
  IndexFile file(directory.path());
  CHECK(opened(file).empty());
  IndexFile other(directory.path());
  const auto open = other.open();
  REQUIRE_FALSE(open);
  CHECK(open.error().code == Code::conflict);
}

TEST_CASE("IndexFile: whoever takes it away is noticed") {
  test::TemporaryDirectory directory;
  IndexFile file(directory.file("history"));
  CHECK(opened(file).empty());
  std::filesystem::remove_all(directory.file("history"));
  CHECK_FALSE(file.is_there());
  CHECK(opened(file).empty());
  CHECK(file.is_there());
}
