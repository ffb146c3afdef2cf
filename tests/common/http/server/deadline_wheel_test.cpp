#include "common/http/server/deadline_wheel.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>

using certes::Millis;
using certes::SteadyTime;
using certes::http::DeadlineWheel;

namespace {

const SteadyTime kStart{Millis(1'000'000)};

int expired(DeadlineWheel& wheel, SteadyTime now) {
  int n = 0;
  wheel.expire(now, [&](DeadlineWheel::Entry&) { ++n; });
  return n;
}

}  // namespace

TEST_CASE("DeadlineWheel: an entry is due after its deadline, never before") {
  DeadlineWheel wheel(kStart);
  DeadlineWheel::Entry entry;
  wheel.set(entry, kStart + Millis(100));
  CHECK(wheel.next() > kStart + Millis(100));
  CHECK(wheel.next() <= kStart + Millis(133));
  CHECK(expired(wheel, kStart + Millis(99)) == 0);
  CHECK(expired(wheel, kStart + Millis(133)) == 1);
  CHECK(wheel.next() == DeadlineWheel::kNever);
}

TEST_CASE("DeadlineWheel: a deadline moves later, earlier and away") {
  DeadlineWheel wheel(kStart);
  DeadlineWheel::Entry entry;
  wheel.set(entry, kStart + Millis(100));
  wheel.set(entry, kStart + Millis(500));
  CHECK(expired(wheel, kStart + Millis(300)) == 0);
  wheel.set(entry, kStart + Millis(400));
  CHECK(expired(wheel, kStart + Millis(450)) == 1);
  wheel.set(entry, kStart + Millis(600));
  wheel.set(entry, DeadlineWheel::kNever);
  CHECK(expired(wheel, kStart + Millis(5'000)) == 0);
}

TEST_CASE("DeadlineWheel: deadlines beyond one turn wait for theirs") {
  DeadlineWheel wheel(kStart);
  DeadlineWheel::Entry entry;
  wheel.set(entry, kStart + Millis(75'000));
  CHECK(expired(wheel, kStart + Millis(40'000)) == 0);
  CHECK(expired(wheel, kStart + Millis(74'900)) == 0);
  CHECK(expired(wheel, kStart + Millis(75'100)) == 1);
}

TEST_CASE("DeadlineWheel: a gap longer than a turn finds all that is due") {
  DeadlineWheel wheel(kStart);
  std::vector<DeadlineWheel::Entry> entries(100);
  for (std::size_t i = 0; i < entries.size(); ++i) wheel.set(entries[i], kStart + Millis(i * 300));
  CHECK(expired(wheel, kStart + Millis(600'000)) == 100);
}

TEST_CASE("DeadlineWheel: agrees with a map under random changes") {
  std::mt19937 random(7);
  DeadlineWheel wheel(kStart);
  std::vector<DeadlineWheel::Entry> entries(50);
  std::map<DeadlineWheel::Entry*, SteadyTime> model;
  SteadyTime now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    auto& entry = entries[random() % entries.size()];
    const unsigned action = static_cast<unsigned>(random() % 4);
    if (action == 0) {
      wheel.remove(entry);
      model.erase(&entry);
    } else if (action < 3) {
      const SteadyTime at = now + Millis(random() % 50'000);
      wheel.set(entry, at);
      model[&entry] = at;
    } else {
      now += Millis(random() % 300);
      wheel.expire(now, [&](DeadlineWheel::Entry& due) {
        REQUIRE(model.count(&due) == 1);
        REQUIRE(model[&due] <= now);
        model.erase(&due);
      });
      for (const auto& [waiting, at] : model) REQUIRE(at > now - Millis(64));
    }
  }
}
