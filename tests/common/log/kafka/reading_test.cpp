// How fast what stands on the log is read, on the shared broker.

#include "tests/common/log/kafka/harness.hpp"

namespace certes {
namespace {

using log::Topic;
using test::Bell;
using test::eventually;

void append_many(log::Log& log, int count, std::size_t bytes) {
  Bell bell;
  const auto appender = log.appender({.deadline = Millis(0), .ordered = true}, bell.wake());
  int persisted = 0;
  int taken = 0;
  REQUIRE(eventually(bell, [&] {
    while (taken < count) {
      const auto one = appender->append(
          Topic::events, 0, test::record_of(std::string(bytes, 'v')),
          [&](log::AppendResult&& result) { persisted += result.outcome == log::AppendOutcome::persisted ? 1 : 0; });
      if (!one.has_value()) break;
      ++taken;
    }
    appender->flush();
    appender->poll();
    return persisted == count;
  }));
}

// How long `read` takes to give them all, a wake-up or 10 ms between two calls.
template <class Read>
Millis time_of(Bell& bell, int count, Read read) {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<log::RecordPtr> records;
  std::size_t got = 0;
  while (got < static_cast<std::size_t>(count)) {
    records.clear();
    const Result<std::size_t> some = read(records);
    REQUIRE_MESSAGE(some.has_value(), some.error().message);
    got += *some;
    if (*some == 0) bell.wait(Millis(10));
  }
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun);
}

}  // namespace

// librdkafka rests for up to a second whenever a client has fetched as much as it may: 40 of them here.
TEST_CASE("Kafka reading: what stands on the log is read without a rest, however much") {
  const auto log = test::open_prepared(test::kafka_options(test::shared_brokers(), 1));
  constexpr int kCount = 100'000;
  append_many(*log, kCount, 1'000);
  Bell bell;
  SUBCASE("by a reader") {
    const auto reader = log->reader(Topic::events, 0, log::kLogStart, bell.wake());
    const Millis took = time_of(bell, kCount, [&](auto& out) { return reader->read(1'024, out); });
    MESSAGE(took.count());
    CHECK(took < Millis(10'000));
  }
  SUBCASE("by a follower") {
    const auto reader = log->follower(Topic::events, 0, log::kLogStart);
    const Millis took = time_of(bell, kCount, [&](auto& out) { return reader->read(1'024, out); });
    MESSAGE(took.count());
    CHECK(took < Millis(10'000));
  }
  SUBCASE("by a member") {
    test::NotedMember member(*log, bell);
    REQUIRE(eventually(bell, [&] {
      member.poll();
      return member.owned.size() == 1;
    }));
    member.member->start(0, log::kLogStart);
    const Millis took = time_of(bell, kCount, [&](auto& out) {
      member.poll();
      return member.member->read(1'024, out);
    });
    MESSAGE(took.count());
    CHECK(took < Millis(10'000));
  }
}

}  // namespace certes
