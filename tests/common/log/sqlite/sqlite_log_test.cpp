// What the embedded engine promises beyond the contract of every log.

#include "common/log/sqlite/sqlite_log.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "common/log/sqlite/connection.hpp"
#include "tests/common/log/sqlite/opened_log.hpp"

namespace certes::test {
namespace {

using log::AppendOutcome;
using log::Topic;

Error error_of(const std::string& directory, std::int32_t partitions = 1) {
  const SystemClock clock;
  log::sqlite::Options options;
  options.directory = directory;
  options.partitions = partitions;
  const auto opened = log::sqlite::open(std::move(options), clock);
  REQUIRE_FALSE(opened.has_value());
  return opened.error();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("SQLite log: a file that is none is refused by name") {
  const TemporaryDirectory directory;
  std::ofstream(directory.file("certes.db")) << std::string(10'000, 'x');
  const Error error = error_of(directory.path());
  CHECK(error.code == Code::internal);
  CHECK(has(error.message, directory.file("certes.db") + ": file is not a database (the file is damaged"));
}

TEST_CASE("SQLite log: somebody else's database is refused by name, and left alone") {
  const TemporaryDirectory directory;
  log::sqlite::Connection(directory.file("certes.db")).run("CREATE TABLE theirs(x)");
  const auto bytes = [&] {
    std::ifstream file(directory.file("certes.db"), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string before = bytes();
  const Error error = error_of(directory.path());
  CHECK(error.code == Code::invalid);
  CHECK(has(error.message, directory.file("certes.db") + " is not a Certes log"));
  CHECK(bytes() == before);
}

TEST_CASE("SQLite log: another schema is refused, saying which one") {
  OpenedLog opened;
  opened.log.reset();
  const auto with_schema = [&](const std::string& number) {
    log::sqlite::Connection(opened.directory.file("certes.db"))
        .run("UPDATE settings SET value=" + number + " WHERE name='schema'");
    return error_of(opened.directory.path());
  };
  const Error newer = with_schema("9");
  CHECK(newer.code == Code::invalid);
  CHECK(has(newer.message, "was written by a newer Certes (its schema is 9, this program reads 2 alone)"));
  for (const char* number : {"0", "1"})
    CHECK(has(with_schema(number).message,
              "was written by a pre-release of Certes (its schema is " + std::string(number)));
  log::sqlite::Connection(opened.directory.file("certes.db")).run("DELETE FROM settings WHERE name='schema'");
  CHECK(has(error_of(opened.directory.path()).message, "a pre-release of Certes"));
}

TEST_CASE("SQLite log: nobody but its owner may read its files, whatever the umask, and what was readable is no more") {
  const mode_t before = ::umask(0);
  OpenedLog opened;
  const auto modes = [&] {
    std::string text;
    for (const char* name : {"certes.db", "certes.db-wal", "certes.db-shm", "certes.lock"}) {
      struct stat status {};
      REQUIRE(::stat(opened.directory.file(name).c_str(), &status) == 0);
      text += (status.st_mode & 0777) == 0600 ? "" : std::string(name) + " ";
    }
    return text;
  };
  CHECK(modes().empty());
  for (const char* name : {"certes.db", "certes.db-wal", "certes.db-shm", "certes.lock"})
    ::chmod(opened.directory.file(name).c_str(), 0666);
  REQUIRE(opened.reopen());
  CHECK(modes().empty());
  ::umask(before);
}

TEST_CASE("SQLite log: another number of partitions is refused") {
  OpenedLog opened;
  opened.log.reset();
  const Error error = error_of(opened.directory.path(), 3);
  CHECK(error.code == Code::invalid);
  CHECK(has(error.message, "was made with 1 partitions, not 3"));
}

TEST_CASE("SQLite log: a damaged page is told by reads, with the file's name") {
  OpenedLog opened;
  opened.append(Topic::events, 500, 1'000);
  opened.damage_page();
  const auto reader = opened.log->reader(Topic::events, 0, log::kLogStart, [] {});
  std::vector<log::RecordPtr> records;
  std::optional<Error> error;
  for (int i = 0; i < 1'000 && !error; ++i) {
    const auto got = reader->read(50, records);
    if (!got.has_value()) error = got.error();
  }
  REQUIRE(error.has_value());
  CHECK(error->code == Code::internal);
  CHECK(has(error->message, opened.directory.file("certes.db")));
}

TEST_CASE("SQLite log: records older than what memory keeps come from the file, pages and all") {
  OpenedLog opened;
  opened.append(Topic::events, 3'000, 4'000);  // twice what memory keeps
  const auto reader = opened.log->reader(Topic::events, 0, log::kLogStart, opened.wake());
  std::vector<log::RecordPtr> records;
  REQUIRE(opened.eventually([&] {
    REQUIRE(reader->read(1'000, records).has_value());  // once a wake-up: a short page must ring by itself
    return records.size() == 3'000;
  }));
  for (std::size_t i = 0; i < records.size(); ++i) REQUIRE(records[i]->offset == static_cast<std::int64_t>(i));
}

TEST_CASE("SQLite log: an identity leaves the window by time") {
  log::sqlite::Options options;
  options.deduplication_window = Millis{10'000};
  OpenedLog opened(options);
  const auto once = [&](const std::string& id) {
    std::vector<log::Record> records;
    records.push_back(identified(id, {7, 7}));
    return opened.append(Topic::events, std::move(records)).at(0).duplicate_of;
  };
  CHECK(once("evt_1").empty());
  opened.clock.move(Millis(9'999));
  CHECK(once("evt_2") == "evt_1");
  REQUIRE(opened.reopen().has_value());
  CHECK(once("evt_3") == "evt_1");
  opened.clock.move(Millis(1));
  CHECK(once("evt_4").empty());
  CHECK(once("evt_5") == "evt_4");
}

TEST_CASE("SQLite log: an identity leaves the window by number") {
  log::sqlite::Options options;
  options.deduplication_ids = 100;
  OpenedLog opened(options);
  for (std::uint64_t i = 1; i <= 300; ++i) {
    std::vector<log::Record> records;
    records.push_back(identified("evt_" + std::to_string(i), {i, i}));
    REQUIRE(opened.append(Topic::events, std::move(records)).at(0).duplicate_of.empty());
  }
  std::vector<log::Record> records;
  records.push_back(identified("evt_a", {300, 300}));
  records.push_back(identified("evt_b", {202, 202}));
  records.push_back(identified("evt_c", {100, 100}));
  const auto results = opened.append(Topic::events, std::move(records));
  CHECK(results[0].duplicate_of == "evt_300");
  CHECK(results[1].duplicate_of == "evt_202");
  CHECK(results[2].duplicate_of.empty());
}

TEST_CASE("SQLite log: below the reserve only those who may use it append") {
  log::sqlite::Options options;
  options.reserve_bytes = INT64_MAX;
  OpenedLog opened(options);
  const auto gateway = opened.log->appender({}, [] {});
  const auto refused = gateway->append(Topic::events, 0, {}, [](log::AppendResult&&) {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::busy);
  CHECK(has(refused.error().message, "of free space at " + opened.directory.path()));
  CHECK(opened.append(Topic::attempts, 1).at(0).outcome == AppendOutcome::persisted);
}

TEST_CASE("SQLite log: what does not depend on events has its room, however small those are") {
  log::sqlite::Options options;
  options.max_record_bytes = 66'560;
  OpenedLog opened(options);
  CHECK(opened.log->max_record_bytes(Topic::events) == 66'560);
  CHECK(opened.log->max_record_bytes(Topic::dead_letters) == 66'560 + 65'536);
  for (const Topic topic : {Topic::registry, Topic::progress})
    CHECK(opened.append(topic, 1, 1'100'000).at(0).outcome == AppendOutcome::persisted);
}

TEST_CASE("SQLite log: an append that is not answered in time ends as unknown, once") {
  OpenedLog opened;
  const auto appender = opened.log->appender({}, opened.wake());
  std::vector<AppendOutcome> outcomes;
  const auto note = [&](log::AppendResult&& result) { outcomes.push_back(result.outcome); };
  REQUIRE(appender->append(Topic::events, 0, {}, note).has_value());
  REQUIRE(appender->append(Topic::events, 0, {}, note).has_value());
  opened.clock.move(Millis(2'301));
  appender->poll();
  CHECK(outcomes == std::vector(2, AppendOutcome::unknown));
  // The next one gets its own answer, not one of theirs.
  REQUIRE(appender->append(Topic::events, 0, {}, note).has_value());
  appender->flush();
  REQUIRE(opened.eventually([&] {
    appender->poll();
    return outcomes.size() == 3;
  }));
  CHECK(outcomes[2] == AppendOutcome::persisted);
}

TEST_CASE("SQLite log: append times do not fall when the clock steps back a little") {
  OpenedLog opened;
  opened.append(Topic::events, 1);
  opened.clock.move(Millis(-500));
  opened.append(Topic::events, 1);
  const auto reader = opened.log->reader(Topic::events, 0, log::kLogStart, [] {});
  std::vector<log::RecordPtr> records;
  REQUIRE(reader->read(2, records).has_value());
  REQUIRE(records.size() == 2);
  CHECK(records[1]->appended_at == records[0]->appended_at);
}

TEST_CASE("SQLite log: readers do not keep the write-ahead log from ending") {
  OpenedLog opened;
  opened.append(Topic::attempts, 300, 60'000);
  std::atomic<bool> stop{false};
  const auto read_on = [&] {
    std::vector<log::RecordPtr> records;
    while (!stop) {
      const auto reader = opened.log->reader(Topic::attempts, 0, 0, [] {});
      for (int pages = 0; pages < 10 && !stop; ++pages) {
        records.clear();
        static_cast<void>(reader->read(100, records).has_value());
      }
    }
  };
  std::thread one(read_on);
  std::thread two(read_on);
  std::uintmax_t largest = 0;
  for (int i = 0; i < 60; ++i) {
    opened.append(Topic::events, 40, 60'000);
    largest = std::max(largest, std::filesystem::file_size(opened.directory.file("certes.db-wal")));
  }
  stop = true;
  one.join();
  two.join();
  CHECK(largest < (80u << 20));
}

}  // namespace certes::test
