// An endpoint with several workers: who gets what, and what becomes of it when one dies.

#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::tests;
using namespace certes::dispatcher;
using http::TransferError;

namespace {

CoreOptions options() {
  CoreOptions options;
  options.first_in_flight = 4;
  options.shares.reserves = true;
  return options;
}

std::vector<std::string> urls(int count) {
  std::vector<std::string> made;
  for (int i = 1; i <= count; ++i)
    made.push_back("http://127.0.0.1:800" + std::to_string(i) + "/w" + std::to_string(i));
  return made;
}

StateBuilder pool(int workers, int concurrency) {
  StateBuilder state;
  state
      .endpoint("pool",
                [&](auto& endpoint) {
                  endpoint.url.clear();
                  endpoint.urls = urls(workers);
                  endpoint.concurrency = concurrency;
                  endpoint.breaker = registry::BreakerSettings{5, 0, 1, 10, 1, 4};
                })
      .subscription("s", "pool", "#");
  return state;
}

std::size_t to(const World& world, const std::string& worker) {
  return static_cast<std::size_t>(
      std::ranges::count_if(world.flying, [&](const auto& transfer) { return transfer.url.ends_with("/" + worker); }));
}

// Its oldest request fails so, before a status.
bool fail(World& world, const std::string& worker, TransferError error, std::uint64_t duration_us = 0) {
  const auto found =
      std::ranges::find_if(world.flying, [&](const auto& transfer) { return transfer.url.ends_with("/" + worker); });
  if (found == world.flying.end()) return false;
  http::TransferResult result;
  result.id = found->id;
  result.error = error;
  result.message = "why";
  result.duration_us = duration_us;
  world.flying.erase(found);
  world.core->on_result(std::move(result));
  return true;
}

}  // namespace

TEST_CASE("Core workers: each gets one while it is idle, and each may have the endpoint's concurrency") {
  World world(options());
  world.use(pool(3, 1));
  world.give(10, "order.x");
  world.core->run();
  for (const char* worker : {"w1", "w2", "w3"}) CHECK(to(world, worker) == 1);
  CHECK(world.answer("w2", 204));
  world.core->run();
  CHECK(to(world, "w2") == 1);
  CHECK(world.flying.size() == 3);
  CHECK(world.answer_all(204) == 9);
  CHECK(world.outcomes("delivered") == 10);
}

TEST_CASE("Core workers: one that dies in mid-request costs its delivery no attempt, and another gets it at once") {
  for (const TransferError error :
       {TransferError::connect, TransferError::reset, TransferError::tls, TransferError::dns}) {
    World world(options());
    world.use(pool(2, 2));
    world.give(1, "order.x");
    world.core->run();
    REQUIRE(to(world, "w1") == 1);
    CHECK(fail(world, "w1", error));
    REQUIRE(to(world, "w2") == 1);  // not in a round to come
    CHECK(World::header(world.flying.front(), "certes-attempt") == "1");
    CHECK(world.attempts.empty());
    CHECK(world.answer("w2", 204));
    REQUIRE(world.attempts.size() == 1);
    CHECK(world.attempts[0].attempt == 1);
    CHECK(world.attempts[0].outcome == "delivered");
    CHECK(world.attempts[0].error.empty());
    CHECK(world.breakers.empty());
    CHECK(world.core->settled());
  }
}

TEST_CASE("Core workers: each is tried once an attempt, which then has failed, and says whom it tried") {
  World world(options());
  world.use(pool(3, 2));
  world.give(1, "order.x");
  world.core->run();
  CHECK(fail(world, "w1", TransferError::connect));
  CHECK(fail(world, "w2", TransferError::reset));
  CHECK(fail(world, "w3", TransferError::connect));
  CHECK(world.flying.empty());
  REQUIRE(world.attempts.size() == 1);
  CHECK(world.attempts[0].outcome == "retry");
  CHECK(world.attempts[0].error ==
        "connect: worker 3 at http://127.0.0.1:8003: why; reset: worker 2 at http://127.0.0.1:8002: why; "
        "connect: worker 1 at http://127.0.0.1:8001: why");
  world.pass(Millis{11'000});
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying.front(), "certes-attempt") == "2");
}

TEST_CASE("Core workers: an answer, or one that does not come in time, is of the attempt, whoever gave it") {
  World world(options());
  world.use(pool(2, 2));
  world.give(2, "order.x");
  world.core->run();
  CHECK(world.answer("w1", 500));
  CHECK(fail(world, "w2", TransferError::timeout));
  CHECK(world.flying.empty());
  REQUIRE(world.attempts.size() == 2);
  CHECK(world.attempts[0].error == "500: worker 1 at http://127.0.0.1:8001");
  CHECK(world.attempts[1].error == "timeout: worker 2 at http://127.0.0.1:8002: why");
}

TEST_CASE("Core workers: an attempt takes no longer than it may, however many are tried") {
  World world(options());
  StateBuilder state = pool(3, 2);
  state.change("default/pool", [](auto& endpoint) { endpoint.timeout_seconds = 15; });
  world.use(state);
  world.give(1, "order.x");
  world.core->run();
  CHECK(world.flying.front().timeout == Millis{15'000});
  CHECK(fail(world, "w1", TransferError::reset, 6'000'000));
  CHECK(world.flying.front().timeout == Millis{9'000});
  CHECK(fail(world, "w2", TransferError::reset, 9'000'000));
  CHECK(world.flying.empty());
  CHECK(world.outcomes("retry") == 1);
}

TEST_CASE("Core workers: where no other has room, the first that has gets what was broken off, before what is new") {
  World world(options());
  world.use(pool(2, 1));
  world.give(10, "order.x");
  world.core->run();
  REQUIRE(world.flying.size() == 2);
  const std::string broken = World::header(world.flying.front(), "webhook-id");
  CHECK(fail(world, "w1", TransferError::reset));
  CHECK(to(world, "w2") == 1);  // it takes one at a time
  world.core->run();
  CHECK(to(world, "w2") == 1);
  CHECK(world.core->unsettled() >= 2);
  CHECK(world.answer("w2", 204));
  world.core->run();
  const auto at = std::ranges::find_if(world.flying, [](const auto& one) { return one.url.ends_with("/w2"); });
  REQUIRE(at != world.flying.end());
  CHECK(World::header(*at, "webhook-id") == broken);
  CHECK(World::header(*at, "certes-attempt") == "1");
  while (fail(world, "w1", TransferError::connect) || world.answer("w2", 204)) world.core->run();
  CHECK(world.outcomes("delivered") == 10);
  CHECK(world.outcomes("retry") == 0);
}

TEST_CASE("Core workers: a dead one gets a probe now and then, and the endpoint's breaker stays closed") {
  World world(options());
  world.use(pool(2, 2));
  world.give(500, "order.x");
  int dead = 0;
  const auto serve = [&] {
    for (world.core->run(); !world.flying.empty(); world.core->run()) {
      while (fail(world, "w1", TransferError::connect)) ++dead;
      world.answer("w2", 204);
    }
  };
  serve();
  CHECK(dead >= 5);
  CHECK(dead <= 9);
  CHECK(world.outcomes("delivered") == 500);
  CHECK(world.attempts.size() == 500);
  CHECK(world.breakers.empty());
  dead = 0;
  world.pass(Millis{999});
  world.give(10, "order.x");
  serve();
  CHECK(dead == 0);
  world.pass(Millis{1});
  world.give(10, "order.x");
  serve();
  CHECK(dead == 1);
  world.pass(Millis{2'000});
  world.give(10, "order.x");
  for (world.core->run(); !world.flying.empty(); world.core->run())
    while (world.answer("w1", 204) || world.answer("w2", 204)) {
    }
  world.give(4, "order.x");
  world.core->run();
  CHECK(to(world, "w1") >= 1);  // it is back
  CHECK(to(world, "w2") >= 1);
}

TEST_CASE("Core workers: the endpoint's breaker opens when the breakers of all are") {
  World world(options());
  world.use(pool(2, 4));
  world.give(200, "order.x");
  for (world.core->run(); fail(world, "w1", TransferError::connect) || fail(world, "w2", TransferError::connect);)
    world.core->run();
  CHECK(world.breakers == std::vector<std::string>{"default/pool"});
  const std::size_t used = world.attempts.size();
  CHECK(used <= 12);
  world.pass(Millis{999});
  CHECK(world.flying.empty());
  world.pass(Millis{1});
  REQUIRE(world.flying.size() == 1);
  const std::size_t before = world.attempts.size();
  const std::string first = world.flying.front().url.substr(world.flying.front().url.rfind('/') + 1);
  const std::string other = first == "w1" ? "w2" : "w1";
  CHECK(fail(world, first, TransferError::connect));
  CHECK(world.attempts.size() == before);
  REQUIRE(to(world, other) == 1);  // it may have a probe, too
  CHECK(world.answer(other, 204));
  CHECK(world.breakers.empty());
  CHECK(world.answer_all(204) > 100);
  CHECK(world.letters.empty());
}

TEST_CASE("Core workers: one that hangs keeps nobody's place but its own") {
  World world(options());
  world.use(pool(2, 8));
  world.give(400, "order.x");
  world.core->run();
  const std::size_t hung = to(world, "w1");
  CHECK(hung <= 4);
  int delivered = 0;
  for (; delivered < 100 && world.answer("w2", 204); world.core->run()) ++delivered;
  CHECK(delivered == 100);
  CHECK(to(world, "w1") <= 4);
  CHECK(to(world, "w2") >= 4);
}

TEST_CASE("Core workers: what waits for one ends with the endpoint, its partition, or the process") {
  const auto between = [](World& world, StateBuilder& state) {
    world.use(state);
    world.give(2, "order.x");
    world.core->run();
    REQUIRE(world.flying.size() == 2);
    CHECK(fail(world, "w1", TransferError::reset));
    CHECK(world.flying.size() == 1);
    CHECK(world.core->unsettled() == 2);
  };
  StateBuilder state = pool(2, 1);
  SUBCASE("deleted: cancelled") {
    World world(options());
    between(world, state);
    state.remove_subscription("s").remove_endpoint("pool");
    world.use(state);
    world.core->run();
    CHECK(world.outcomes("cancelled") == 1);
    CHECK(world.answer("w2", 204));
    world.core->run();
    CHECK(world.finished.size() == 2);
    CHECK(world.core->settled());
  }
  SUBCASE("paused: the attempt has failed, and nothing more is sent") {
    World world(options());
    between(world, state);
    state.in_state("pool", registry::EndpointState::paused, world.clock.unix_millis());
    world.use(state);
    world.core->run();
    CHECK(world.outcomes("retry") == 1);
    CHECK(world.answer("w2", 204));
    world.core->run();
    CHECK(world.flying.empty());
    CHECK(world.core->settled());
  }
  SUBCASE("purged: cancelled, and sent to nobody else") {
    World world(options());
    between(world, state);
    state.purge("pool", world.clock.unix_millis() + 1);
    world.use(state);
    world.core->run();
    CHECK(world.outcomes("cancelled") == 1);
    CHECK(world.flying.size() == 1);
    CHECK(fail(world, "w2", TransferError::reset));
    CHECK(world.flying.empty());
    CHECK(world.outcomes("cancelled") == 2);
  }
  SUBCASE("another URL: it gets it") {
    World world(options());
    between(world, state);
    state.change("default/pool", [](auto& endpoint) { endpoint.urls.push_back("http://127.0.0.1:8003/w3"); });
    world.use(state);
    world.core->run();
    CHECK(to(world, "w3") == 1);
    CHECK(World::header(world.flying.back(), "certes-attempt") == "1");
  }
  SUBCASE("revoked: it is nobody's here, and no attempt of it") {
    World world(options());
    between(world, state);
    world.core->on_revoked(0);
    CHECK(world.core->unsettled() == 1);
    CHECK(world.answer("w2", 204));
    CHECK(world.released == std::vector<std::int32_t>{0});
    CHECK(world.attempts.size() == 1);
    CHECK(world.core->settled());
  }
  SUBCASE("lost: forgotten") {
    World world(options());
    between(world, state);
    world.lose(0);
    world.answer_aborted();
    world.core->run();
    CHECK(world.core->settled());
    CHECK(world.attempts.empty());
    CHECK(world.core->gauges().memory_bytes == 0);
  }
  SUBCASE("the process ends: it is sent again") {
    World world(options());
    between(world, state);
    world.core->drain();
    world.core->run();
    CHECK(world.core->unsettled() == 2);
    world.core->abort_all();
    world.answer_aborted();
    CHECK(world.core->settled());
    CHECK(world.attempts.empty());
  }
  SUBCASE("its partition may not act for a while: it waits") {
    World world(options());
    between(world, state);
    world.acting = false;
    CHECK(world.answer("w2", 204));
    world.core->run();
    CHECK(world.flying.empty());
    world.acting = true;
    world.core->run();
    CHECK(to(world, "w2") == 1);
  }
}

TEST_CASE("Core workers: a name server that does not answer keeps nothing from those whose names are known") {
  World world(options());
  world.use(pool(2, 2));
  world.give(1, "order.x");
  world.core->run();
  CHECK(world.give_back("w1", TransferError::unresolved, Millis{500}));
  CHECK(to(world, "w2") == 1);
  SUBCASE("which get it") {
    CHECK(world.answer("w2", 204));
    CHECK(world.outcomes("delivered") == 1);
    CHECK(world.given_back_count == 0);
  }
  SUBCASE("and where none is known, it waits, and has no attempt") {
    CHECK(world.give_back("w2", TransferError::unresolved, Millis{500}));
    CHECK(world.given_back_count == 1);
    CHECK(world.attempts.empty());
    world.pass(Millis{501});
    CHECK(world.flying.size() == 1);
  }
}

TEST_CASE("Core workers: a URL more or less takes nothing back of what is out, and holds for what comes") {
  World world(options());
  StateBuilder state = pool(2, 1);
  world.use(state);
  world.give(10, "order.x");
  world.core->run();
  REQUIRE(world.flying.size() == 2);
  state.change("default/pool", [](auto& endpoint) { endpoint.urls.erase(endpoint.urls.begin()); });
  world.use(state);
  world.core->run();
  CHECK(world.flying.size() == 2);
  CHECK(world.answer("w1", 204));
  world.core->run();
  CHECK(to(world, "w1") == 0);
  CHECK(to(world, "w2") == 1);
  CHECK(world.answer_all(204) == 9);
  CHECK(world.outcomes("delivered") == 10);
}

TEST_CASE("Core workers: of commands the one that is taken at another is no other attempt") {
  World world(options());
  StateBuilder state = pool(2, 1);
  state.subscription("c", "pool", "Billing.*").kind("c", registry::EventKind::command);
  world.use(state);
  EventText command;
  command.type = "Billing.Charge";
  command.kind = "command";
  world.give(command);
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(fail(world, "w1", TransferError::reset));
  CHECK(world.answer("w2", 200));
  CHECK(world.answers == std::vector<std::string>{"succeeded"});
  CHECK(world.outcomes("delivered") == 1);
}

TEST_CASE("Core workers: a name's addresses are workers once a request has come back, with the URL's concurrency") {
  World world(options());
  StateBuilder state;
  state
      .endpoint("pool",
                [](auto& endpoint) {
                  endpoint.url = "http://pool.test:80/w";
                  endpoint.concurrency = 2;
                })
      .subscription("s", "pool", "#");
  world.use(state);
  world.give(20, "order.x");
  world.core->run();
  const auto resolution = std::make_shared<const http::Resolution>(
      http::Resolution{http::Resolution::Kind::found, {"10.0.0.1", "10.0.0.2"}, {}});
  const auto end = [&](std::size_t which, TransferError error, int status) {
    http::TransferResult result;
    result.id = world.flying.at(which).id;
    result.error = error;
    result.status = status;
    result.message = error == TransferError::none ? "" : "why";
    result.resolution = resolution;
    world.flying.erase(world.flying.begin() + static_cast<std::ptrdiff_t>(which));
    world.core->on_result(std::move(result));
    world.core->run();
  };
  REQUIRE(world.flying.size() == 1);  // one of two places is for what is urgent
  CHECK(world.flying[0].address.empty());
  end(0, TransferError::none, 204);
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].address == "10.0.0.1");
  end(0, TransferError::none, 204);
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].address == "10.0.0.2");
  end(0, TransferError::reset, 0);
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].address == "10.0.0.1");
  CHECK(World::header(world.flying[0], "certes-attempt") == "1");
  end(0, TransferError::connect, 0);
  CHECK(world.attempts.back().outcome == "retry");
  CHECK(world.attempts.back().error ==
        "connect: http://pool.test:80 (10.0.0.1): why; reset: http://pool.test:80 (10.0.0.2): why");
}
