// What becomes of an outcome: on the log, in the index, and for the next owner.
#include <doctest/doctest.h>

#include "common/log/names.hpp"
#include "tests/dispatcher/ownership/owner_process.hpp"

namespace certes::dispatcher::testing {
namespace {

TEST_CASE("Owner: outcomes count as held until they are acknowledged, also while they wait to be appended") {
  Fixture f(2);
  Process process(f.cluster, f.clock);
  process.poll();
  CHECK(process.owner->memory_bytes() == 0);
  f.clock.advance(Millis{6'000});  // nothing may be appended before membership is served
  const std::string error(10'000, 'x');
  process.attempt(0, "retry", 1, 5, {}, error.substr(0, 4'000));
  REQUIRE(process.dead_letter(1, error));
  CHECK(process.owner->memory_bytes() > 14'000);
  process.poll(1);
  CHECK(process.owner->memory_bytes() > 28'000);  // and their copies
  process.poll();
  CHECK(process.recorded.size() == 1);
  CHECK(process.owner->memory_bytes() == 0);
}

TEST_CASE("Owner: an event that goes by its key is appended once, whoever owns that partition") {
  ManualClock clock;
  const auto cluster = log::memory::make_cluster({.partitions = 3, .clock = &clock, .stepped = true});
  Process process(cluster, clock);
  const auto arrived = std::make_shared<int>(0);
  const auto append = [&] {
    log::Record event;
    event.key = "billing";
    return process.owner->append_keyed(std::move(event), [arrived] { ++*arrived; });
  };
  const auto land = [&] {
    for (int round = 0; round < 10; ++round) {
      process.poll(1);
      process.owner->flush();
      for (const auto& lane : cluster->lanes()) cluster->land(lane);
      while (!cluster->requests().empty()) cluster->answer(1);
    }
  };
  REQUIRE(append());
  CHECK(*arrived == 0);
  land();
  CHECK(*arrived == 1);
  CHECK(arrived.use_count() == 1);
  REQUIRE(append());
  process.owner.reset();  // nobody is told any more, and nothing is kept
  CHECK(*arrived == 1);
}

TEST_CASE("Owner: the index is told of an outcome when that is acknowledged, before who has made it") {
  ManualClock clock;
  const auto cluster = log::memory::make_cluster({.partitions = 1, .clock = &clock, .stepped = true});
  Process process(cluster, clock);
  for (int i = 0; i < 2; ++i) cluster->put(log::Topic::events, 0, {});
  const auto land = [&] {
    for (int round = 0; round < 10; ++round) {
      process.poll(1);
      for (const auto& lane : cluster->lanes()) cluster->land(lane);
      while (!cluster->requests().empty()) cluster->answer(1);
    }
  };
  land();
  REQUIRE(process.records.size() == 2);
  bool open_when_recorded = true;
  AttemptRecord delivered;
  delivered.delivery = "dlv_0";
  delivered.ending = Delivered{};
  process.owner->record_attempt({0, 0}, process.lane, delivered, [&] { open_when_recorded = process.open(0); });
  process.attempt(1, "retry", 1, 99);
  process.poll(3);
  CHECK(process.open(0));
  CHECK_FALSE(process.find(1)->tried);
  land();
  CHECK_FALSE(open_when_recorded);
  CHECK(process.tried(1) == book::Tried{1, 99, process.tried(1).first_at, Due::attempt});
}

TEST_CASE("Owner: what was recorded is known to the next owner, from checkpoint and from tail") {
  for (const bool with_checkpoint : {false, true}) {
    Fixture f(4);
    {
      Process process(f.cluster, f.clock);
      process.poll();
      process.attempt(0, "retry", 3, 12'345);
      process.attempt(1, "delivered", 1);
      process.attempt(2, "retry", 1, 777);
      process.attempt(3, "cancelled", 1);
      process.poll();
      CHECK(process.recorded.size() == 4);
      if (with_checkpoint) f.checkpoint(process);
      process.attempt(2, "retry", 2, 999);
      process.poll();
    }
    Process next(f.cluster, f.clock, 2);
    next.poll();
    CHECK(next.given() == (with_checkpoint ? Offsets{} : Offsets{0, 1, 2, 3}));
    CHECK(next.open() == Offsets{0, 2});
    CHECK(next.tried(0).attempts == 3);
    CHECK(next.tried(0).due == 12'345);
    CHECK(next.tried(0).first_at > 0);
    CHECK(next.tried(2).attempts == 2);
    CHECK(next.tried(2).due == 999);
  }
}

TEST_CASE("Owner: when a delivery was first tried is known to the next owner, however often it was tried since") {
  for (const bool with_checkpoint : {false, true}) {
    Fixture f(1);
    UnixMillis first = 0;
    {
      Process process(f.cluster, f.clock);
      process.poll();
      for (std::uint32_t attempt = 1; attempt <= 3; ++attempt) {
        f.clock.advance(Millis{1'000});
        if (attempt == 1) first = f.clock.unix_millis();
        process.attempt(0, "retry", attempt, 1);
        process.poll();
        if (with_checkpoint && attempt == 2) f.checkpoint(process);
      }
    }
    f.clock.advance(Millis{1'000});
    Process next(f.cluster, f.clock, 2);
    next.poll();
    CHECK(next.tried(0).attempts == 3);
    CHECK(next.tried(0).first_at == first);
  }
}

TEST_CASE("Owner: what a delivery comes to next is known to the next owner, from checkpoint and from tail") {
  for (const bool with_checkpoint : {false, true}) {
    Fixture f(3);
    UnixMillis recorded_at = 0;
    {
      Process process(f.cluster, f.clock);
      process.poll();
      recorded_at = f.clock.unix_millis();
      process.attempt(0, "awaiting", 1, 12'345);
      process.attempt(1, "dead_lettered", 5, 0, "max_attempts", "503: no", "down for maintenance");
      process.attempt(2, "dead_lettered", 2, 0, "status 400", "400");
      REQUIRE(process.dead_letter(2));
      process.poll();
      CHECK(process.tried(1).what == Due::dead_letter);
      if (with_checkpoint) f.checkpoint(process);
    }
    Process next(f.cluster, f.clock, 2);
    next.poll();
    CHECK(next.open() == Offsets{0, 1});
    CHECK(next.tried(0).what == Due::result);
    CHECK(next.tried(0).due == 12'345);
    CHECK(next.tried(1) == book::Tried{5, recorded_at, recorded_at, Due::dead_letter});
    REQUIRE(next.find(1)->reason != nullptr);
    CHECK(*next.find(1)->reason == book::Reason{"max_attempts", "503: no", "down for maintenance"});
  }
}

TEST_CASE("Owner: that a command's result is there is not taken back by an attempt that is recorded after it") {
  for (const bool with_checkpoint : {false, true}) {
    Fixture f(1);
    {
      Process process(f.cluster, f.clock);
      process.poll();
      process.attempt(0, "awaiting", 1, 12'345);
      process.poll();
      if (with_checkpoint) f.checkpoint(process);
      process.index->tried({0, process.lane}, {1, 7, 1, Due::answered});
      process.attempt(0, "awaiting", 2, 99'999);
      process.poll();
      CHECK(process.tried(0) == book::Tried{2, 7, 1, Due::answered});
      f.checkpoint(process);
    }
    Process next(f.cluster, f.clock, 2);
    next.poll();
    CHECK(next.tried(0) == book::Tried{2, 7, 1, Due::answered});
  }
}

TEST_CASE("Owner: an attempt at an event that nobody gets changes no delivery") {
  Fixture f(1);
  Process process(f.cluster, f.clock);
  process.poll();
  bool recorded = false;
  process.owner->record_attempt({0, 0}, std::nullopt, {}, [&] { recorded = true; });
  process.poll();
  CHECK(recorded);
  CHECK(process.open(0));
  CHECK(process.index->tails()[0].position == 2);  // behind the term's and that
}

TEST_CASE("Owner: an event of its own goes to the origin's partition without a term, and is told when it is there") {
  Fixture f(1);
  Process process(f.cluster, f.clock);
  process.poll();
  log::Record large;
  large.value.assign(process.log->max_record_bytes(log::Topic::events) + 1, 'x');
  const auto refused = process.owner->append_event({0, 0}, std::move(large), [] {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::too_large);
  log::Record made;
  made.headers.add(log::names::kId, "evt_result");
  bool recorded = false;
  REQUIRE(process.owner->append_event({0, 0}, std::move(made), [&] { recorded = true; }));
  CHECK_FALSE(recorded);
  process.poll();
  CHECK(recorded);
  const log::RecordPtr event = f.cluster->at(log::Topic::events, 0, 1);
  REQUIRE(event);
  CHECK(event->headers.get(log::names::kId) == "evt_result");
  CHECK_FALSE(event->headers.find(log::names::kTerm));
  CHECK(process.records.size() == 2);  // and is read as any other
}

TEST_CASE("Owner: an event of its own whose append is in doubt is appended again until it is there") {
  ManualClock clock;
  const auto cluster = log::memory::make_cluster({.partitions = 1, .clock = &clock, .stepped = true});
  Process process(cluster, clock);
  const auto serve = [&](bool land) {
    for (int round = 0; round < 20; ++round) {
      clock.advance(Millis{101});
      process.poll(1);
      while (!cluster->requests().empty()) cluster->answer(1);
      for (const auto& lane : cluster->lanes())
        if (land) cluster->land(lane);
    }
  };
  log::Record origin;
  origin.headers.add(log::names::kId, "evt");
  cluster->put(log::Topic::events, 0, std::move(origin));
  serve(true);
  REQUIRE(process.records.size() == 1);
  log::Record made;
  made.headers.add(log::names::kId, "evt_result");
  bool recorded = false;
  REQUIRE(process.owner->append_event({0, 0}, std::move(made), [&] { recorded = true; }));
  process.owner->flush();
  cluster->break_appenders(1);
  for (const auto& lane : cluster->lanes()) cluster->drop(lane);
  serve(false);
  CHECK_FALSE(recorded);
  serve(true);
  CHECK(recorded);
  const log::RecordPtr event = cluster->at(log::Topic::events, 0, 1);
  REQUIRE(event);
  CHECK(event->headers.get(log::names::kId) == "evt_result");
}

TEST_CASE("Owner: a dead letter ends its delivery, and one too large is refused at once") {
  Fixture f(1);
  {
    Process process(f.cluster, f.clock);
    process.poll();
    const auto refused =
        process.dead_letter(0, std::string(process.log->max_record_bytes(log::Topic::dead_letters), 'x'));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::too_large);
    REQUIRE(process.dead_letter(0));
    process.poll();
    CHECK(process.letters == Offsets{0});
    CHECK_FALSE(process.open(0));
  }
  const log::RecordPtr letter = f.cluster->at(log::Topic::dead_letters, 0, 1);
  REQUIRE(letter);
  CHECK(letter->headers.get(log::names::kOrigin) == "0:0");
  CHECK(letter->headers.get(log::names::kTerm) == "1");
  Process next(f.cluster, f.clock, 2);
  next.poll();
  CHECK(next.given() == Offsets{0});
  CHECK(next.open().empty());
}

}  // namespace
}  // namespace certes::dispatcher::testing
