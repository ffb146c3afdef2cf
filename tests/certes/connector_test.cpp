#include "certes/connector.hpp"

#include <doctest/doctest.h>

#include <semaphore>

#include "tests/fakes/memory_log/memory_log.hpp"

using namespace certes;

namespace {

constexpr std::chrono::seconds kLimit(30);

struct Fixture {
  SystemClock clock;
  std::unique_ptr<log::Log> log = log::memory::make(log::memory::Options{});
  std::binary_semaphore ended{0};
  int calls = 0;  // of bootstrap, on the connector's thread; read after `ended`

  std::optional<Result<Connector::RegistryPtr>> connect(std::function<Result<void>(int call)> bootstrap) {
    Connector connector(
        *log, clock, [&](registry::Registry&) { return bootstrap(++calls); }, [&] { ended.release(); }, Millis{1});
    REQUIRE(ended.try_acquire_for(kLimit));
    return connector.take();
  }
};

}  // namespace

TEST_CASE("Connector: gives a registry that has caught up, after the bootstrap") {
  Fixture fixture;
  const auto outcome = fixture.connect([](int) { return Result<void>(); });
  REQUIRE(outcome.has_value());
  REQUIRE(outcome->has_value());
  CHECK((**outcome)->caught_up());
  CHECK(fixture.calls == 1);
}

TEST_CASE("Connector: tries again what may pass") {
  Fixture fixture;
  const auto outcome = fixture.connect(
      [](int call) { return call < 3 ? Result<void>(fail(Code::unavailable, "away")) : Result<void>(); });
  REQUIRE(outcome.has_value());
  CHECK(outcome->has_value());
  CHECK(fixture.calls == 3);
}

TEST_CASE("Connector: ends with what cannot pass") {
  Fixture fixture;
  const auto outcome = fixture.connect([](int) { return Result<void>(fail(Code::unauthenticated, "wrong key")); });
  REQUIRE(outcome.has_value());
  REQUIRE_FALSE(outcome->has_value());
  CHECK(outcome->error().message == "wrong key");
  CHECK(fixture.calls == 1);
}

TEST_CASE("Connector: can be given up while it waits") {
  Fixture fixture;
  std::binary_semaphore called{0};
  {
    Connector connector(
        *fixture.log, fixture.clock,
        [&](registry::Registry&) {
          called.release();
          return Result<void>(fail(Code::unavailable, "away"));
        },
        [] {}, Millis{3'600'000});
    REQUIRE(called.try_acquire_for(kLimit));
    CHECK_FALSE(connector.take().has_value());
  }
}
