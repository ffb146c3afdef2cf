// The past of a partition, as the handler is shown it for de-duplication.
#include "tests/dispatcher/ownership/owner_process.hpp"

namespace certes::dispatcher::testing {
namespace {

OwnerOptions reading_back(std::size_t records, Millis window = Millis{1'000'000}, std::size_t bytes = 64 << 20) {
  OwnerOptions options;
  options.read_back = {records, bytes};
  options.read_back_window = window;
  return options;
}

// Of eight records four are finished, one is open, three were read and finished above it.
void read_eight(Fixture& f) {
  Process process(f.cluster, f.clock);
  process.poll();
  process.deliver({0, 1, 2, 3, 5, 6, 7});
  f.checkpoint(process);
}

TEST_CASE("Owner: the past is shown before the first record, up to where the former owner had read") {
  Fixture f(8);
  read_eight(f);
  f.put();
  Process next(f.cluster, f.clock, 2, reading_back(100));
  next.poll(20);
  CHECK(next.past == Offsets{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(next.given() == Offsets{8});
  CHECK(next.open() == Offsets{4, 8});
}

TEST_CASE("Owner: no more of the past than asked for, by number, by age, and above what is known") {
  Fixture f(8);
  read_eight(f);
  {
    Process next(f.cluster, f.clock, 2, reading_back(3));
    next.poll(20, 0);
    CHECK(next.past == Offsets{5, 6, 7});
  }
  {
    Process next(f.cluster, f.clock, 3, reading_back(100, Millis{1}));  // a millisecond lies between two
    next.poll(20, 0);
    CHECK(next.past == Offsets{6, 7});
  }
  {
    Process next(f.cluster, f.clock, 4, reading_back(100));
    next.known_below = 6;
    next.poll(20, 0);
    CHECK(next.past == Offsets{6, 7});
  }
  {
    Process next(f.cluster, f.clock, 5, reading_back(100));
    next.known_below = 8;
    next.poll(20);
    CHECK(next.past.empty());
    CHECK(next.open() == Offsets{4});
  }
  Process without(f.cluster, f.clock, 6);
  without.poll(20);
  CHECK(without.past.empty());
  CHECK(without.open() == Offsets{4});
}

TEST_CASE("Owner: a past longer than a page is shown whole, over several rounds") {
  Fixture f(20'000);
  {
    Process process(f.cluster, f.clock);
    process.poll(40);
    REQUIRE(process.records.size() == 20'000);
    f.checkpoint(process);
  }
  Process next(f.cluster, f.clock, 2, reading_back(15'000));
  next.poll(20);
  REQUIRE(next.past.size() == 15'000);
  CHECK(next.past.front() == 5'000);
  CHECK(next.past.back() == 19'999);
  CHECK(next.owner->may_act(0));
}

TEST_CASE("Owner: of a past that weighs too much the newest is shown, and what has bounded it is said") {
  Fixture f(8);
  read_eight(f);
  for (int i = 0; i < 5'000; ++i) f.put();
  {
    Process reader(f.cluster, f.clock, 2);
    reader.poll(60, 5'000);
    f.checkpoint(reader);
  }
  Process next(f.cluster, f.clock, 3, reading_back(100'000, Millis{1'000'000}, 40'000));
  next.poll(60, 0);
  REQUIRE_FALSE(next.past.empty());
  CHECK(next.past.size() < 3'000);
  CHECK(next.past.back() == 5'007);
  CHECK(next.past_bound == log::ReadBack::Bound::bytes);
}

TEST_CASE("Owner: of a trimmed log the past is what is left") {
  Fixture f(8);
  read_eight(f);
  {
    const auto log = log::memory::make(f.cluster, 9);
    REQUIRE(log->trim(log::Topic::events, 0, 2, Millis{1'000}));
  }
  Process next(f.cluster, f.clock, 2, reading_back(100));
  next.poll(20, 0);
  CHECK(next.past == Offsets{2, 3, 4, 5, 6, 7});
}

TEST_CASE("Owner: no past where nothing was ever committed") {
  Fixture f(3);
  Process process(f.cluster, f.clock, 1, reading_back(100));
  process.poll();
  CHECK(process.past.empty());
  CHECK(process.records.size() == 3);
}

}  // namespace
}  // namespace certes::dispatcher::testing
