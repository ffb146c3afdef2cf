// `events` that are not what they were: trimmed, cut, replaced, and offsets at which nothing is ever given.

#include <doctest/doctest.h>

#include <functional>

#include "dispatcher/ownership/commit_note.hpp"
#include "tests/dispatcher/ownership/owner_process.hpp"
#include "tests/fakes/counting_log.hpp"

namespace certes::dispatcher::testing {
namespace {

std::int64_t previous_of(const Fixture& f) {
  return decode_note(f.cluster->committed(0).metadata).value_or(CommitNote{}).previous;
}

// Of so many records the lowest is done, all others are open: in a checkpoint.
void leave_open(Fixture& f, std::int64_t events) {
  for (std::int64_t i = 0; i < events; ++i) f.put();
  Process process(f.cluster, f.clock);
  process.poll();
  process.deliver({0});
  f.checkpoint(process);
  process.attempt(5, "delivered", 1);
  process.poll();
}

TEST_CASE("Owner: records trimmed before they were read are counted as lost, what is open of others stays open") {
  Fixture f(4);
  {
    Process process(f.cluster, f.clock);
    process.poll();
    process.deliver({0, 2});
    f.checkpoint(process);
  }
  for (int i = 0; i < 6; ++i) f.put();
  REQUIRE(log::memory::make(f.cluster, 9)->trim(log::Topic::events, 0, 6, {}));
  Process next(f.cluster, f.clock, 2);
  next.poll();
  CHECK(next.log_lost == 2);  // 4, 5
  CHECK(next.given() == Offsets{6, 7, 8, 9});
  CHECK(next.open() == Offsets{1, 3, 6, 7, 8, 9});
}

TEST_CASE("Owner: records trimmed while it runs are counted, and pass once all that was given is routed") {
  Fixture f(3);
  Process process(f.cluster, f.clock);
  process.poll();
  process.routes = false;
  f.put();
  process.poll();
  for (int i = 0; i < 4; ++i) f.put();
  REQUIRE(log::memory::make(f.cluster, 9)->trim(log::Topic::events, 0, 7, {}));
  for (int round = 0; round < 5; ++round) {
    process.poll();
    f.clock.advance(Millis{101});
  }
  CHECK(process.log_lost == 3);  // 4, 5, 6
  CHECK(process.given() == Offsets{0, 1, 2, 3, 7});
  CHECK(process.index->position() == 3);
  process.route(*process.records[3]);
  process.route(*process.records[4]);
  process.poll();
  CHECK(process.index->position() == 8);
  CHECK(process.open() == Offsets{0, 1, 2, 3, 7});
}

TEST_CASE("Owner: a log that has lost its end is read on from behind the last record that is known in it") {
  Fixture f;
  leave_open(f, 200);
  f.cluster->cut(log::Topic::events, 0, 180);
  for (int i = 0; i < 50; ++i) f.put();
  {
    Process next(f.cluster, f.clock, 2);
    next.poll(20, 1);
    CHECK(next.replaced == 1);
    REQUIRE_FALSE(next.records.empty());
    const std::int64_t cut = next.records[0]->offset;
    CHECK(cut > 1);
    CHECK(cut <= 180);
    CHECK(next.log_lost == 200 - cut);  // deliveries
    next.poll();
    CHECK(next.index->counts().open() == 230 - (cut > 5 ? 2 : 1));
    CHECK(f.cluster->committed(0).offset == 1);  // at once
    CHECK(decode_note(f.cluster->committed(0).metadata)->term == 2);
    CHECK(previous_of(f) >= 0);
    next.deliver({cut + 3});
  }
  Process after(f.cluster, f.clock, 3);
  after.poll();
  CHECK(after.replaced == 0);
  CHECK(after.log_lost == 0);
}

TEST_CASE("Owner: outcomes of records that a cut has lost are not those of the records that have their offsets now") {
  Fixture f;
  leave_open(f, 8);  // delivered since: 5
  f.cluster->cut(log::Topic::events, 0, 4);
  for (int i = 0; i < 6; ++i) f.put();
  Process next(f.cluster, f.clock, 2);
  next.poll();
  CHECK(next.replaced == 1);
  CHECK(next.open() == Offsets{1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("Owner: a log of which nothing is known is read from its start, and neither tails nor checkpoints count") {
  Fixture f;
  leave_open(f, 8);
  f.clock.advance(Millis{1'000});
  f.cluster->cut(log::Topic::events, 0, 0);
  int events = 0;
  SUBCASE("that is shorter") { events = 3; }
  SUBCASE("that is longer") { events = 20; }
  for (int i = 0; i < events; ++i) f.put();
  {
    Process next(f.cluster, f.clock, 2);
    next.poll();
    CHECK(next.replaced == 1);
    CHECK(next.log_lost == 7);
    CHECK(next.records.size() == static_cast<std::size_t>(events));
    CHECK(next.open().size() == static_cast<std::size_t>(events));
    CHECK(previous_of(f) == log::kNoOffset);
    next.deliver({1});
  }
  Process after(f.cluster, f.clock, 3);
  after.poll();
  CHECK(after.replaced == 0);
  CHECK(after.open().size() == static_cast<std::size_t>(events) - 1);
}

TEST_CASE("Owner: a tail that has lost its end is read whole, and what is recorded since is not lost") {
  Fixture f(6);
  {
    Process process(f.cluster, f.clock);
    process.poll();
    process.deliver({0, 1, 2});
    f.checkpoint(process);
  }
  f.cluster->cut(log::Topic::attempts, 0, 1);
  {
    Process next(f.cluster, f.clock, 2);
    next.poll();
    CHECK(next.open() == Offsets{3, 4, 5});
    next.deliver({3});
  }
  Process after(f.cluster, f.clock, 3);
  after.poll();
  CHECK(after.open() == Offsets{4, 5});
}

TEST_CASE(
    "Owner: what the tails say of an event is not said of another that has its offset in a log that was replaced") {
  Fixture f(3);
  {
    Process process(f.cluster, f.clock);
    process.poll();
    process.deliver({0, 1});
  }
  f.cluster->cut(log::Topic::events, 0, 1);
  log::Record other;
  other.headers.add(log::names::kId, "other");
  f.cluster->put(log::Topic::events, 0, std::move(other));
  Process next(f.cluster, f.clock, 2);
  next.poll();
  CHECK(next.given() == Offsets{0, 1});
  CHECK(next.open() == Offsets{1});
}

// A log whose members say that what stands below `position` is never given.
struct Gapped final : fakes::CountingLog {
  struct Its final : log::Member {
    Its(std::unique_ptr<log::Member> member, const std::int64_t& position)
        : inner(std::move(member)), position_(position) {}
    Result<void> poll() override { return inner->poll(); }
    void committed(std::int32_t partition, std::function<void(Result<log::Committed>)> done) override {
      inner->committed(partition, std::move(done));
    }
    void commit(std::int32_t partition, log::Committed value, std::function<void(Result<void>)> done) override {
      inner->commit(partition, std::move(value), std::move(done));
    }
    void start(std::int32_t partition, std::int64_t offset) override { inner->start(partition, offset); }
    void stop(std::int32_t partition) override { inner->stop(partition); }
    Result<std::size_t> read(std::size_t max, std::vector<log::RecordPtr>& out) override {
      return inner->read(max, out);
    }
    std::int64_t position(std::int32_t) const override { return position_; }
    void release(std::int32_t partition) override { inner->release(partition); }
    void leave() override { inner->leave(); }
    bool left() const override { return inner->left(); }
    std::unique_ptr<log::Member> inner;
    const std::int64_t& position_;
  };
  explicit Gapped(std::unique_ptr<log::Log> log) : CountingLog(*log), inner(std::move(log)) {}
  std::unique_ptr<log::Member> join(log::MemberHandler& handler, log::Wake wake) override {
    return std::make_unique<Its>(inner->join(handler, std::move(wake)), position);
  }
  std::unique_ptr<log::Log> inner;
  std::int64_t position = log::kNoOffset;
};

TEST_CASE("Owner: what is never given counts as routed, once all that was given is") {
  Fixture f(3);
  auto made = std::make_unique<Gapped>(log::memory::make(f.cluster, 1));
  Gapped& log = *made;
  Process process(std::move(made), f.clock, {});
  process.poll();
  process.routes = false;
  f.put();
  process.poll();
  log.position = 6;
  process.poll();
  CHECK(process.index->position() == 3);
  CHECK(process.owner->partitions()[0].position == 6);
  process.route(*process.records[3]);
  process.poll();
  CHECK(process.index->position() == 6);
  process.deliver({0, 1, 2, 3});
  f.checkpoint(process);
  CHECK(f.cluster->committed(0).offset == 6);
}

}  // namespace
}  // namespace certes::dispatcher::testing
