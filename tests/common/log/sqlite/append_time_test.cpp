// When what is on the embedded log was appended, where the clock steps back.

#include <doctest/doctest.h>

#include "tests/common/log/sqlite/opened_log.hpp"

namespace certes::test {
namespace {

using log::Topic;

UnixMillis appended_now(OpenedLog& opened, Topic topic) {
  const std::int64_t offset = opened.append(topic, 1).at(0).offset;
  const auto reader = opened.log->reader(topic, 0, offset, {});
  std::vector<log::RecordPtr> records;
  while (records.empty()) REQUIRE(reader->read(1, records));
  return records[0]->appended_at;
}

}  // namespace

TEST_CASE("SQLite log: append times do not fall where the clock steps back by minutes, nor through a restart") {
  OpenedLog opened;
  const UnixMillis before = appended_now(opened, Topic::registry);
  opened.clock.move(std::chrono::minutes(-5));
  CHECK(appended_now(opened, Topic::events) == before);
  REQUIRE(opened.reopen());
  opened.clock.move(std::chrono::minutes(-5));
  CHECK(appended_now(opened, Topic::events) == before);
  opened.clock.move(std::chrono::minutes(11));
  CHECK(appended_now(opened, Topic::events) == before + 60'000);
}

TEST_CASE("SQLite log: a clock that was far ahead is followed back") {
  OpenedLog opened;
  const UnixMillis before = appended_now(opened, Topic::events);
  opened.clock.move(std::chrono::hours(-1));
  CHECK(appended_now(opened, Topic::events) == before - 3'600'000);
  REQUIRE(opened.reopen());
  CHECK(appended_now(opened, Topic::events) == before - 3'600'000);
}

}  // namespace certes::test
