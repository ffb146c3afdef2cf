#include "common/registry/decider.hpp"

#include <doctest/doctest.h>

#include "tests/common/registry/fixture.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

struct Deciding {
  Decider decider;
  int changes = 0;
  Result<Decision> operator()(const Change& c) { return decide("chg_" + std::to_string(++changes), c).value(); }
  std::optional<Result<Decision>> decide(const std::string& id, const Change& c) {
    const Entry entry = decode(*encode(id, c));
    return decider.decide(std::get<ChangeRecord>(entry), 1'000 + changes);
  }
};

Change based_on(Change c, std::int64_t version) {
  c.based_on = version;
  return c;
}

}  // namespace

TEST_CASE("Decider: a put creates, then replaces, and counts versions") {
  Deciding decide;
  auto first = decide(put_endpoint("a"));
  REQUIRE(first);
  CHECK(first->version == 1);
  CHECK(first->created);
  auto second = decide(put_endpoint("a", "http://other/"));
  REQUIRE(second);
  CHECK(second->version == 2);
  CHECK_FALSE(second->created);
  const auto endpoint = decide.decider.state().endpoint("default", "a");
  REQUIRE(endpoint);
  CHECK(endpoint->url == "http://other/");
  CHECK(endpoint->created_at == 1'001);
  CHECK(endpoint->updated_at == 1'002);
  CHECK(endpoint->updated_by == "tester");
}

TEST_CASE("Decider: of two changes of one version the first in the log wins") {
  Deciding decide;
  REQUIRE(decide(put_endpoint("a")));
  CHECK(decide(based_on(put_endpoint("a", "http://first/"), 1)));
  const auto second = decide(based_on(put_endpoint("a", "http://second/"), 1));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::conflict);
  CHECK(decide.decider.state().endpoint("default", "a")->url == "http://first/");
}

TEST_CASE("Decider: create refuses what exists, based on 0 too, and remove what does not") {
  Deciding decide;
  Change create = put_endpoint("a");
  create.op = Change::Op::create;
  CHECK(decide(create));
  CHECK(decide(create).error().code == Code::conflict);
  CHECK(decide(based_on(put_endpoint("a"), 0)).error().code == Code::conflict);
  CHECK(decide(change(Change::Op::remove, "endpoints", "b")).error().code == Code::not_found);
  CHECK(decide(based_on(change(Change::Op::remove, "endpoints", "a"), 7)).error().code == Code::conflict);
  CHECK(decide(change(Change::Op::remove, "endpoints", "a")));
  CHECK(decide.decider.state().endpoints.empty());
}

TEST_CASE("Decider: the first copy of a change decides, later ones do nothing") {
  Deciding decide;
  CHECK(decide.decide("chg_x", put_endpoint("a")));
  CHECK_FALSE(decide.decide("chg_x", put_endpoint("a", "http://other/")));
  CHECK(decide.decider.state().endpoint("default", "a")->version == 1);
}

TEST_CASE("Decider: a subscription needs its endpoint, and an endpoint with subscriptions stays") {
  Deciding decide;
  const auto missing = decide(put_subscription("s", "a"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().pointer == "/endpoint");
  REQUIRE(decide(put_endpoint("a")));
  REQUIRE(decide(put_endpoint("b")));
  REQUIRE(decide(put_subscription("s", "a")));
  REQUIRE(decide(put_subscription("t", "b")));
  Change remove = change(Change::Op::remove, "endpoints", "a");
  CHECK(decide(remove).error().code == Code::conflict);
  remove.cascade = true;
  CHECK(decide(remove));
  CHECK_FALSE(decide.decider.state().subscription("default", "s"));
  CHECK(decide.decider.state().subscription("default", "t"));
}

TEST_CASE("Decider: a command is bound once, whichever patterns meet") {
  Deciding decide;
  REQUIRE(decide(put_endpoint("a")));
  REQUIRE(decide(put_endpoint("b")));
  const auto bind = [&](const std::string& id, const std::string& pattern, const std::string& kind = "command") {
    const std::string body = R"({"endpoint":"b","kind":")" + kind + R"(","pattern":")" + pattern + R"("})";
    return decide(change(Change::Op::put, "subscriptions", id, body));
  };
  REQUIRE(bind("one", "Billing.Charge"));
  REQUIRE(bind("one", "Billing.Charge"));  // itself
  REQUIRE(bind("two", "Billing.Refund"));
  const auto again = bind("three", "Billing.*");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Code::conflict);
  CHECK(again.error().pointer == "/pattern");
  CHECK(again.error().message.find("\"one\"") != std::string::npos);
  REQUIRE_FALSE(bind("two", "*.Charge"));
  REQUIRE(bind("four", "Billing.#", "result"));
  REQUIRE(bind("five", "Billing.#", "event"));
  REQUIRE_FALSE(bind("five", "Billing.#"));
  REQUIRE(decide(change(Change::Op::remove, "subscriptions", "one")));
  REQUIRE(bind("three", "Billing.Charge"));
}

TEST_CASE("Decider: policies must exist, and stay while they are used") {
  Deciding decide;
  Change source = change(Change::Op::put, "sources", "s", R"({"backoff_policy":"p"})");
  CHECK(decide(source).error().pointer == "/backoff_policy");
  REQUIRE(decide(change(Change::Op::put, "backoff-policies", "p", "{}")));
  REQUIRE(decide(source));
  CHECK(decide(change(Change::Op::remove, "backoff-policies", "p")).error().code == Code::conflict);
  REQUIRE(decide(change(Change::Op::remove, "sources", "s")));
  CHECK(decide(change(Change::Op::remove, "backoff-policies", "p")));
}

TEST_CASE("Decider: another tenant must exist, keeps its own ids, and goes last") {
  Deciding decide;
  Change endpoint = put_endpoint("a");
  endpoint.tenant = "acme";
  CHECK(decide(endpoint).error().pointer == "/tenant");
  REQUIRE(decide(change(Change::Op::create, "tenants", "acme", "{}")));
  CHECK(decide(endpoint)->created);
  CHECK(decide(put_endpoint("a"))->created);
  CHECK(decide(change(Change::Op::remove, "tenants", "acme")).error().code == Code::conflict);
  endpoint.op = Change::Op::remove;
  CHECK(decide(endpoint));
  CHECK(decide(change(Change::Op::remove, "tenants", "acme")));
}

TEST_CASE("Decider: keys are found by their hash, which only one may have") {
  Deciding decide;
  const auto key = [](const char* id, const char* hash) {
    return change(Change::Op::put, "keys", id, std::string(R"({"scopes":["*"],"hash":")") + hash + R"("})");
  };
  REQUIRE(decide(key("a", "h1")));
  CHECK(decide(key("b", "h1")).error().code == Code::conflict);
  REQUIRE(decide(key("a", "h2")));
  CHECK(decide.decider.state().keys_by_hash.size() == 1);
  CHECK(decide.decider.state().keys_by_hash.at("h2")->version == 2);
  REQUIRE(decide(change(Change::Op::remove, "keys", "a")));
  CHECK(decide.decider.state().keys_by_hash.empty());
}

TEST_CASE("Decider: what is no resource is rejected with its place") {
  Deciding decide;
  CHECK(decide(change(Change::Op::put, "moons", "a", "{}")).error().code == Code::invalid);
  CHECK(decide(change(Change::Op::put, "endpoints", "a", R"({"url":1})")).error().pointer == "/url");
  CHECK(decide(change(Change::Op::put, "endpoints", "a b", R"({"url":"u"})")).error().pointer == "/id");
  CHECK(decide(change(Change::Op::put, "sources", "a.b", "{}")).error().pointer == "/id");
  CHECK_FALSE(encode("x", change(Change::Op::put, "endpoints", "a", "[")));
}
