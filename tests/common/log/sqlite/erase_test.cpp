// What erasing leaves in the embedded log's file, and that it is told from damage.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/log/sqlite/connection.hpp"
#include "tests/common/log/sqlite/opened_log.hpp"

namespace certes::test {
namespace {

using log::OffsetRange;
using log::Topic;

constexpr Millis kTimeout{10'000};

using Offsets = std::vector<std::int64_t>;

struct Erased {
  explicit Erased(int count, std::size_t bytes = 10) {
    opened.options.metrics = &metrics;
    REQUIRE(opened.reopen());
    opened.append(Topic::events, count, bytes);
  }
  void erase(std::vector<OffsetRange> runs) {
    const auto erased = opened.log->erase(Topic::events, 0, std::move(runs), kTimeout);
    REQUIRE_MESSAGE(erased, erased.error().message);
  }
  std::int64_t number(const std::string& sql) {
    return log::sqlite::Connection(opened.directory.file("certes.db")).number(sql);
  }
  std::int64_t rows() { return number("SELECT count(*) FROM events_0"); }
  // While nobody has the file.
  void run(const std::string& sql) {
    opened.log.reset();
    log::sqlite::Connection(opened.directory.file("certes.db")).run(sql);
    REQUIRE(opened.reopen());
  }
  Offsets read(std::int64_t from) {
    const auto reader = opened.log->reader(Topic::events, 0, from, {});
    const auto end = opened.log->offsets(Topic::events, 0, kTimeout)->end;
    std::vector<log::RecordPtr> records;
    while (reader->position() < end) REQUIRE(reader->read(100, records));
    Offsets offsets;
    for (const auto& each : records) offsets.push_back(each->offset);
    return offsets;
  }
  bool lost() const { return metrics.text().find("certes_log_lost_records_total") != std::string::npos; }

  metrics::Metrics metrics;
  OpenedLog opened;
};

}  // namespace

TEST_CASE("SQLite log: a gap costs one row, and gaps that touch are one") {
  Erased log(30);
  log.erase({{5, 10}});
  CHECK(log.rows() == 26);
  log.erase({{12, 14}});
  CHECK(log.rows() == 25);
  log.erase({{10, 12}});
  CHECK(log.rows() == 22);
  log.erase({{3, 5}, {14, 15}, {20, 21}});
  CHECK(log.rows() == 19);
  log.erase({{0, 30}});
  CHECK(log.rows() == 1);
  CHECK(log.read(0).empty());
  CHECK(log.opened.append(Topic::events, 1)[0].offset == 30);
  CHECK_FALSE(log.lost());
}

TEST_CASE("SQLite log: what is erased makes room in the file") {
  Erased log(3'000, 4'000);
  log.erase({{1, 1'500}, {1'501, 2'999}});
  CHECK(log.rows() == 5);
  CHECK(10 * log.number("PRAGMA freelist_count") > 9 * log.number("PRAGMA page_count"));
  CHECK(log.read(0) == Offsets{0, 1'500, 2'999});
}

TEST_CASE("SQLite log: what is missing beside what was erased is still damage") {
  Erased log(20);
  log.erase({{4, 8}});
  log.run("DELETE FROM events_0 WHERE id IN (2, 8, 9)");
  CHECK(log.read(5) == Offsets{10, 11, 12, 13, 14, 15, 16, 17, 18, 19});
  CHECK(log.metrics.text().find(R"(certes_log_lost_records_total{topic="events"} 2)") != std::string::npos);
  log.run("DELETE FROM events_0 WHERE id = 4");  // the mark
  CHECK(log.read(0).size() == 13);
  CHECK(log.metrics.text().find(R"(certes_log_lost_records_total{topic="events"} 9)") != std::string::npos);
}

TEST_CASE("SQLite log: where nothing may be passed over, erased records hold up nobody") {
  Erased log(10);
  log.erase({{4, 8}});
  log.opened.options.on_damaged = log::OnDamaged::stop;
  REQUIRE(log.opened.reopen());
  CHECK(log.read(0) == Offsets{0, 1, 2, 3, 8, 9});
  CHECK(log.read(6) == Offsets{8, 9});
}

TEST_CASE("SQLite log: retention goes over gaps, and what is left of one stays a gap") {
  Erased log(20);
  log.erase({{5, 12}});
  REQUIRE(log.opened.log->trim(Topic::events, 0, 9, kTimeout));
  REQUIRE(log.opened.eventually([&] {
    log.opened.clock.move(Millis(1'000));
    return log.number("SELECT min(id) FROM events_0") == 9;
  }));
  log.erase({{9, 14}});
  REQUIRE(log.opened.reopen());
  CHECK(log.opened.start(Topic::events) == 9);
  CHECK(log.read(9) == Offsets{14, 15, 16, 17, 18, 19});
  CHECK(log.read(13) == Offsets{14, 15, 16, 17, 18, 19});
  CHECK_FALSE(log.lost());
  CHECK(log.opened.log->offset_at(Topic::events, 0, 0, kTimeout) == 9);
}

TEST_CASE("SQLite log: once its files are wiped, nothing stands in them of what was erased or trimmed") {
  const std::string secret = "jane.roe@example.com";
  Erased log(0);
  const auto stored = [&](const std::string& text) {
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(log.opened.directory.path())) {
      std::ifstream in(file.path(), std::ios::binary);
      files += std::string(std::istreambuf_iterator<char>(in), {}).find(text) != std::string::npos ? 1 : 0;
    }
    return files;
  };
  const auto append = [&](int count, std::size_t bytes, const std::string& text) {
    std::vector<log::Record> records(static_cast<std::size_t>(count));
    for (log::Record& record : records) {
      for (record.value.reserve(bytes + text.size()); record.value.size() < bytes;)
        record.value.append(text).append(" ");
      record.key = text;
      record.headers.add("ce_subject", text);
    }
    log.opened.append(Topic::events, std::move(records));
  };
  append(40, 30, secret);       // many in a page
  append(40, 5'000, secret);    // some
  append(10, 300'000, secret);  // pages of their own
  append(40, 30, "what stays");
  append(20, 40'000, secret);
  REQUIRE(log.opened.log->trim(Topic::events, 0, 45, kTimeout));
  log.erase({{45, 90}, {130, 150}});
  REQUIRE(log.opened.eventually([&] {
    log.opened.clock.move(Millis(1'000));  // retention looks
    return log.rows() == 42;
  }));
  REQUIRE(stored(secret) > 0);  // else this shows nothing
  for (auto whole = log.opened.log->wipe(kTimeout);; whole = log.opened.log->wipe(kTimeout)) {
    REQUIRE_MESSAGE(whole, whole.error().message);
    if (*whole) break;
  }
  CHECK(stored(secret) == 0);
  append(3, 30, "later");
  CHECK(log.read(45).size() == 43);
  REQUIRE(log.opened.reopen());
  CHECK(stored(secret) == 0);
  CHECK(stored("what stays") > 0);
  CHECK(log.read(45).size() == 43);
  CHECK_FALSE(log.lost());
}

TEST_CASE("SQLite log: what a dispatcher would read again stays, without what was sent and answered") {
  Erased log(0);
  std::vector<log::Record> records(4);
  for (log::Record& record : records) {
    record.key = record.value = "jane";
    for (const auto& [name, value] :
         {std::pair("certes-outcome", "delivered"), {"certes-term", "3"}, {"certes-error", "jane"}})
      record.headers.add(name, value);
  }
  log.opened.append(Topic::attempts, std::move(records));
  log.opened.log->keep_from(Topic::attempts, 0, 2);
  REQUIRE(log.opened.log->erase(Topic::attempts, 0, {{1, 4}}, kTimeout));
  CHECK(log.number("SELECT count(*) FROM attempts_0 WHERE instr(record, 'jane') > 0") == 1);
  REQUIRE(log.opened.reopen());
  const auto reader = log.opened.log->reader(Topic::attempts, 0, 0, {});
  std::vector<log::RecordPtr> read;
  while (reader->position() < 4) REQUIRE(reader->read(100, read));
  REQUIRE(read.size() == 3);
  CHECK(read[0]->value == "jane");
  for (std::size_t i = 1; i < 3; ++i) {
    CHECK(read[i]->offset == static_cast<std::int64_t>(i) + 1);
    CHECK(read[i]->headers.get("certes-outcome") == "delivered");
    CHECK(read[i]->headers.get("certes-term") == "3");
    CHECK_FALSE(read[i]->headers.find("certes-error"));
    CHECK(read[i]->value.empty());
    CHECK_FALSE(read[i]->key);
  }
}

}  // namespace certes::test
