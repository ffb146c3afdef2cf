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
  CHECK(process.running == 1);
  process.poll();
  CHECK(process.given() == Offsets{0, 1, 2});
  REQUIRE(process.owner->partitions().size() == 1);
  const Owner::Partition partition = process.owner->partitions()[0];
  CHECK(partition.term == 1);
  CHECK(partition.open == 3);
  CHECK(partition.watermark == 0);
  CHECK(partition.position == 3);
  CHECK(partition.oldest_open == process.records[0]->appended_at);
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

TEST_CASE("Owner: a revoked partition goes on at another process after it was let go, from what was routed") {
  Fixture f(3);
  Process first(f.cluster, f.clock);
  first.poll();
  first.deliver({0});
  first.routes = false;
  f.put();
  first.poll();
  CHECK(first.given() == Offsets{0, 1, 2, 3});
  Process second(f.cluster, f.clock, 2);
  first.poll();
  CHECK(first.revoked.contains(0));
  CHECK_FALSE(first.owner->may_act(0));
  CHECK(first.owner->owns(0));
  f.put();
  first.poll();
  CHECK(first.records.size() == 4);  // nothing more is given
  first.deliver({1});
  CHECK(first.recorded.size() == 2);
  first.owner->let_go(0);
  first.routes = true;
  const std::size_t before = first.records.size();
  for (int round = 0; round < 10; ++round) first.poll(1), second.poll(1);
  CHECK(first.lost.empty());
  Process& owner = second.owner->owns(0) ? second : first;
  CHECK(f.cluster->committed(0).offset == 2);
  REQUIRE(owner.owner->owns(0));
  CHECK(owner.records.size() - (&owner == &first ? before : 0) == 2);  // 3 and 4
  CHECK(owner.open() == Offsets{2, 3, 4});
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

// Of 50 deliveries the outcomes of some are in doubt.
void break_appender(Fixture& f, Process& process) {
  for (std::int64_t offset = 0; offset < 50; ++offset) {
    process.attempt(offset, "delivered", 1);
    if (offset == 20) process.owner->flush();  // lands, but its acknowledgement is not heard
    if (offset == 30) f.cluster->break_appenders(1);
  }
  for (int round = 0; round < 20; ++round) {
    process.poll(1);
    f.clock.advance(Millis{100});
  }
}

TEST_CASE("Owner: after a broken appender every outcome is recorded, and valid, once") {
  Fixture f(50);
  Process process(f.cluster, f.clock);
  process.poll();
  break_appender(f, process);
  CHECK(std::set(process.recorded.begin(), process.recorded.end()).size() == 50);
  CHECK(process.recorded.size() == 50);
  CHECK(process.open().empty());
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

TEST_CASE("Owner: a new term gives no record twice and tells nobody anew, also where what was given is not routed") {
  Fixture f(50);
  Process process(f.cluster, f.clock);
  process.poll();
  process.routes = false;
  f.put();
  f.put();
  process.poll();
  REQUIRE(process.records.size() == 52);
  break_appender(f, process);
  REQUIRE(process.owner->partitions()[0].term > 1);
  f.put();
  process.poll();
  CHECK(process.records.size() == 53);
  CHECK(process.records.back()->offset == 52);
  CHECK(process.running == 1);
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

}  // namespace
}  // namespace certes::dispatcher::testing
