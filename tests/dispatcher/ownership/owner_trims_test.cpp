// What the owner lets go of on the log, and what it does when it cannot.

#include <doctest/doctest.h>

#include <map>

#include "tests/dispatcher/ownership/owner_process.hpp"
#include "tests/fakes/counting_log.hpp"

namespace certes::dispatcher::testing {
namespace {

constexpr std::chrono::hours kRetention{1};

OwnerOptions letting_go(LetsGo lets_go) {
  OwnerOptions options;
  options.lets_go = lets_go;
  options.events_retention = kRetention;
  return options;
}

// A log that refuses to let go, or is crowded, when the test says so.
class StubbornLog final : public fakes::CountingLog {
 public:
  explicit StubbornLog(std::unique_ptr<log::Log> log) : CountingLog(*log), its_(std::move(log)) {}
  Result<void> trim(log::Topic topic, std::int32_t partition, std::int64_t before, Millis timeout) override {
    if (refuses) return fail(Code::unavailable, "no broker answers");
    return CountingLog::trim(topic, partition, before, timeout);
  }
  Result<void> erase(log::Topic topic, std::int32_t partition, std::vector<log::OffsetRange> runs,
                     Millis timeout) override {
    ++erasures;
    if (refuses) return fail(Code::unavailable, "the disk is full");
    return CountingLog::erase(topic, partition, std::move(runs), timeout);
  }
  bool crowded() const override { return is_crowded; }
  void keep_from(log::Topic topic, std::int32_t, std::int64_t offset) override { kept[topic] = offset; }

  bool refuses = false, is_crowded = false;
  int erasures = 0;
  std::map<log::Topic, std::int64_t> kept;

 private:
  const std::unique_ptr<log::Log> its_;
};

Offsets on_the_log(const Fixture& f) {
  Offsets offsets;
  const log::OffsetRange range = f.cluster->range(log::Topic::events, 0);
  for (std::int64_t at = range.start; at < range.end; ++at)
    if (f.cluster->at(log::Topic::events, 0, at)) offsets.push_back(at);
  return offsets;
}

TEST_CASE("Owner: what is finished and too old is trimmed, but for the record by which the log is known again") {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.put();
  OwnerOptions options;
  options.lets_go = LetsGo::below;
  options.events_retention = std::chrono::hours(1);
  Process process(f.cluster, f.clock, 1, options);
  process.poll();
  const auto start = [&] { return f.cluster->range(log::Topic::events, 0).start; };
  process.deliver({0, 1, 2, 3, 4, 5});
  f.checkpoint(process);
  CHECK(start() == 0);  // it is young
  f.clock.advance(std::chrono::hours(2));
  process.poll();
  CHECK(start() == 5);
  process.deliver({6, 7, 8, 9});
  f.checkpoint(process);
  CHECK(start() == 5);
  f.clock.advance(std::chrono::minutes(10));
  process.poll();
  CHECK(start() == 9);
  Process next(f.cluster, f.clock, 2, options);
  f.cluster->expire(1);
  next.poll();
  CHECK(next.log_lost == 0);
  CHECK(next.replaced == 0);
}

TEST_CASE("Owner: what is finished stays where it is not the owner's to let go") {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.put();
  Process process(f.cluster, f.clock);
  process.poll();
  process.deliver({0, 1, 2, 3, 4, 5});
  f.checkpoint(process);
  f.clock.advance(std::chrono::hours(10'000));
  process.poll();
  CHECK(f.cluster->range(log::Topic::events, 0).start == 0);
}

TEST_CASE("Owner: between what is open, what is finished and too old is erased, and is not missed") {
  Fixture f(10);
  Process process(f.cluster, f.clock, 1, letting_go(LetsGo::between));
  process.poll();
  process.deliver({1, 2, 3, 6});
  f.checkpoint(process);
  process.poll();
  CHECK(on_the_log(f).size() == 10);  // it is young
  f.clock.advance(kRetention + std::chrono::minutes(10));
  process.poll();
  CHECK(on_the_log(f) == Offsets{0, 4, 5, 7, 8, 9});
  process.deliver({4});
  f.checkpoint(process);
  process.poll();
  CHECK(on_the_log(f).size() == 6);  // in ten minutes
  f.clock.advance(std::chrono::minutes(10));
  process.poll();
  CHECK(on_the_log(f) == Offsets{0, 5, 7, 8, 9});
}

TEST_CASE("Owner: an owner that comes after goes on with what is left, with a checkpoint and without") {
  for (const bool readable : {true, false}) {
    CAPTURE(readable);
    Fixture f(10);
    {
      Process process(f.cluster, f.clock, 1, letting_go(LetsGo::between));
      process.poll();
      process.deliver({1, 2, 3, 6, 9});
      f.clock.advance(kRetention);
      f.checkpoint(process);
      process.poll();
      CHECK(on_the_log(f) == Offsets{0, 4, 5, 7, 8, 9});
    }
    const log::OffsetRange all = f.cluster->range(log::Topic::progress, 0);
    for (std::int64_t at = all.start; at < all.end && !readable; ++at) f.cluster->corrupt(log::Topic::progress, 0, at);
    Process next(f.cluster, f.clock, 2);
    next.poll();
    CHECK(next.open() == Offsets{0, 4, 5, 7, 8});
    CHECK(next.unreadable.empty() == readable);
    CHECK(next.log_lost == 0);
    CHECK(next.replaced == 0);
    f.put();
    next.poll();
    CHECK(next.open() == Offsets{0, 4, 5, 7, 8, 10});
  }
}

TEST_CASE("Owner: where the log has no room, what is finished is erased at any age, a second after the last") {
  Fixture f(6);
  auto log = std::make_unique<StubbornLog>(log::memory::make(f.cluster, 1));
  StubbornLog& its = *log;
  Process process(std::move(log), f.clock, letting_go(LetsGo::between));
  process.poll();
  process.deliver({1, 2});
  f.checkpoint(process);
  process.poll();
  CHECK(on_the_log(f).size() == 6);
  its.is_crowded = true;
  f.clock.advance(std::chrono::minutes(10));
  process.poll();
  CHECK(on_the_log(f) == Offsets{0, 3, 4, 5});
  process.deliver({3});
  f.clock.advance(Millis{1'000});
  process.poll();
  f.clock.advance(Millis{1'000});
  process.poll();
  CHECK(on_the_log(f) == Offsets{0, 4, 5});
}

TEST_CASE("Owner: what was erased is not erased again") {
  Fixture f(6);
  auto log = std::make_unique<StubbornLog>(log::memory::make(f.cluster, 1));
  StubbornLog& its = *log;
  Process process(std::move(log), f.clock, letting_go(LetsGo::between));
  process.poll();
  f.clock.advance(kRetention);
  f.checkpoint(process);
  for (int pass = 0; pass < 5; ++pass) {
    f.clock.advance(std::chrono::minutes(10));
    process.poll();
  }
  CHECK(its.erasures == 0);  // nothing is finished
  process.deliver({1, 2});
  f.checkpoint(process);
  for (int pass = 0; pass < 5; ++pass) {
    f.clock.advance(std::chrono::minutes(10));
    process.poll();
  }
  CHECK(on_the_log(f) == Offsets{0, 3, 4, 5});
}

TEST_CASE("Owner: a trim that fails is told, and done later") {
  for (const LetsGo lets_go : {LetsGo::below, LetsGo::between}) {
    CAPTURE(lets_go);
    Fixture f(6);
    auto log = std::make_unique<StubbornLog>(log::memory::make(f.cluster, 1));
    StubbornLog& its = *log;
    Process process(std::move(log), f.clock, letting_go(lets_go));
    process.poll();
    process.deliver(lets_go == LetsGo::below ? Offsets{0, 1, 2} : Offsets{1, 2});
    its.refuses = true;
    f.clock.advance(2 * kRetention);
    f.checkpoint(process);
    process.poll();
    REQUIRE(process.not_trimmed.size() == 1);
    CHECK(process.not_trimmed[0].starts_with("events: "));
    CHECK(on_the_log(f).size() == 6);
    its.refuses = false;
    f.clock.advance(std::chrono::minutes(10));
    process.poll();
    CHECK(process.not_trimmed.size() == 1);
    CHECK(on_the_log(f).size() == 4);
  }
}

TEST_CASE("Owner: it says from where on outcomes are needed: from what the last two checkpoints say of the tails") {
  Fixture f(10);
  const auto make = [&](std::uint64_t id) { return std::make_unique<StubbornLog>(log::memory::make(f.cluster, id)); };
  const auto tail = [&](log::Topic topic) { return f.cluster->range(topic, 0).end; };
  auto log = make(1);
  StubbornLog& its = *log;
  std::int64_t attempts = 0, letters = 0;
  {
    Process process(std::move(log), f.clock, {});
    process.poll();
    CHECK(its.kept.empty());
    process.deliver({1, 2, 3});
    f.checkpoint(process);
    CHECK(its.kept[log::Topic::attempts] == 0);  // there is no checkpoint before
    attempts = tail(log::Topic::attempts);
    letters = tail(log::Topic::dead_letters);
    process.deliver({4});
    REQUIRE(process.dead_letter(5));
    process.poll();
    f.checkpoint(process);
    CHECK(its.kept[log::Topic::attempts] == attempts);
    CHECK(its.kept[log::Topic::dead_letters] == letters);
    attempts = tail(log::Topic::attempts);
    letters = tail(log::Topic::dead_letters);
    process.deliver({6, 7});  // in no checkpoint
  }
  auto another = make(2);
  StubbornLog& others = *another;
  Process next(std::move(another), f.clock, {});
  f.cluster->expire(1);
  next.poll();
  CHECK(next.open() == Offsets{0, 8, 9});
  CHECK(others.kept.empty());  // its process has read them, and another may have to
  f.checkpoint(next);
  CHECK(others.kept[log::Topic::attempts] == attempts);
  CHECK(others.kept[log::Topic::dead_letters] == letters);
  attempts = tail(log::Topic::attempts);
  next.deliver({8});
  f.checkpoint(next);
  CHECK(others.kept[log::Topic::attempts] == attempts);
}

TEST_CASE("Owner: old checkpoints that cannot be trimmed are told of") {
  Fixture f(100);
  auto log = std::make_unique<StubbornLog>(log::memory::make(f.cluster, 1));
  log->refuses = true;
  Process process(std::move(log), f.clock, {});
  process.poll();
  for (std::int64_t offset = 0; offset < 20; ++offset) {
    process.deliver({offset});
    f.checkpoint(process);
  }
  REQUIRE(!process.not_trimmed.empty());
  CHECK(process.not_trimmed[0] == "progress: no broker answers");
}

}  // namespace
}  // namespace certes::dispatcher::testing
