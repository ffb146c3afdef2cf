#include "dispatcher/endpoint/workers.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

using namespace certes;
using namespace certes::dispatcher;

namespace {

constexpr SteadyTime kStart{std::chrono::hours{1}};
const registry::BreakerSettings kThree{3, 0, 1, 10, 1, 4};  // failures in a row; a probe after 1, 2, 4 s

std::vector<std::string> urls(int count) {
  std::vector<std::string> made;
  for (int i = 0; i < count; ++i) made.push_back("http://w" + std::to_string(i) + ":80/hook");
  return made;
}

struct Bench {
  explicit Bench(int count, int most = 64, int first = 0,
                 std::optional<registry::BreakerSettings> breaker = std::nullopt) {
    workers.begin_anew(urls(count), breaker, first);
    workers.set_most(most);
  }
  Seat& send(const Workers::Ids& tried = {}) {
    seats.push_back(workers.choose(tried, now));
    return seats.back();
  }
  // What it is of the URLs.
  static int number(const Seat& seat) { return seat.worker().url[8] - '0'; }
  int next() { return number(send()); }
  void end(Seat& seat, Health health) {
    workers.answered(seat, health, now);
    seat = Seat();
  }
  void fail(int worker, int times) {
    for (int i = 0; i < times; ++i) {
      Workers::Ids others;
      workers.for_each([&](const Worker& one) {
        if (one.url[8] - '0' != worker) others.push_back(one.id);
      });
      Seat seat = workers.choose(others, now);
      REQUIRE(seat);
      end(seat, Health::fails);
    }
  }

  SteadyTime now = kStart;
  Workers workers;
  std::deque<Seat> seats;
};

}  // namespace

TEST_CASE("Workers: requests go to one after the other, and a busy one gets none while another is idle") {
  Bench bench(3);
  CHECK(bench.next() == 0);
  CHECK(bench.next() == 1);
  bench.end(bench.seats[0], Health::works);
  CHECK(bench.next() == 2);
  CHECK(bench.next() == 0);
  bench.end(bench.seats[1], Health::works);
  CHECK(bench.next() == 1);
  for (const int expected : {2, 0, 1, 2}) CHECK(bench.next() == expected);
}

TEST_CASE("Workers: one is the endpoint's only one, and has no name") {
  Bench bench(1, 2);
  CHECK(bench.next() == 0);
  CHECK(bench.seats[0].worker().name.empty());
  CHECK(bench.workers.allowed() == 2);
}

TEST_CASE("Workers: several have names, without what else their URLs say") {
  Bench bench(2);
  CHECK(bench.send().worker().name == "worker 1 at http://w0:80");
  CHECK(bench.send().worker().name == "worker 2 at http://w1:80");
}

TEST_CASE("Workers: each has as many in flight as it may, and no other is found than one with room") {
  Bench bench(2, 2);
  CHECK(bench.workers.allowed() == 4);
  for (int i = 0; i < 3; ++i) bench.send();
  const Workers::Ids second{bench.seats[1].worker().id}, first{bench.seats[0].worker().id};
  CHECK(bench.number(bench.send(first)) == 1);
  CHECK_FALSE(bench.workers.has_room());
  CHECK_FALSE(bench.send(first));
  CHECK_FALSE(bench.send(second));
  CHECK(bench.workers.any_but(first));
  CHECK_FALSE(bench.workers.any_but({first[0], second[0]}));
  CHECK(bench.send());  // nothing was tried: it goes out all the same
}

TEST_CASE("Workers: one that does nothing but fail gets nothing, then a probe") {
  Bench bench(2, 4, 0, kThree);
  bench.fail(0, 3);
  CHECK(bench.workers.closed());
  CHECK_FALSE(bench.workers.open_until());
  CHECK(bench.workers.next_wake() == kStart + Millis{1'000});
  CHECK(bench.workers.allowed() == 4);
  for (int i = 0; i < 4; ++i) CHECK(bench.next() == 1);
  CHECK_FALSE(bench.workers.has_room());
  bench.now += Millis{1'000};
  bench.workers.wake(bench.now);
  CHECK(bench.workers.allowed() == 5);
  CHECK(bench.next() == 0);
  CHECK_FALSE(bench.workers.has_room());
  CHECK_FALSE(bench.workers.next_wake());
  SUBCASE("which fails") {
    bench.end(bench.seats.back(), Health::fails);
    CHECK(bench.workers.next_wake() == bench.now + Millis{2'000});
    CHECK(bench.workers.allowed() == 4);
  }
  SUBCASE("which works") {
    bench.end(bench.seats.back(), Health::works);
    CHECK_FALSE(bench.workers.next_wake());
    CHECK(bench.workers.allowed() == 8);
  }
}

TEST_CASE("Workers: nothing is to be sent once the breakers of all are open, until the first may be probed") {
  Bench bench(3, 4, 0, kThree);
  for (int worker = 0; worker < 3; ++worker) {
    CHECK(bench.workers.closed());
    bench.fail(worker, 3);
    bench.now += Millis{100};
  }
  CHECK_FALSE(bench.workers.closed());
  CHECK(bench.workers.open_until() == kStart + Millis{1'000});
  CHECK(bench.workers.allowed() == 0);
  bench.workers.wake(kStart + Millis{1'000});
  CHECK_FALSE(bench.workers.open_until());
  CHECK(bench.workers.allowed() == 1);
  bench.now = kStart + Millis{1'000};
  CHECK(bench.next() == 0);
  CHECK(bench.workers.next_wake() == kStart + Millis{1'100});
}

TEST_CASE("Workers: one that hangs has few, and leaves the others theirs") {
  Bench bench(2, 8, 4);
  CHECK(bench.workers.allowed() == 8);
  for (int i = 0; i < 4; ++i) bench.send();
  for (Seat& seat : bench.seats)
    if (bench.number(seat) == 0) bench.end(seat, Health::too_much);
  CHECK(bench.workers.allowed() == 1 + 4);
  for (int i = 0; i < 3; ++i) CHECK(bench.send());
  CHECK_FALSE(bench.workers.has_room());
  // What is out to one that may have less now takes nothing from the others.
  Bench many(2, 8, 4);
  for (int i = 0; i < 8; ++i) many.send();
  many.end(many.seats[0], Health::too_much);
  many.workers.answered(many.seats[2], Health::too_much, many.now);
  CHECK(many.workers.allowed() == 3 + 4);
}

TEST_CASE("Workers: those whose URL stays keep what is out to them, and nothing else; of others nothing is heard") {
  Bench bench(3, 4, 0, kThree);
  for (int i = 0; i < 3; ++i) bench.send();
  bench.fail(1, 3);
  auto left = urls(3);
  left.erase(left.begin());
  bench.workers.begin_anew(left, kThree, 0);
  CHECK(bench.workers.size() == 2);
  int in_flight = 0;
  bench.workers.for_each([&](const Worker& worker) {
    CHECK(worker.breaker.closed());
    in_flight += worker.in_flight;
  });
  CHECK(in_flight == 2);
  for (int i = 0; i < 3; ++i) bench.workers.answered(bench.seats[0], Health::fails, bench.now);
  CHECK(bench.workers.allowed() == 8);
  bench.seats.clear();  // and the one that is no more goes with its last seat
  in_flight = 0;
  bench.workers.for_each([&](const Worker& worker) { in_flight += worker.in_flight; });
  CHECK(in_flight == 0);
}

namespace {

http::ResolutionPtr found(std::vector<std::string> addresses) {
  return std::make_shared<const http::Resolution>(
      http::Resolution{http::Resolution::Kind::found, std::move(addresses), {}});
}

std::vector<std::string> addresses_of(const Workers& workers) {
  std::vector<std::string> addresses;
  workers.for_each([&](const Worker& worker) { addresses.push_back(worker.address); });
  return addresses;
}

}  // namespace

TEST_CASE("Workers: the addresses of a name are workers, which have its URL's limit together") {
  Bench bench(1, 3);
  CHECK(bench.workers.learn(bench.send().worker(), found({"10.0.0.1", "10.0.0.2"})));
  CHECK(bench.workers.size() == 2);
  CHECK(bench.workers.urls() == 1);
  CHECK(bench.workers.allowed() == 3);
  CHECK(bench.send().worker().name == "http://w0:80 (10.0.0.1)");
  CHECK(bench.send().worker().address == "10.0.0.2");
  CHECK(bench.send().worker().address == "10.0.0.1");
  CHECK_FALSE(bench.workers.has_room());
  CHECK_FALSE(bench.send({bench.seats[1].worker().id}));
  bench.workers.answered(bench.seats[0], Health::fails, bench.now);  // when nobody knew who it was
  CHECK(bench.workers.closed());
}

TEST_CASE("Workers: a name that has one address of each family is one worker, as it is one host") {
  Bench bench(1);
  const auto learn = [&](std::vector<std::string> addresses) {
    bench.seats.clear();
    bench.workers.learn(bench.send().worker(), found(std::move(addresses)));
    return addresses_of(bench.workers);
  };
  CHECK(learn({"10.0.0.1"}) == std::vector<std::string>{""});
  for (const std::vector<std::string>& all : {std::vector<std::string>{"fd00::1", "10.0.0.1", "10.0.0.2"},
                                              {"10.0.0.1", "10.0.0.2"},
                                              {"fd00::1", "fd00::2", "10.0.0.1", "10.0.0.2"}})
    CHECK(learn(all) == all);
  CHECK(learn({"fd00::1"}) == std::vector<std::string>{""});
  CHECK(learn({"10.0.0.1", "fd00::1"}) == std::vector<std::string>{""});
}

TEST_CASE("Workers: an address that stays keeps what is known of it, whatever becomes of the others") {
  Bench bench(2, 8, 0, kThree);
  bench.workers.learn(bench.send().worker(), found({"10.0.0.1", "10.0.0.2"}));
  CHECK(addresses_of(bench.workers) == std::vector<std::string>{"10.0.0.1", "10.0.0.2", ""});
  const auto seat_of = [&](const std::string& address) {
    Workers::Ids others;
    bench.workers.for_each([&](const Worker& one) {
      if (one.address != address) others.push_back(one.id);
    });
    return bench.workers.choose(others, bench.now);
  };
  for (int i = 0; i < 3; ++i) bench.workers.answered(seat_of("10.0.0.1"), Health::fails, bench.now);
  CHECK(bench.workers.tripped() == 1);
  const Seat out = seat_of("10.0.0.2");
  CHECK_FALSE(bench.workers.learn(out.worker(), found({"10.0.0.2", "10.0.0.1"})));  // in another order
  CHECK(bench.workers.learn(out.worker(), found({"10.0.0.3", "10.0.0.2", "10.0.0.1"})));
  CHECK(addresses_of(bench.workers) == std::vector<std::string>{"10.0.0.3", "10.0.0.2", "10.0.0.1", ""});
  CHECK(bench.workers.tripped() == 1);
  CHECK(out.worker().in_flight == 1);
  CHECK(bench.workers.learn(out.worker(), found({"10.0.0.3", "10.0.0.4"})));
  CHECK(bench.workers.tripped() == 0);
  CHECK_FALSE(bench.workers.learn(out.worker(), found({"10.0.0.2"})));  // it is none any more
  bench.workers.begin_anew(urls(2), kThree, 0);
  CHECK(addresses_of(bench.workers) == std::vector<std::string>{"10.0.0.3", "10.0.0.4", ""});
}

// Whoever chooses remembers nothing but what the rules speak of.
TEST_CASE("Workers: as a plain reference chooses, whatever comes back, in whatever order") {
  struct One {
    int out = 0;
    int in_a_row = 0;
    SteadyTime open_until = SteadyTime::min();  // later than min: its breaker is open
    bool probing = false;
    Millis wait{0};
  };
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto dice = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
    const int count = 1 + dice(5), most = 1 + dice(3);
    Bench bench(count, most, 0, kThree);
    std::vector<One> plain(static_cast<std::size_t>(count));
    std::size_t turn = 0;
    const auto limit = [&](const One& one) {
      if (one.probing) return 1;
      return one.open_until != SteadyTime::min() ? 0 : most;
    };
    for (int step = 0; step < 300; ++step) {
      bench.now += Millis{dice(300)};
      bench.workers.wake(bench.now);
      for (One& one : plain)
        if (one.open_until != SteadyTime::min() && one.open_until <= bench.now) {
          one.probing = true;
          one.open_until = SteadyTime::min();
        }
      int allowed = 0;
      for (const One& one : plain) allowed += std::max(limit(one), one.out);
      REQUIRE(bench.workers.allowed() == allowed);
      if (dice(2) == 0 && bench.workers.has_room()) {
        int chosen = -1;
        for (int i = 0; i < count; ++i) {
          const auto at = (turn + static_cast<std::size_t>(i)) % plain.size();
          if (plain[at].out >= limit(plain[at])) continue;
          if (chosen < 0 || plain[at].out < plain[static_cast<std::size_t>(chosen)].out) chosen = static_cast<int>(at);
        }
        REQUIRE(bench.next() == chosen);
        ++plain[static_cast<std::size_t>(chosen)].out;
        turn = static_cast<std::size_t>(chosen) + 1;
      } else if (!bench.seats.empty()) {
        const auto which = static_cast<std::size_t>(dice(static_cast<int>(bench.seats.size())));
        std::swap(bench.seats[which], bench.seats.back());
        One& one = plain[static_cast<std::size_t>(bench.number(bench.seats.back()))];
        const bool fails = dice(3) > 0;
        bench.end(bench.seats.back(), fails ? Health::fails : Health::works);
        bench.seats.pop_back();
        --one.out;
        if (!fails) {
          one = One{one.out};
        } else if (one.probing) {
          one.wait = std::min(2 * one.wait, Millis{4'000});
          one.open_until = bench.now + one.wait;
          one.probing = false;
        } else if (one.open_until == SteadyTime::min() && ++one.in_a_row == 3) {
          one.wait = Millis{1'000};
          one.open_until = bench.now + one.wait;
        }
      }
    }
  }
}
