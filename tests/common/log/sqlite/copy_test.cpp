// Copies of the embedded log that are made while it is written, and what is restored from them.

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/log/sqlite/connection.hpp"
#include "common/log/sqlite/inspection.hpp"
#include "common/log/sqlite/restoration.hpp"
#include "tests/common/log/sqlite/opened_log.hpp"

namespace certes::test {
namespace {

using log::CopyProgress;
using log::Topic;

constexpr Millis kTimeout{10'000};

bool go_on(const CopyProgress&) { return true; }

std::int64_t end_of(log::Log& log, Topic topic = Topic::events) { return log.offsets(topic, 0, kTimeout)->end; }

std::vector<std::string> values(log::Log& log, Topic topic) {
  const auto reader = log.reader(topic, 0, log::kLogStart, {});
  std::vector<log::RecordPtr> records;
  while (reader->position() < end_of(log, topic)) REQUIRE(reader->read(1'000, records));
  std::vector<std::string> all;
  for (const auto& each : records) all.push_back(each->value);
  return all;
}

bool exists(const std::string& path) { return std::filesystem::exists(path); }

// A log with records in it, and a directory for copies.
struct Copied {
  Copied() { REQUIRE(opened.reopen()); }
  std::string to(const char* name = "copy.db") const { return copies.file(name); }
  Result<log::sqlite::Restored> restore_to(const TemporaryDirectory& place, bool replace = false) {
    return log::sqlite::restore({to(), place.path(), replace}, opened.clock);
  }
  OpenedLog opened;
  TemporaryDirectory copies;
};

}  // namespace

TEST_CASE("SQLite copy: it holds what the log held when it ended, whatever was written meanwhile") {
  Copied all;
  all.opened.append(Topic::events, 2'000, 3'000);
  all.opened.append(Topic::attempts, 7);
  REQUIRE(all.opened.commit(11));
  std::int64_t seen = 0;
  int parts = 0;
  const auto report = all.opened.log->copy_to(all.to(), [&](const CopyProgress& progress) {
    CHECK(progress.bytes <= progress.total);
    CHECK(progress.bytes >= seen);  // it is never begun anew
    seen = progress.bytes;
    all.opened.append(Topic::events, 20, 3'000);
    if (++parts % 4 == 0) CHECK(all.opened.log->trim(Topic::events, 0, parts, kTimeout));
    return true;
  });
  REQUIRE_MESSAGE(report, report.error().message);
  CHECK(parts > 8);
  const auto wanted = values(*all.opened.log, Topic::events);
  CHECK(report->records >= static_cast<std::int64_t>(wanted.size()) + 7);
  CHECK(report->bytes == static_cast<std::int64_t>(std::filesystem::file_size(all.to())));

  OpenedLog restored;
  restored.log.reset();
  REQUIRE(all.restore_to(restored.directory, true));
  restored.options.partitions = all.opened.options.partitions;
  const auto opened = restored.reopen();
  REQUIRE_MESSAGE(opened, opened.error().message);
  CHECK(values(*restored.log, Topic::events) == wanted);
  CHECK(end_of(*restored.log, Topic::attempts) == 7);
  restored.append(Topic::events, 1);
  CHECK(end_of(*restored.log) == end_of(*all.opened.log) + 1);
}

TEST_CASE("SQLite copy: appends of other threads go on, and all that was answered before the end is in it") {
  Copied all;
  all.opened.append(Topic::events, 1'000, 10'000);
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> last{0};
  std::thread writer([&] {
    const auto appender = all.opened.log->appender({.deadline = Millis(0)}, {});
    while (!stop) {
      bool done = false;
      log::Record record;
      record.value = std::string(500, 'w');
      const auto taken = appender->append(Topic::events, 0, std::move(record), [&](log::AppendResult&& result) {
        last = result.offset;
        done = true;
      });
      if (!taken) break;
      appender->flush();
      while (!done) appender->poll();
    }
  });
  const auto report = all.opened.log->copy_to(all.to(), go_on);
  stop = true;
  writer.join();
  REQUIRE_MESSAGE(report, report.error().message);
  CHECK(report->records >= 1'000);
  CHECK(report->records <= last + 1);
}

TEST_CASE("SQLite copy: one that is ended leaves nothing, and the next one begins afresh") {
  Copied all;
  all.opened.append(Topic::events, 1'000, 3'000);
  int parts = 0;
  const auto ended = all.opened.log->copy_to(all.to(), [&](const CopyProgress&) { return ++parts < 3; });
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == Code::timeout);
  CHECK(std::filesystem::is_empty(all.copies.path()));
  std::ofstream(all.to("copy.db.part")) << "of one that was killed";
  CHECK(all.opened.log->copy_to(all.to(), go_on));
  CHECK_FALSE(exists(all.to("copy.db.part")));
  const auto again = all.opened.log->copy_to(all.to(), go_on);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Code::conflict);
}

TEST_CASE("SQLite copy: where it cannot be written is said, and the log goes on") {
  Copied all;
  all.opened.append(Topic::events, 10);
  const auto nowhere = all.opened.log->copy_to(all.copies.file("missing") + "/copy.db", go_on);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code == Code::unavailable);
  CHECK(nowhere.error().message.find("missing/copy.db") != std::string::npos);
  all.opened.append(Topic::events, 1);
  CHECK(all.opened.log->health());
}

TEST_CASE("SQLite copy: gaps of what was erased are no damage") {
  Copied all;
  all.opened.append(Topic::events, 30);
  REQUIRE(all.opened.log->erase(Topic::events, 0, {{5, 10}}, kTimeout));
  const auto report = all.opened.log->copy_to(all.to(), go_on);
  REQUIRE_MESSAGE(report, report.error().message);
  CHECK(report->records == 25);
}

TEST_CASE("SQLite restore: a log that is there is refused, and moved aside whole where that was asked for") {
  Copied all;
  all.opened.append(Topic::events, 3);
  REQUIRE(all.opened.log->copy_to(all.to(), go_on));
  OpenedLog other;
  REQUIRE(other.reopen());
  other.append(Topic::events, 5);
  const auto in_use = all.restore_to(other.directory, true);
  REQUIRE_FALSE(in_use);
  CHECK(in_use.error().message.find("in use") != std::string::npos);
  other.log.reset();
  const auto refused = all.restore_to(other.directory);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::conflict);
  const auto restored = all.restore_to(other.directory, true);
  REQUIRE_MESSAGE(restored, restored.error().message);
  CHECK(restored->copy.records == 3);
  REQUIRE(other.reopen());
  CHECK(end_of(*other.log) == 3);
  const auto aside = log::sqlite::inspect(restored->aside);
  REQUIRE_MESSAGE(aside, aside.error().message);
  CHECK(aside->records == 5);
}

TEST_CASE("SQLite restore: what is no copy, or a damaged one, changes nothing") {
  Copied all;
  all.opened.append(Topic::events, 200, 3'000);
  REQUIRE(all.opened.log->copy_to(all.to(), go_on));
  TemporaryDirectory place;
  const auto refusal = [&](const std::string& from) {
    const auto restored = log::sqlite::restore({from, place.path()}, all.opened.clock);
    REQUIRE_FALSE(restored);
    CHECK_FALSE(exists(place.file("certes.db")));
    CHECK_FALSE(exists(place.file("certes.db.restoring")));
    return restored.error();
  };
  CHECK(refusal(all.to("nothing")).code == Code::not_found);
  std::ofstream(all.to("text")) << "no database";
  CHECK(refusal(all.to("text")).code == Code::invalid);
  log::sqlite::Connection(all.to("foreign")).run("CREATE TABLE t(x)");
  CHECK(refusal(all.to("foreign")).message.find("not a Certes log") != std::string::npos);

  const auto size = std::filesystem::file_size(all.to());
  for (const auto at : {size / 3, size / 2}) {
    std::filesystem::copy_file(all.to(), all.to("spoilt"), std::filesystem::copy_options::overwrite_existing);
    std::fstream spoilt(all.to("spoilt"), std::ios::in | std::ios::out | std::ios::binary);
    spoilt.seekp(static_cast<std::streamoff>(at));
    spoilt << std::string(40'000, '\xff');
    spoilt.close();
    CHECK(refusal(all.to("spoilt")).code == Code::invalid);
  }
  std::filesystem::resize_file(all.to(), size / 2);
  CHECK(refusal(all.to()).code == Code::invalid);
}

}  // namespace certes::test
