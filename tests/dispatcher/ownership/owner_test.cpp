#include "dispatcher/ownership/owner.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <set>

#include "common/log/names.hpp"
#include "common/log/terms.hpp"
#include "dispatcher/ownership/outcome_records.hpp"
#include "tests/dispatcher/ownership/owner_process.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::dispatcher::testing {
namespace {

TEST_CASE("Owner: reads from the log's start where nothing was committed, and takes a term") {
  Fixture f(3);
  Process process(f.cluster, f.clock);
  process.poll(10, 0);
  CHECK(process.records.empty());
  CHECK(process.owner->may_act(0));
  process.poll();
  CHECK(process.records.size() == 3);
  REQUIRE(process.owner->partitions().size() == 1);
  CHECK(process.owner->partitions()[0].term == 1);
  CHECK(process.owner->partitions()[0].open == 3);
}

TEST_CASE("Owner: gives no more bytes at once than asked for, by a few records, and comes back for the rest") {
  Fixture f(1'000);
  Process process(f.cluster, f.clock);
  process.poll(10, 0);
  REQUIRE(process.owner->poll(1'000, 1));
  const std::size_t given = process.records.size();
  CHECK(given > 0);
  CHECK(given < 100);
  const int woken = process.woken;
  REQUIRE(process.owner->poll(1'000, 1));
  CHECK(process.records.size() == 2 * given);
  CHECK(process.woken > woken);
  process.poll();
  CHECK(process.records.size() == 1'000);
}

TEST_CASE("Owner: outcomes count as held until they are acknowledged, also while they wait to be appended") {
  Fixture f(2);
  Process process(f.cluster, f.clock);
  process.poll();
  CHECK(process.owner->memory_bytes() == 0);
  f.clock.advance(Millis{6'000});  // nothing may be appended before membership is served
  const std::string error(10'000, 'x');
  process.attempt(0, "retry", 1, 5, {}, error.substr(0, 4'000));
  log::Record letter;
  letter.headers.add(log::names::kDelivery, "dlv_1");
  letter.value = error;
  REQUIRE(process.owner->append_and_finish({0, 1}, std::move(letter), [] {}));
  CHECK(process.owner->memory_bytes() > 14'000);
  process.poll(1);
  CHECK(process.owner->memory_bytes() > 28'000);  // and their copies
  process.poll();
  CHECK(process.recorded.size() == 1);
  CHECK(process.owner->memory_bytes() == 0);
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
      process.poll();
      CHECK(process.recorded.size() == 3);
      process.owner->finish({0, 3});
      if (with_checkpoint) f.checkpoint(process);
      process.attempt(2, "retry", 2, 999);
      process.poll();
    }
    Process next(f.cluster, f.clock, 2);
    next.poll();
    REQUIRE(next.records.size() == (with_checkpoint ? 3 : 4));
    const DeliveryState retried = next.known[0].at("dlv_0");
    CHECK(retried.attempts == 3);
    CHECK(retried.next_at == 12'345);
    CHECK(retried.first_at > 0);
    CHECK_FALSE(retried.done);
    CHECK(next.known[1].at("dlv_1").done);
    CHECK(next.known[2].at("dlv_2").attempts == 2);
    CHECK(next.known[2].at("dlv_2").next_at == 999);
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
    REQUIRE(next.known[0].contains("dlv_0"));
    CHECK(next.known[0].at("dlv_0").attempts == 3);
    CHECK(next.known[0].at("dlv_0").first_at == first);
  }
}

TEST_CASE(
    "Owner: whether a delivery ended as a dead letter is known to the next owner, from checkpoint and from tail") {
  for (const bool with_checkpoint : {false, true}) {
    Fixture f(2);
    {
      Process process(f.cluster, f.clock);
      process.poll();
      process.attempt(0, "delivered", 1);
      log::Record letter;
      letter.headers.add(log::names::kDelivery, "dlv_1");
      process.attempt(1, "dead_lettered", 1, 0, "status_400", "400");
      REQUIRE(process.owner->append_and_finish({0, 1}, std::move(letter), [] {}));
      process.poll();
      if (with_checkpoint) f.checkpoint(process);
    }
    Process next(f.cluster, f.clock, 2);
    next.poll();
    REQUIRE(next.records.size() == 2);
    CHECK(next.known[0].at("dlv_0").done);
    CHECK_FALSE(next.known[0].at("dlv_0").dead_lettered);
    CHECK(next.known[1].at("dlv_1").done);
    CHECK(next.known[1].at("dlv_1").dead_lettered);
  }
}

TEST_CASE("Owner: what a delivery comes to next is known to the next owner, from checkpoint and from tail") {
  for (const bool with_checkpoint : {false, true}) {
    Fixture f(3);
    {
      Process process(f.cluster, f.clock);
      process.poll();
      process.attempt(0, "awaiting", 1, 12'345);
      process.attempt(1, "dead_lettered", 5, 0, "max_attempts", "503: no", "down for maintenance");
      process.attempt(2, "dead_lettered", 2, 0, "status 400", "400");
      log::Record letter;
      letter.headers.add(log::names::kDelivery, "dlv_2");
      REQUIRE(process.owner->append_and_finish({0, 2}, std::move(letter), [] {}));
      process.poll();
      if (with_checkpoint) f.checkpoint(process);
    }
    Process next(f.cluster, f.clock, 2);
    next.poll();
    const DeliveryState taken = next.known[0].at("dlv_0");
    CHECK(taken.due == Due::result);
    CHECK(taken.next_at == 12'345);
    CHECK_FALSE(taken.done);
    const DeliveryState given_up = next.known[1].at("dlv_1");
    CHECK(given_up.due == Due::dead_letter);
    CHECK(given_up.rule == "max_attempts");
    CHECK(given_up.error == "503: no");
    CHECK(given_up.answer == "down for maintenance");
    CHECK(given_up.attempts == 5);
    CHECK_FALSE(given_up.done);
    CHECK(next.known[2].at("dlv_2").done);
  }
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
    log::Record large;
    large.value.assign(process.log->max_record_bytes(log::Topic::dead_letters), 'x');
    const auto refused = process.owner->append_and_finish({0, 0}, std::move(large), [] {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::too_large);
    log::Record letter;
    letter.headers.add(log::names::kDelivery, "dlv_0");
    bool recorded = false;
    REQUIRE(process.owner->append_and_finish({0, 0}, std::move(letter), [&] { recorded = true; }));
    process.poll();
    CHECK(recorded);
  }
  const log::RecordPtr letter = f.cluster->at(log::Topic::dead_letters, 0, 1);
  REQUIRE(letter);
  CHECK(letter->headers.get(log::names::kOrigin) == "0:0");
  CHECK(letter->headers.get(log::names::kTerm) == "1");
  Process next(f.cluster, f.clock, 2);
  next.poll();
  CHECK(next.known[0].at("dlv_0").done);
}

TEST_CASE("Owner: progress of many open records survives in a checkpoint of several chunks") {
  constexpr int kEvents = 40'000;
  Fixture f(kEvents);
  {
    Process process(f.cluster, f.clock);
    process.poll();
    for (std::int64_t offset = 0; offset < kEvents; ++offset)
      offset % 5 == 0 ? process.owner->finish({0, offset}) : process.attempt(offset, "retry", 2, 5);
    process.poll();
    f.checkpoint(process);
  }
  CHECK(f.cluster->range(log::Topic::progress, 0).end > 2);
  Process next(f.cluster, f.clock, 2);
  next.poll(40);
  CHECK(next.records.size() == kEvents - kEvents / 5);
  CHECK(next.known[1].at("dlv_1").attempts == 2);
}

TEST_CASE("Owner: a checkpoint's records are no larger than their topic takes") {
  constexpr int kEvents = 40'000;
  Fixture f;
  f.cluster = log::memory::make_cluster({.partitions = 1, .clock = &f.clock, .max_record_bytes = 1'000});
  for (int i = 0; i < kEvents; ++i) f.put();
  {
    Process process(f.cluster, f.clock);
    process.poll();
    for (std::int64_t offset = 0; offset < kEvents; ++offset)
      offset % 5 == 0 ? process.owner->finish({0, offset}) : process.attempt(offset, "retry", 2, 5);
    process.poll();
    f.checkpoint(process);
    const std::size_t recorded = process.recorded.size();
    process.attempt(1, "delivered", 3);
    process.poll();
    CHECK(process.recorded.size() == recorded + 1);
  }
  CHECK(f.cluster->range(log::Topic::progress, 0).end > 10);
  Process next(f.cluster, f.clock, 2);
  next.poll(40);
  CHECK(next.records.size() == kEvents - kEvents / 5);
}

TEST_CASE("Owner: may not act when it was not polled within half the session timeout") {
  Fixture f(1);
  Process process(f.cluster, f.clock);
  process.poll();
  f.clock.advance(Millis{5'999});
  CHECK(process.owner->may_act(0));
  f.clock.advance(Millis{1});
  CHECK_FALSE(process.owner->may_act(0));
  process.attempt(0, "delivered", 1);
  const auto before = f.cluster->range(log::Topic::attempts, 0).end;
  process.owner->flush();
  CHECK(f.cluster->range(log::Topic::attempts, 0).end == before);  // not before membership was served
  process.poll();
  CHECK(process.recorded.size() == 1);
}

TEST_CASE("Owner: a revoked partition goes on at another process after it was let go") {
  Fixture f(3);
  Process first(f.cluster, f.clock);
  first.poll();
  first.owner->finish({0, 0});
  Process second(f.cluster, f.clock, 2);
  first.poll();
  CHECK(first.revoked.contains(0));
  CHECK_FALSE(first.owner->may_act(0));
  CHECK(first.owner->owns(0));
  f.put();
  first.poll();
  CHECK(first.records.size() == 3);  // nothing more is given
  first.attempt(1, "delivered", 1);
  first.poll();
  CHECK(first.recorded.size() == 1);
  first.owner->let_go(0);
  for (int round = 0; round < 10; ++round) first.poll(1), second.poll(1);
  CHECK(first.lost.empty());
  Process& owner = second.owner->owns(0) ? second : first;
  CHECK(f.cluster->committed(0).offset == 1);
  CHECK(owner.owner->owns(0));
  CHECK(owner.known[1].at("dlv_1").done);
}

TEST_CASE("Owner: takes a revoked partition away after two seconds, and leaves") {
  Fixture f(2);
  Process process(f.cluster, f.clock);
  process.poll();
  process.owner->leave();
  process.poll();
  CHECK(process.revoked.contains(0));
  CHECK(process.lost.empty());
  CHECK_FALSE(process.owner->left());
  f.clock.advance(Millis{2'000});
  process.poll();
  CHECK(process.lost.contains(0));
  CHECK(process.owner->left());
}

TEST_CASE("Owner: a lost partition is dropped, and nothing more is called for it") {
  Fixture f(1);
  Process process(f.cluster, f.clock);
  process.poll();
  process.attempt(0, "delivered", 1);
  f.cluster->expire(1);
  process.poll(1, 0);
  CHECK(process.lost.contains(0));
  CHECK(process.recorded.empty());
}

TEST_CASE("Owner: after a broken appender every outcome is recorded, and valid, once") {
  Fixture f(50);
  Process process(f.cluster, f.clock);
  process.poll();
  for (std::int64_t offset = 0; offset < 50; ++offset) {
    process.attempt(offset, "delivered", 1);
    if (offset == 20) process.owner->flush();  // lands, but its acknowledgement is not heard
    if (offset == 30) f.cluster->break_appenders(1);
  }
  for (int round = 0; round < 20; ++round) {
    process.poll(1);
    f.clock.advance(Millis{100});
  }
  CHECK(std::set(process.recorded.begin(), process.recorded.end()).size() == 50);
  CHECK(process.recorded.size() == 50);
  std::int64_t highest = 0;
  std::multiset<std::string> valid;
  for (std::int64_t offset = 0; const log::RecordPtr record = f.cluster->at(log::Topic::attempts, 0, offset);
       ++offset) {
    if (*log::Terms::of(*record) < highest) continue;
    highest = *log::Terms::of(*record);
    if (const auto outcome = outcome_of(*record)) valid.insert(outcome->delivery);
  }
  CHECK(valid.size() == 50);
  for (const std::string& delivery : valid) CHECK(valid.count(delivery) == 1);
  CHECK(process.owner->partitions()[0].term > 1);
}

TEST_CASE("Owner: records trimmed before they were read are counted as lost") {
  Fixture f(10);
  {
    Process process(f.cluster, f.clock);
    process.poll(10, 2);
    process.owner->finish({0, 0});
    process.owner->finish({0, 2});
    f.checkpoint(process);
  }
  REQUIRE(log::memory::make(f.cluster, 9)->trim(log::Topic::events, 0, 6, {}));
  Process next(f.cluster, f.clock, 2);
  next.poll();
  CHECK(next.log_lost == 4);  // 1, 3, 4, 5
  CHECK(next.records.size() == 4);
}

TEST_CASE("Owner: does not ask to be polled at once while it waits for the log") {
  ManualClock clock;
  const auto cluster = log::memory::make_cluster({.partitions = 1, .clock = &clock, .stepped = true});
  cluster->put(log::Topic::events, 0, {});
  Process process(cluster, clock);
  const auto serve = [&] {
    process.poll(1);
    CHECK(process.owner->next_deadline() > clock.now());
    for (const auto& lane : cluster->lanes()) cluster->land(lane);
    if (!cluster->requests().empty()) cluster->answer(1);
  };
  for (int round = 0; round < 10; ++round) serve();
  REQUIRE(process.records.size() == 1);
  process.attempt(0, "retry", 1);
  cluster->break_appenders(1);
  process.poll(1);
  process.attempt(0, "retry", 2);  // waits for the new term, which waits for an answer
  for (int round = 0; round < 5; ++round) {
    process.poll(1);
    CHECK(process.owner->next_deadline() > clock.now());
  }
  for (int round = 0; round < 20; ++round) serve();
  CHECK(process.recorded.size() == 2);
}

TEST_CASE("Owner: takes a still higher term where one not lower stands before its own") {
  Fixture f(1);
  log::Record foreign;
  add_term(foreign.headers, 7);
  f.cluster->put(log::Topic::dead_letters, 0, std::move(foreign));
  Process process(f.cluster, f.clock);
  process.poll();
  CHECK(process.records.size() == 1);
  CHECK(process.owner->partitions()[0].term == 8);
}

TEST_CASE("Owner: old checkpoints are trimmed") {
  Fixture f;
  Process process(f.cluster, f.clock);
  process.poll();
  for (int i = 0; i < 40; ++i) {
    f.put();
    process.poll(2);
    process.owner->finish({0, i});
    f.checkpoint(process);
  }
  const log::OffsetRange kept = f.cluster->range(log::Topic::progress, 0);
  CHECK(kept.end >= 80);
  CHECK(kept.end - kept.start < 30);
}

}  // namespace
}  // namespace certes::dispatcher::testing
