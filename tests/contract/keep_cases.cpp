// What every engine that deletes by age promises about what is needed still; of the others that it changes nothing.

#include <doctest/doctest.h>

#include "tests/contract/fixture.hpp"

namespace certes::contract {
namespace {

using log::Topic;

constexpr std::int32_t kOther = 1;

void fill(Fixture& f, Topic topic, std::int32_t partition = 0) {
  std::vector<log::Record> records;
  for (int i = 0; i < 10; ++i) records.push_back(record("r"));
  f.append_all(topic, partition, std::move(records));
}

// All that is there now becomes too old; once something was appended behind it, what goes has gone.
void grow_old(Fixture& f) {
  f.engine->pass(Engine::kKept + std::chrono::hours{1});
  for (const std::int32_t partition : {0, kOther}) f.append(Topic::events, partition, record("later"));
}

std::int64_t start(Fixture& f, Topic topic, std::int32_t partition = 0) {
  const auto range = f.log->offsets(topic, partition, kTimeout);
  REQUIRE(range.has_value());
  return range->start;
}

}  // namespace

TEST_CASE("Log: of attempts and dead letters nothing goes before it is said what is needed, and nothing of that") {
  Fixture f;
  const bool ages = f.engine->capabilities().ages;
  for (const Topic topic : {Topic::attempts, Topic::dead_letters}) {
    CAPTURE(to_string(topic));
    fill(f, topic);
    fill(f, topic, kOther);
    grow_old(f);
    CHECK(start(f, topic) == 0);
    f.log->keep_from(topic, 0, 4);
    grow_old(f);
    CHECK(start(f, topic) == (ages ? 4 : 0));
    CHECK(start(f, topic, kOther) == 0);
    f.log->keep_from(topic, 0, 100);  // beyond its end
    grow_old(f);
    CHECK(start(f, topic) == (ages ? 10 : 0));
    CHECK(f.append(topic, 0, record("next")).offset == 10);
  }
}

TEST_CASE("Log: what is needed, but not too old, stays, and a log that is opened again is to be told again") {
  Fixture f;
  if (!f.engine->capabilities().ages) return;
  fill(f, Topic::attempts);
  f.log->keep_from(Topic::attempts, 0, 100);
  f.append(Topic::events, 0, record("later"));
  CHECK(start(f, Topic::attempts) == 0);
  f.reopen();
  grow_old(f);
  grow_old(f);
  CHECK(start(f, Topic::attempts) == 0);
  f.log->keep_from(Topic::attempts, 0, 2);
  f.log->keep_from(Topic::progress, 0, 2);
  f.log->keep_from(Topic::attempts, kPartitions, 2);  // there is no such partition
  grow_old(f);
  CHECK(start(f, Topic::attempts) == 2);
}

}  // namespace certes::contract
