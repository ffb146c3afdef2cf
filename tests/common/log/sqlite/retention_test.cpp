// What the embedded log deletes, and when: by age, by place, and where the file is nearly full.

#include <doctest/doctest.h>

#include "common/log/names.hpp"
#include "common/log/sqlite/connection.hpp"
#include "tests/common/log/sqlite/opened_log.hpp"

namespace certes::test {
namespace {

using log::AppendOutcome;
using log::RecordPtr;
using log::Topic;
namespace names = log::names;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("SQLite log: no offset is given twice, though all rows of its topic are gone") {
  OpenedLog opened;
  for (int times = 1; times <= 2; ++times) {
    const std::int64_t end = 5 * times;
    CHECK(opened.append(Topic::attempts, 5).back().offset == end - 1);
    REQUIRE(opened.log->trim(Topic::attempts, 0, end, Millis(10'000)));
    REQUIRE(opened.eventually([&] {
      opened.clock.move(Millis(1'000));
      log::sqlite::Connection file(opened.directory.file("certes.db"));
      return file.number("SELECT count(*) FROM attempts_0") == 0;
    }));
    REQUIRE(opened.reopen());
    CHECK(opened.log->offsets(Topic::attempts, 0, Millis(1'000))->start == end);
    CHECK(opened.log->offsets(Topic::attempts, 0, Millis(1'000))->end == end);
  }
  CHECK(opened.append(Topic::attempts, 1)[0].offset == 10);
}

TEST_CASE("SQLite log: a record that is missing is no sign that those before it are old") {
  for (const char* lost : {"id = 5", "id > 3", "id BETWEEN 2 AND 8"}) {
    CAPTURE(std::string(lost));
    OpenedLog opened;
    opened.append(Topic::dead_letters, 10);
    opened.log.reset();
    log::sqlite::Connection(opened.directory.file("certes.db"))
        .run("DELETE FROM dead_letters_0 WHERE " + std::string(lost));
    REQUIRE(opened.reopen());
    opened.log->keep_from(Topic::dead_letters, 0, INT64_MAX);
    // Retention looks once a second, before what is appended then.
    for (int looks = 0; looks < 3; ++looks) {
      opened.clock.move(Millis(1'500));
      opened.append(Topic::dead_letters, 1);
    }
    CHECK(opened.log->offsets(Topic::dead_letters, 0, Millis(1'000))->start == 0);
  }
}

TEST_CASE(
    "SQLite log: where nothing else is said, dead letters stay for 30 days, attempts and events are gone by then") {
  OpenedLog opened;
  for (const Topic topic : {Topic::events, Topic::attempts, Topic::dead_letters}) {
    opened.append(topic, 1);
    opened.log->keep_from(topic, 0, 1);
  }
  REQUIRE(opened.commit(1));
  opened.append(Topic::events, 1);
  REQUIRE(opened.commit(2));
  opened.clock.move(std::chrono::hours{24 * 29});
  REQUIRE(opened.eventually([&] {
    opened.clock.move(Millis(1'000));
    return opened.start(Topic::attempts) == 1 && opened.start(Topic::events) == 1;
  }));
  CHECK(opened.start(Topic::dead_letters) == 0);
  opened.clock.move(std::chrono::hours{24 + 1});
  REQUIRE(opened.eventually([&] {
    opened.clock.move(Millis(1'000));
    return opened.start(Topic::dead_letters) == 1;
  }));
}

TEST_CASE("SQLite log: where no more may be in use, finished events go at any age, and then new ones are refused") {
  OpenedLog opened;
  opened.options.reserve_bytes = 0;
  opened.options.max_bytes = 8 << 20;
  REQUIRE(opened.reopen());
  log::AppenderOptions patient;
  patient.deadline = Millis(0);
  const auto appender = opened.log->appender(patient, opened.wake());
  std::int64_t end = 0;
  // True: it was taken.
  const auto append = [&] {
    log::Record record;
    record.value.assign(100'000, 'v');
    bool done = false;
    opened.clock.move(Millis(200));  // it looks again
    const auto taken = appender->append(Topic::events, 0, std::move(record), [&](log::AppendResult&& result) {
      done = result.outcome == AppendOutcome::persisted;
      end = result.offset + 1;
    });
    if (!taken) {
      CHECK(taken.error().code == Code::busy);
      CHECK(has(taken.error().message, "8 MiB of the log are in use"));
      CHECK(has(taken.error().message, "events.max_bytes"));
      return false;
    }
    appender->flush();
    return opened.eventually([&] {
      appender->poll();
      return done;
    });
  };
  while (append() && end < 200) {
  }
  CHECK(end > 60);
  CHECK(end < 90);
  CHECK(opened.start(Topic::events) == 0);
  // What belongs to finishing goes on, and what is open stays.
  CHECK(opened.append(Topic::attempts, 1)[0].outcome == AppendOutcome::persisted);
  REQUIRE(opened.commit(end / 2));
  REQUIRE(opened.eventually(append));
  CHECK(opened.start(Topic::events) > 0);
  CHECK(opened.start(Topic::events) < end / 2);
  // With all that comes finished at once, it goes on for ever.
  for (int i = 0; i < 300; ++i) {
    REQUIRE(opened.commit(end));
    REQUIRE(opened.eventually(append));
  }
}

TEST_CASE(
    "SQLite log: where room is short, the oldest dead letters of who has more than a quarter lose their payloads") {
  constexpr std::size_t kBytes = 100'000;
  log::sqlite::Options options;
  options.reserve_bytes = 0;
  options.max_bytes = 8 << 20;
  options.partitions = 2;
  OpenedLog opened(options);
  const auto letters = [&](const char* endpoint, int count, std::int32_t partition) {
    std::vector<log::Record> records(static_cast<std::size_t>(count));
    for (log::Record& record : records) {
      record.value.assign(kBytes, 'v');
      record.headers.add(names::kEndpoint, endpoint);
    }
    for (const auto& result : opened.append(Topic::dead_letters, std::move(records), partition))
      CHECK(result.outcome == AppendOutcome::persisted);
  };
  letters("one", 25, 0);
  letters("two", 19, 0);
  letters("one", 25, 1);
  // How many of an endpoint's have their payloads, and whether these are the newest of their partition.
  const auto whole = [&](std::string_view endpoint, std::int32_t partition) {
    const auto reader = opened.log->reader(Topic::dead_letters, partition, 0, {});
    std::vector<RecordPtr> read;
    REQUIRE(opened.eventually(
        [&] { return reader->read(1'000, read) && reader->position() == (partition == 0 ? 44 : 25); }));
    int count = 0;
    for (const RecordPtr& letter : read) {
      if (letter->headers.get(names::kEndpoint) != endpoint) continue;
      const bool hollow = letter->headers.find(names::kPayload).has_value();
      CHECK(letter->value.size() == (hollow ? 0 : kBytes));
      if (hollow) CHECK(count == 0);
      if (!hollow) ++count;
    }
    return count;
  };
  const auto pass = [&](Millis time) {
    for (; time > Millis(0); time -= Millis(50)) {
      opened.clock.move(Millis(50));
      opened.append(Topic::attempts, 1);
    }
  };
  SUBCASE("while there is room, nothing is lost") {
    pass(Millis(30'000));
    REQUIRE(opened.reopen());
    CHECK(whole("one", 0) + whole("one", 1) == 50);
  }
  SUBCASE("where there is little, they share what is too much") {
    opened.append(Topic::events, 12, kBytes);
    pass(Millis(30'000));
    REQUIRE(opened.reopen());
    const int kept = whole("one", 0) + whole("one", 1);
    CHECK(kept <= 20);
    CHECK(kept >= 16);
    CHECK(whole("two", 0) == 19);
  }
}

TEST_CASE("SQLite log: old events go once they are finished, and not before") {
  OpenedLog opened;
  opened.append(Topic::events, 1'000);
  opened.append(Topic::progress, 10);
  opened.append(Topic::attempts, 600);
  opened.log->keep_from(Topic::attempts, 0, 1'000);
  opened.clock.move(std::chrono::hours(24 * 12));
  opened.append(Topic::attempts, 1);
  REQUIRE(opened.eventually([&] { return opened.start(Topic::attempts) == 600; }));
  CHECK(opened.start(Topic::events) == 0);  // nothing is committed: all of it is open
  REQUIRE(opened.commit(700));
  REQUIRE(opened.eventually([&] {
    opened.clock.move(Millis(1'000));
    return opened.start(Topic::events) == 699;  // the record before the committed one stays
  }));
  CHECK(opened.start(Topic::progress) == 0);
  opened.clock.move(Millis(5'000));
  opened.append(Topic::attempts, 1);
  CHECK(opened.start(Topic::events) == 699);
}

TEST_CASE("SQLite log: what is below the start is deleted from the file") {
  OpenedLog opened;
  opened.append(Topic::dead_letters, 2'000);
  REQUIRE(opened.log->trim(Topic::dead_letters, 0, 1'900, Millis(5'000)).has_value());
  log::sqlite::Connection file(opened.directory.file("certes.db"));
  file.run("PRAGMA busy_timeout=5000");
  CHECK(opened.eventually([&] {
    opened.clock.move(Millis(1'000));
    return file.number("SELECT count(*) FROM dead_letters_0") == 100;
  }));
}

TEST_CASE("SQLite log: what is deleted is not written once more, and its pages are used again") {
  OpenedLog opened;
  opened.append(Topic::dead_letters, 40, 900'000);
  REQUIRE(opened.reopen().has_value());  // the write-ahead log is empty
  const auto path = opened.directory.file("certes.db");
  const auto before = std::filesystem::file_size(path);
  REQUIRE(opened.log->trim(Topic::dead_letters, 0, 39, Millis(5'000)).has_value());
  log::sqlite::Connection file(path);
  file.run("PRAGMA busy_timeout=5000");
  CHECK(opened.eventually([&] {
    opened.clock.move(Millis(1'000));
    return file.number("SELECT count(*) FROM dead_letters_0") == 1;
  }));
  CHECK(std::filesystem::file_size(path + "-wal") < 2'000'000);
  opened.append(Topic::events, 30, 900'000);
  REQUIRE(opened.reopen().has_value());
  CHECK(std::filesystem::file_size(path) == before);
}

}  // namespace certes::test
