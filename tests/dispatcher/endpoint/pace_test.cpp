#include "dispatcher/endpoint/pace.hpp"

#include <doctest/doctest.h>

#include "dispatcher/endpoint/health.hpp"

using namespace certes;
using namespace certes::dispatcher;

namespace {
constexpr SteadyTime kStart{std::chrono::hours{1}};
}  // namespace

TEST_CASE("Pace: begins with few, and each success allows one more, up to the endpoint's concurrency") {
  Pace pace(4);
  CHECK(pace.of(64) == 4);
  CHECK(pace.of(2) == 2);
  for (int i = 1; i <= 100; ++i) {
    pace.sent(kStart);
    pace.worked(64, kStart);
    CHECK(pace.of(64) == std::min(64, 4 + i));
  }
}

TEST_CASE("Pace: a timeout halves it, to one at last") {
  Pace pace(4);
  for (int i = 0; i < 100; ++i) pace.worked(64, kStart);
  pace.too_much(kStart);
  CHECK(pace.of(64) == 4);
  pace.too_much(kStart);
  CHECK(pace.of(64) == 2);
  for (int i = 0; i < 5; ++i) pace.too_much(kStart);
  CHECK(pace.of(64) == 1);
  pace.worked(64, kStart);
  CHECK(pace.of(64) == 2);
}

TEST_CASE("Pace: begins anew after a minute without a request, and not before") {
  Pace pace(4);
  pace.sent(kStart);
  for (int i = 0; i < 100; ++i) pace.worked(64, kStart);
  pace.sent(kStart + Millis{60'000});
  CHECK(pace.of(64) == 64);
  pace.sent(kStart + Millis{120'001});
  CHECK(pace.of(64) == 4);
  for (int i = 0; i < 3; ++i) pace.too_much(kStart + Millis{120'001});
  pace.sent(kStart + Millis{240'000});
  CHECK(pace.of(64) == 1);  // what hangs is not forgiven for that
}

namespace {

// Of that many requests at once the answers take that long, as they wait for one another.
struct Busy {
  int works_on = 4;
  Millis each{500};

  Micros takes(int in_flight) const { return each * std::max(1, in_flight / works_on); }
};

// The longest that an answer takes, once slow start is over, and the fewest at once.
std::pair<Micros, int> settle(Pace& pace, const Busy& busy, int concurrency, Millis timeout) {
  SteadyTime now = kStart;
  Micros longest{0};
  int fewest = concurrency;
  for (int i = 0; i < 20'000; ++i) {
    const int in_flight = pace.of(concurrency);
    now += busy.takes(in_flight) / in_flight;
    pace.sent(now);
    pace.worked(concurrency, now, {busy.takes(in_flight), timeout});
    if (i < 1'000) continue;
    longest = std::max(longest, busy.takes(in_flight));
    fewest = std::min(fewest, in_flight);
  }
  return {longest, fewest};
}

}  // namespace

TEST_CASE("Pace: one whose answers come slower and slower gets no more than it answers in time") {
  for (const int works_on : {1, 4, 16}) {
    CAPTURE(works_on);
    Pace pace(4);
    const Busy busy{works_on, Millis{500}};
    const auto [longest, fewest] = settle(pace, busy, 1'000, Millis{15'000});
    CHECK(longest < Millis{15'000});
    CHECK(fewest >= works_on);  // it is never idle
  }
}

TEST_CASE("Pace: one that is slow, and not slower with more at once, gets all") {
  for (const Micros each : {Micros{Millis{5'000}}, Micros{Millis{14'000}}, Micros{500}}) {
    Pace pace(4);
    CHECK(settle(pace, {1'000, std::chrono::ceil<Millis>(each)}, 64, Millis{15'000}).second == 64);
  }
}

TEST_CASE("Pace: what was quick long ago does not count against what is slow now") {
  Pace pace(4);
  settle(pace, {1'000, Millis{10}}, 64, Millis{15'000});
  SteadyTime now = kStart + std::chrono::hours{1};
  for (int i = 0; i < 3'000; ++i) pace.worked(64, now += Millis{100}, {Millis{5'000}, Millis{15'000}});
  CHECK(pace.of(64) == 64);
}

TEST_CASE("Pace: without a first step there is none") {
  Pace pace;
  pace.too_much(kStart);
  CHECK(pace.of(64) == 64);
}

TEST_CASE("Health: an answer that a request is not taken says that its endpoint works") {
  using http::TransferError;
  for (const int status : {200, 204, 301, 400, 401, 404, 409, 410, 422, 508})
    CHECK(health_of(TransferError::none, status) == Health::works);
  for (const int status : {500, 501, 502, 505, 599}) CHECK(health_of(TransferError::none, status) == Health::fails);
  for (const int status : {408, 429, 503, 504}) CHECK(health_of(TransferError::none, status) == Health::too_much);
  CHECK(health_of(TransferError::timeout, 0) == Health::too_much);
  for (const TransferError error :
       {TransferError::connect, TransferError::reset, TransferError::tls, TransferError::dns})
    CHECK(health_of(error, 0) == Health::fails);
  for (const TransferError error : {TransferError::refused_address, TransferError::internal, TransferError::aborted,
                                    TransferError::unresolved, TransferError::local})
    CHECK(health_of(error, 0) == Health::unknown);
}
