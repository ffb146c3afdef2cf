// Records of the embedded log that are missing or cannot be decoded, and what becomes of those around them.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/log/damage.hpp"
#include "common/log/sqlite/connection.hpp"
#include "tests/common/log/sqlite/opened_log.hpp"

namespace certes::test {
namespace {

using log::OnDamaged;
using log::Topic;

using Ranges = std::vector<log::OffsetRange>;

// All results of one run.
std::vector<log::Picked> picked(OpenedLog& opened, log::Picker& picker, Ranges wanted) {
  log::PickRun run;
  run.wanted = std::move(wanted);
  REQUIRE(picker.ask(std::move(run)));
  std::vector<log::Picked> results;
  REQUIRE(opened.eventually([&] {
    picker.poll(1'000, results);
    return !results.empty() &&
           (results.back().fate == log::PickFate::done || results.back().fate == log::PickFate::again);
  }));
  return results;
}

class Spoiled {
 public:
  // Ten records of `topic`, then `sql` while nobody has the file.
  Spoiled(Topic topic, const std::string& sql, OnDamaged on_damaged) : topic_(topic) {
    opened.append(topic, 10);
    opened.log.reset();
    log::sqlite::Connection(opened.directory.file("certes.db")).run(sql);
    open(on_damaged);
  }
  void open(OnDamaged on_damaged) {
    opened.options.on_damaged = on_damaged;
    opened.options.metrics = &metrics;
    REQUIRE(opened.reopen());
  }

  struct Read {
    std::vector<std::int64_t> offsets;
    std::int64_t position;
    std::optional<Error> error;
  };
  // From `from` to the end, or to the error.
  Read read(std::int64_t from = 0, std::size_t page = 100) {
    const auto reader = opened.log->reader(topic_, 0, from, opened.wake());
    const auto end = opened.log->offsets(topic_, 0, Millis(1'000))->end;
    Read result{};
    std::vector<log::RecordPtr> records;
    while (reader->position() < end && !result.error) {
      const auto read = reader->read(page, records);
      if (!read) result.error = read.error();
    }
    for (const auto& record : records) result.offsets.push_back(record->offset);
    result.position = reader->position();
    return result;
  }
  std::vector<log::Picked> pick(const Ranges& wanted) {
    const auto picker = opened.log->picker(opened.wake());
    return picked(opened, *picker, wanted);
  }
  bool shows(const std::string& metric) const { return metrics.text().find(metric) != std::string::npos; }

  metrics::Metrics metrics;
  OpenedLog opened;

 private:
  const Topic topic_;
};

using Offsets = std::vector<std::int64_t>;

constexpr const char* kSpoilFour = "UPDATE events_0 SET record = x'0000' WHERE id = 4";

}  // namespace

TEST_CASE("SQLite log: a damaged record is passed over, counted once, and those around it are read") {
  Spoiled spoiled(Topic::events, kSpoilFour, OnDamaged::unsaid);
  for (const std::size_t page : {100, 3, 1}) {
    const auto read = spoiled.read(0, page);
    CHECK(read.offsets == Offsets{0, 1, 2, 3, 5, 6, 7, 8, 9});
    CHECK_FALSE(read.error);
  }
  CHECK(spoiled.read(4).offsets == Offsets{5, 6, 7, 8, 9});
  CHECK(spoiled.shows(R"(certes_log_lost_records_total{topic="events"} 1)"));
  CHECK(spoiled.opened.append(Topic::events, 1)[0].offset == 10);
}

TEST_CASE("SQLite log: records that are missing are passed over too, at the end as well") {
  Spoiled spoiled(Topic::attempts, "DELETE FROM attempts_0 WHERE id BETWEEN 3 AND 5 OR id = 7", OnDamaged::skip);
  CHECK(spoiled.read(0, 3).offsets == Offsets{0, 1, 2, 6, 8, 9});
  CHECK(spoiled.shows(R"(certes_log_lost_records_total{topic="attempts"} 4)"));

  Spoiled cut(Topic::events, "INSERT INTO offsets VALUES(1, 0, 0, 10)", OnDamaged::unsaid);
  cut.opened.log.reset();
  log::sqlite::Connection(cut.opened.directory.file("certes.db")).run("DELETE FROM events_0 WHERE id > 6");
  cut.open(OnDamaged::unsaid);
  const auto read = cut.read();
  CHECK(read.offsets == Offsets{0, 1, 2, 3, 4, 5, 6});
  CHECK(read.position == 10);
  CHECK(cut.shows(R"(certes_log_lost_records_total{topic="events"} 3)"));
  CHECK(cut.opened.append(Topic::events, 1)[0].offset == 10);
}

TEST_CASE("SQLite log: many damaged records in a row hold up nobody") {
  Spoiled spoiled(Topic::events, "UPDATE events_0 SET record = x'00' WHERE id < 9", OnDamaged::unsaid);
  const auto reader = spoiled.opened.log->reader(Topic::events, 0, 0, {});
  std::vector<log::RecordPtr> records;
  REQUIRE(reader->read(2, records));
  REQUIRE(records.size() == 1);
  CHECK(records[0]->offset == 9);
  CHECK(spoiled.shows(R"(certes_log_lost_records_total{topic="events"} 9)"));
}

TEST_CASE("SQLite log: where nothing may be passed over, what stands before the damage is given, and then an error") {
  Spoiled spoiled(Topic::events, kSpoilFour, OnDamaged::stop);
  for (int i = 0; i < 2; ++i) {
    const auto read = spoiled.read();
    CHECK(read.offsets == Offsets{0, 1, 2, 3});
    CHECK(read.position == 4);
    REQUIRE(read.error);
    CHECK(read.error->code == Code::internal);
    CHECK(read.error->message.find("record 4 of events[0] is missing or damaged") != std::string::npos);
    CHECK(read.error->message.find("store.on_damaged") != std::string::npos);
  }
  CHECK(spoiled.shows(R"(certes_log_trouble{reason="damaged",topic="events"} 1)"));
  CHECK_FALSE(spoiled.shows("certes_log_lost_records_total"));
  CHECK(spoiled.opened.log->health());  // it can be written
  spoiled.open(OnDamaged::skip);
  CHECK(spoiled.read().offsets.size() == 9);
}

TEST_CASE("SQLite log: the registry's reader passes over nothing unless that was asked for") {
  Spoiled spoiled(Topic::registry, "UPDATE registry_0 SET record = x'0000' WHERE id = 4", OnDamaged::unsaid);
  const auto read = spoiled.read();
  CHECK(read.offsets == Offsets{0, 1, 2, 3});
  REQUIRE(read.error);
  CHECK(read.error->code == Code::internal);
  spoiled.open(OnDamaged::skip);
  CHECK(spoiled.read().offsets.size() == 9);
  CHECK(spoiled.shows(R"(certes_log_lost_records_total{topic="registry"} 1)"));
}

TEST_CASE("SQLite log: what is trimmed is no damage") {
  Spoiled spoiled(Topic::events, kSpoilFour, OnDamaged::unsaid);
  REQUIRE(spoiled.opened.log->trim(Topic::events, 0, 5, Millis(10'000)));
  CHECK(spoiled.read(2).error->code == Code::not_found);
  CHECK(spoiled.read(5).offsets == Offsets{5, 6, 7, 8, 9});
  CHECK_FALSE(spoiled.shows("certes_log_lost_records_total"));
}

TEST_CASE("SQLite picker: what is damaged or missing is told as damage, and counted once") {
  for (const char* sql : {kSpoilFour, "DELETE FROM events_0 WHERE id = 4"}) {
    Spoiled spoiled(Topic::events, sql, OnDamaged::unsaid);
    for (const auto& wanted : std::vector<Ranges>{{{0, 10}}, {{4, 5}}, {{4, 5}, {9, 10}}}) {
      const auto picked = spoiled.pick(wanted);
      CHECK(picked.back().fate == log::PickFate::done);
      for (const auto& each : picked) CHECK((each.fate == log::PickFate::damaged) == (each.offset == 4));
    }
    CHECK(spoiled.shows(R"(certes_log_lost_records_total{topic="events"} 1)"));
  }
}

TEST_CASE("SQLite picker: what is missing at either end of the file is damage too") {
  Spoiled cut(Topic::events, "INSERT INTO offsets VALUES(1, 0, 0, 10)", OnDamaged::unsaid);
  cut.opened.log.reset();
  log::sqlite::Connection(cut.opened.directory.file("certes.db")).run("DELETE FROM events_0 WHERE id < 2 OR id > 6");
  cut.open(OnDamaged::unsaid);
  for (const auto& wanted : std::vector<Ranges>{{{0, 10}}, {{0, 1}}, {{8, 9}}, {{1, 2}, {7, 8}}})
    for (const auto& each : cut.pick(wanted))
      if (each.fate != log::PickFate::done)
        CHECK((each.fate == log::PickFate::damaged) == (each.offset < 2 || each.offset > 6));
}

TEST_CASE("SQLite picker: where nothing may be passed over, it says so for what is damaged, and gives the rest") {
  Spoiled spoiled(Topic::events, kSpoilFour, OnDamaged::stop);
  for (int i = 0; i < 2; ++i) {
    const auto picked = spoiled.pick({{2, 10}});
    REQUIRE(picked.size() == 3);
    CHECK(picked[2].fate == log::PickFate::again);
    CHECK(picked[2].offset == 4);
    REQUIRE(picked[2].error);
    CHECK(picked[2].error->code == Code::internal);
  }
  CHECK_FALSE(spoiled.shows("certes_log_lost_records_total"));
  CHECK(spoiled.pick({{5, 10}}).size() == 6);
}

TEST_CASE("SQLite picker: of a damaged page nothing is taken for gone, and the rest of the file is given") {
  OpenedLog opened;
  opened.append(Topic::events, 500, 1'000);
  opened.damage_page();
  const auto picker = opened.log->picker(opened.wake());
  std::size_t records = 0, not_given = 0;
  for (std::int64_t offset = 0; offset < 500; ++offset)
    for (const auto& each : picked(opened, *picker, {{offset, offset + 1}})) {
      CHECK(each.fate != log::PickFate::gone);
      records += each.fate == log::PickFate::record ? 1 : 0;
      not_given += each.fate == log::PickFate::damaged || each.error ? 1 : 0;
    }
  CHECK(records + not_given == 500);
  CHECK(records > 300);
  CHECK(not_given > 0);
}

TEST_CASE("Damage: what is met again is not counted again, however it is cut") {
  metrics::Metrics metrics;
  const MovedClock clock;
  log::Damage damage(clock, OnDamaged::unsaid, &metrics);
  const auto count = [&](std::int64_t from, std::int64_t to) {
    damage.passed(Topic::events, 0, from, to);
    const std::string text = metrics.text();
    const std::string name = R"(certes_log_lost_records_total{topic="events"} )";
    return std::stoi(text.substr(text.find(name) + name.size()));
  };
  CHECK(count(10, 20) == 10);
  CHECK(count(10, 20) == 10);
  CHECK(count(12, 15) == 10);
  CHECK(count(5, 12) == 15);
  CHECK(count(30, 31) == 16);
  CHECK(count(0, 40) == 40);
  CHECK(count(39, 41) == 41);
  CHECK(count(41, 42) == 42);
  damage.passed(Topic::attempts, 0, 10, 20);
  damage.passed(Topic::events, 1, 10, 20);
  CHECK(count(0, 42) == 52);
}

}  // namespace certes::test
