// The bytes of each topic are counted as records come and go, and are what the file has.

#include <doctest/doctest.h>

#include "common/log/sqlite/connection.hpp"
#include "tests/common/log/sqlite/opened_log.hpp"

namespace certes::test {
namespace {

using log::Topic;

constexpr Millis kWithin{10'000};

struct Counting {
  Counting() {
    opened.options.metrics = &metrics;
    REQUIRE(opened.reopen());
  }
  std::int64_t shown(const std::string& topic) {
    const std::string text = metrics.text();
    const std::string line = "certes_log_bytes{topic=\"" + topic + "\"} ";
    const std::size_t at = text.find(line);
    REQUIRE(at != std::string::npos);
    return static_cast<std::int64_t>(std::stod(text.substr(at + line.size())));
  }
  // Of records: what is as short as 24 bytes is a mark.
  std::int64_t stored(const std::string& table) {
    return log::sqlite::Connection(opened.directory.file("certes.db"))
        .number("SELECT ifnull(sum(length(record)), 0) FROM " + table + " WHERE length(record) > 24");
  }
  std::int64_t saved(const std::string& what) {
    return log::sqlite::Connection(opened.directory.file("certes.db"))
        .number("SELECT ifnull(sum(" + what + "), 0) FROM sizes WHERE topic = 1");
  }
  void check() {
    CHECK(shown("events") == stored("events_0"));
    CHECK(shown("attempts") == stored("attempts_0"));
    CHECK(shown("dead-letters") == stored("dead_letters_0"));
  }
  void run(const std::string& sql) {
    opened.log.reset();
    log::sqlite::Connection(opened.directory.file("certes.db")).run(sql);
    REQUIRE(opened.reopen());
  }

  metrics::Metrics metrics;
  OpenedLog opened;
};

}  // namespace

TEST_CASE("SQLite log: the bytes of a topic are those of its records, and another topic's are its own") {
  Counting log;
  CHECK(log.shown("events") == 0);
  CHECK(log.shown("registry") == 0);
  log.opened.append(Topic::events, 100, 1'000);
  CHECK(log.shown("events") > 100'000);
  CHECK(log.shown("attempts") == 0);
  log.opened.append(Topic::attempts, 7, 50);
  log.check();
}

TEST_CASE("SQLite log: what is erased or below the start is counted no more once it is gone from the file") {
  Counting log;
  log.opened.append(Topic::events, 200, 500);
  REQUIRE(log.opened.log->erase(Topic::events, 0, {{5, 10}, {12, 14}}, kWithin));
  log.check();
  REQUIRE(log.opened.log->erase(Topic::events, 0, {{10, 12}, {50, 90}}, kWithin));
  log.check();
  REQUIRE(log.opened.commit(200));
  REQUIRE(log.opened.log->trim(Topic::events, 0, 70, kWithin));
  REQUIRE(log.opened.eventually([&] {
    log.opened.clock.move(Millis(1'000));
    return log.stored("events_0") == log.shown("events") && log.shown("events") < 120 * 600;
  }));
  log.opened.append(Topic::events, 3, 10);
  log.check();
  REQUIRE(log.opened.reopen());
  log.check();
}

TEST_CASE("SQLite log: after a start the bytes are what they were, whether the file was told of them or not") {
  Counting log;
  log.opened.append(Topic::events, 20, 100);
  REQUIRE(log.opened.reopen());
  log.check();
  CHECK(log.saved("next") == 0);
  REQUIRE(log.opened.log->erase(Topic::events, 0, {{2, 5}}, kWithin));
  CHECK(log.saved("next") == 20);
  CHECK(log.saved("bytes") == log.stored("events_0"));
  log.opened.append(Topic::events, 20, 100);
  REQUIRE(log.opened.reopen());
  log.check();
  log.run("DROP TABLE sizes");  // of a release that had none
  log.check();
}

TEST_CASE("SQLite log: the file is told of every 32 MiB that come, so that a start looks at no more") {
  Counting log;
  for (int i = 0; i < 5; ++i) log.opened.append(Topic::events, 1, 8u << 20);
  CHECK(log.saved("next") == 4);
  CHECK(log.saved("bytes") >= 32 << 20);
  REQUIRE(log.opened.reopen());
  log.check();
}
}  // namespace certes::test
