// Deliveries that are sent with an OAuth2 token: who asks for it, who waits for it, what becomes of them without.
#include <doctest/doctest.h>

#include "common/registry/endpoint_auth.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::StateBuilder;
using tests::World;

namespace {

struct Bench {
  explicit Bench(int concurrency = 8) {
    state.endpoint("shop", [&](auto& endpoint) {
      registry::EndpointAuth auth;
      auth.scheme = "oauth2";
      auth.token_url = "http://127.0.0.1/token";
      auth.client_id = "certes";
      auth.client_secret = world.sealer.seal("hush", "default/endpoints/shop/auth/client_secret");
      endpoint.auth = std::make_shared<const registry::EndpointAuth>(std::move(auth));
      endpoint.concurrency = concurrency;
      endpoint.breaker.emplace();
    });
    state.endpoint("plain").subscription("s1", "shop", "order.#").subscription("s2", "plain", "bill.#");
    world.use(state);
  }
  std::size_t out(const std::string& name) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(world.flying, [&](const auto& one) { return one.url.ends_with("/" + name); }));
  }
  bool grant(const std::string& token, int seconds = 100) {
    const bool there = world.answer(
        "token", 200, {}, R"({"access_token":")" + token + R"(","expires_in":)" + std::to_string(seconds) + "}");
    world.core->run();
    return there;
  }
  // With which tokens requests are out, in their order.
  std::string sent_with() const {
    std::string all;
    for (const auto& one : world.flying)
      if (one.url.ends_with("/shop")) all += World::header(one, "Authorization") + ";";
    return all;
  }
  // Answers all that is out to it.
  void answer_all(int status) {
    for (std::size_t left = out("shop"); left > 0; --left) world.answer("shop", status);
    world.core->run();
  }

  World world;
  StateBuilder state;
};

}  // namespace

TEST_CASE("Tokens: one request for many deliveries, which wait for it and hold up nobody") {
  Bench bench;
  bench.world.give(20, "order.created");
  bench.world.give(3, "bill.created");
  bench.world.core->run();
  CHECK(bench.out("token") == 1);
  CHECK(bench.out("shop") == 0);
  CHECK(bench.out("plain") == 3);
  bench.world.pass(Millis{1'000});
  CHECK(bench.out("token") == 1);
  CHECK(bench.grant("one"));
  CHECK(bench.out("shop") == 8);
  for (int i = 0; i < 20; ++i) {
    CHECK(bench.sent_with().starts_with("Bearer one;"));
    CHECK(bench.world.answer("shop", 200));
    bench.world.core->run();
  }
  CHECK(bench.world.outcomes("delivered") == 20);
  for (const auto& attempt : bench.world.attempts) CHECK(attempt.attempt == 1);
  CHECK(bench.out("token") == 0);
}

TEST_CASE("Tokens: another is asked for before the one there is ends, and nobody waits for it") {
  Bench bench;
  bench.world.give(1, "order.created");
  bench.world.core->run();
  bench.grant("one", 100);
  bench.answer_all(200);
  bench.world.pass(Millis{79'000});
  bench.world.give(1, "order.created");
  bench.world.core->run();
  CHECK(bench.out("token") == 0);
  bench.answer_all(200);
  bench.world.pass(Millis{2'000});
  bench.world.give(1, "order.created");
  bench.world.core->run();
  CHECK(bench.out("token") == 1);
  CHECK(bench.sent_with() == "Bearer one;");
  bench.grant("two");
  bench.world.give(1, "order.created");
  bench.world.core->run();
  CHECK(bench.sent_with() == "Bearer one;Bearer two;");
}

TEST_CASE("Tokens: 401 has one renewed once, however many requests it was sent with, and costs no attempt") {
  Bench bench;
  bench.world.give(1, "order.created");
  bench.world.core->run();
  bench.grant("one");
  bench.answer_all(200);
  bench.world.give(5, "order.created");
  bench.world.core->run();
  CHECK(bench.out("shop") == 5);
  bench.answer_all(401);
  CHECK(bench.out("token") == 1);
  CHECK(bench.out("shop") == 0);
  bench.grant("two");
  CHECK(bench.sent_with() == "Bearer two;Bearer two;Bearer two;Bearer two;Bearer two;");
  bench.answer_all(200);
  CHECK(bench.world.outcomes("delivered") == 6);
  CHECK(bench.world.attempts.size() == 6);
  CHECK(bench.world.token_answers.size() == 2);
  CHECK(bench.world.breakers.empty());
}

TEST_CASE("Tokens: an endpoint that takes no token at all fails its attempts, and asks for no end of them") {
  Bench bench;
  bench.world.give(1, "order.created");
  bench.world.core->run();
  bench.grant("one");
  bench.answer_all(401);
  CHECK(bench.out("token") == 0);
  REQUIRE(bench.world.attempts.size() == 1);
  CHECK(bench.world.attempts[0].outcome == "retry");
  CHECK(bench.world.attempts[0].error.starts_with("401"));
  bench.world.acknowledge_all();
  bench.world.pass(Millis{11'000});
  CHECK(bench.sent_with() == "Bearer one;");
  bench.answer_all(401);
  CHECK(bench.world.attempts.size() == 2);
  bench.world.pass(Millis{11'000});
  CHECK(bench.out("token") == 1);  // it was refused when it was no longer young
}

TEST_CASE("Tokens: without one the attempt has failed, and the endpoint has got no request") {
  Bench bench(1);
  bench.world.give(1, "order.created");
  bench.world.core->run();
  CHECK(bench.world.answer("token", 401, {}, R"({"error":"invalid_client"})"));
  bench.world.core->run();
  CHECK(bench.out("shop") == 0);
  REQUIRE(bench.world.attempts.size() == 1);
  CHECK(bench.world.attempts[0].outcome == "retry");
  CHECK(bench.world.attempts[0].error == "auth: the token server answered 401 invalid_client");
  bench.world.acknowledge_all();
  bench.world.pass(Millis{11'000});  // its policy has 10 s
  CHECK(bench.out("token") == 1);
  bench.grant("one");
  bench.answer_all(200);
  CHECK(bench.world.attempts.back().outcome == "delivered");
  CHECK(bench.world.attempts.back().attempt == 2);
  CHECK(bench.world.token_answers.front() == "the token server answered 401 invalid_client");
}

TEST_CASE("Tokens: a token server that is down opens the endpoint's breaker, and what waits keeps its attempts") {
  Bench bench;
  bench.world.give(100, "order.created");
  bench.world.core->run();
  CHECK(bench.world.answer("token", 500));
  bench.world.core->run();
  CHECK(bench.world.breakers == std::vector<std::string>{"default/shop"});
  CHECK(bench.world.attempts.size() == 10);
  CHECK(bench.out("shop") == 0);
  for (int i = 0; i < 100 && bench.world.breakers.size() == 1; ++i) {
    bench.world.acknowledge_all();
    bench.world.pass(Millis{1'000});
    if (bench.out("token") > 0) bench.grant("one");
    bench.answer_all(200);
  }
  CHECK(bench.world.breakers.empty());
}

TEST_CASE("Tokens: one that could not be asked for, for no fault of anybody's, costs no attempt") {
  Bench bench;
  bench.world.give(1, "order.created");
  bench.world.core->run();
  CHECK(bench.world.give_back("token", http::TransferError::unresolved, Millis{2'000}));
  bench.world.core->run();
  CHECK(bench.world.given_back_count == 1);
  bench.world.pass(Millis{1'900});
  CHECK(bench.out("token") == 0);
  bench.world.pass(Millis{200});
  CHECK(bench.out("token") == 1);
  bench.grant("one");
  bench.answer_all(200);
  CHECK(bench.world.attempts.size() == 1);
}

TEST_CASE("Tokens: an endpoint that was changed asks anew, and what was asked for before says nothing") {
  Bench bench;
  bench.world.give(1, "order.created");
  bench.world.core->run();
  const auto before = bench.world.flying.front().id;
  bench.state.change("default/shop", [](auto& endpoint) { endpoint.timeout_seconds = 3; });
  bench.world.use(bench.state);
  bench.world.pass(Millis{1});
  REQUIRE(bench.out("token") == 2);
  http::TransferResult late;
  late.id = before;
  late.status = 200;
  late.body = R"({"access_token":"old"})";
  std::erase_if(bench.world.flying, [&](const auto& one) { return one.id == before; });
  bench.world.core->on_result(late);
  bench.world.core->run();
  CHECK(bench.out("shop") == 0);
  bench.grant("new");
  CHECK(bench.sent_with() == "Bearer new;");
}

TEST_CASE("Tokens: a partition that goes takes along what waits for one") {
  Bench bench;
  bench.world.give(2, "order.created");
  bench.world.core->run();
  bench.world.core->on_revoked(0);
  CHECK(bench.world.released == std::vector<std::int32_t>{0});
  bench.grant("one");
  CHECK(bench.out("shop") == 0);
  CHECK(bench.world.attempts.empty());
}
