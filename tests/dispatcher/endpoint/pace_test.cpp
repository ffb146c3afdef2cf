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
