#include "common/registry/decider.hpp"

#include <doctest/doctest.h>

#include "tests/common/registry/fixture.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

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
  const auto endpoint = decide.state().endpoint("default", "a");
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
  CHECK(decide.state().endpoint("default", "a")->url == "http://first/");
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
  CHECK(decide.state().endpoints.empty());
}

TEST_CASE("Decider: the first copy of a change decides, later ones do nothing") {
  Deciding decide;
  CHECK(decide.decide("chg_x", put_endpoint("a")));
  CHECK_FALSE(decide.decide("chg_x", put_endpoint("a", "http://other/")));
  CHECK(decide.state().endpoint("default", "a")->version == 1);
}

TEST_CASE("Decider: a subscription needs its endpoint, and an endpoint with subscriptions stays") {
  Deciding decide;
  const auto missing = decide(put_subscription("s", "a"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Code::conflict);
  CHECK(missing.error().message == "subscriptions/s needs endpoints/a, which does not exist");
  REQUIRE(decide(put_endpoint("a")));
  REQUIRE(decide(put_endpoint("b")));
  REQUIRE(decide(put_subscription("s", "a")));
  REQUIRE(decide(put_subscription("t", "b")));
  Change remove = change(Change::Op::remove, "endpoints", "a");
  CHECK(decide(remove).error().code == Code::conflict);
  remove.cascade = true;
  CHECK(decide(remove));
  CHECK_FALSE(decide.state().subscription("default", "s"));
  CHECK(decide.state().subscription("default", "t"));
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
  CHECK(again.error().message.find("subscriptions/one") != std::string::npos);
  REQUIRE_FALSE(bind("two", "*.Charge"));
  REQUIRE(bind("four", "Billing.#", "result"));
  REQUIRE(bind("five", "Billing.#", "event"));
  REQUIRE_FALSE(bind("five", "Billing.#"));
  REQUIRE(decide(change(Change::Op::remove, "subscriptions", "one")));
  REQUIRE(bind("three", "Billing.Charge"));
}

TEST_CASE("Decider: policies must exist, and stay while they are used") {
  Deciding decide;
  Change source = change(Change::Op::put, "sources", "s", R"({"verify":{"scheme":"none"},"backoff_policy":"p"})");
  CHECK(decide(source).error().code == Code::conflict);
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
  CHECK(decide(endpoint).error().code == Code::conflict);
  REQUIRE(decide(change(Change::Op::create, "tenants", "acme", "{}")));
  CHECK(decide(endpoint)->created);
  CHECK(decide(put_endpoint("a"))->created);
  CHECK(decide(change(Change::Op::remove, "tenants", "acme")).error().code == Code::conflict);
  endpoint.op = Change::Op::remove;
  CHECK(decide(endpoint));
  CHECK(decide(change(Change::Op::remove, "tenants", "acme")));
}

TEST_CASE("Decider: bodies are bytes: whatever they hold is decided alike, and kept") {
  const char* const bodies[] = {R"({"url":"http://a/"})", R"({"url":1})", "{}", R"({ "url" : "\u0041", "n": 1.50 })",
                                R"({"colour":{"is":["red",1e300]}})"};
  for (const char* body : bodies) {
    CAPTURE(body);
    Deciding decide;
    Change endpoint = change(Change::Op::put, "endpoints", "a", body);
    endpoint.envelope.state = "active";
    CHECK(decide.raw(endpoint)->created);
    Change subscription = change(Change::Op::put, "subscriptions", "s", body);
    subscription.envelope.needs = {"default/endpoints/a"};
    CHECK(decide.raw(subscription)->created);
    CHECK(decide.raw(change(Change::Op::remove, "endpoints", "a")).error().code == Code::conflict);
    CHECK(*decide.decider.ledger().find("default/endpoints/a")->body == body);
  }
  CHECK_FALSE(encode("x", change(Change::Op::put, "endpoints", "a", "[")));
}

TEST_CASE("Decider: a kind that this version does not know is decided and kept like any other") {
  Deciding decide;
  Change moon = change(Change::Op::put, "moons", "a", R"({"phase":"full"})");
  moon.envelope.needs = {"default/endpoints/e"};
  CHECK(decide.raw(moon).error().code == Code::conflict);
  REQUIRE(decide(put_endpoint("e")));
  CHECK(decide.raw(moon)->version == 1);
  CHECK(decide.raw(based_on(moon, 7)).error().pointer == "/version");
  Change remove = change(Change::Op::remove, "endpoints", "e");
  CHECK(decide(remove).error().message.find("moons/a") != std::string::npos);
  remove.cascade = true;
  CHECK(decide(remove));
  CHECK(decide.decider.ledger().entries().empty());
}

TEST_CASE("Decider: what goes with another goes with all that needs it, however far, and in circles") {
  Deciding decide;
  const auto needing = [](const std::string& id, std::vector<std::string> needs) {
    Change c = change(Change::Op::put, "things", id, "{}");
    for (auto& need : needs) c.envelope.needs.push_back("default/things/" + need);
    return c;
  };
  REQUIRE(decide.raw(needing("a", {})));
  REQUIRE(decide.raw(needing("b", {"a"})));
  REQUIRE(decide.raw(needing("c", {"b", "c"})));
  REQUIRE(decide.raw(needing("a", {"c"})));
  REQUIRE(decide.raw(needing("d", {})));
  CHECK_FALSE(decide.raw(change(Change::Op::remove, "things", "b")));
  Change remove = change(Change::Op::remove, "things", "b");
  remove.cascade = true;
  REQUIRE(decide.raw(remove));
  CHECK(decide.decider.ledger().entries().size() == 1);
  CHECK(decide.decider.audit().entries().back().with == "things/b");
}

TEST_CASE("Decider: the rule by which claims meet is the one that the log was decided by") {
  const std::tuple<const char*, const char*, bool> frozen[] = {{"Billing.Charge", "Billing.Charge", true},
                                                               {"Billing.*", "Billing.Charge", true},
                                                               {"#", "A.B", true},
                                                               {"Billing.#", "Billing", true},
                                                               {"*.Charge", "Billing.*", true},
                                                               {"Billing.#.Now", "Billing.Now", true},
                                                               {"Billing.*", "Billing.A.B", false},
                                                               {"A.*", "B.*", false},
                                                               {"A.#.C", "A.#.D", false},
                                                               {"", "A", false},
                                                               {"..", "..", true}};
  for (const auto& [one, other, meet] : frozen) {
    CAPTURE(one);
    CAPTURE(other);
    Deciding decide;
    Change first = change(Change::Op::put, "subscriptions", "a", "{}");
    first.envelope.claims = {one};
    Change second = change(Change::Op::put, "subscriptions", "b", "{}");
    second.envelope.claims = {other};
    REQUIRE(decide.raw(first));
    CHECK(decide.raw(second).has_value() != meet);
    second.tenant = "acme";
    CHECK(decide.raw(second));
  }
}

TEST_CASE("Decider: how long an endpoint was paused or disabled, and who said so, stands beside it") {
  Deciding decide;
  const auto say = [&](const char* state, const char* by, const char* url = "http://a/") {
    Change next = put_endpoint("a", url);
    next.envelope.state = state;
    next.by = by;
    REQUIRE(decide.raw(next));
    return decide.state().endpoint("default", "a");
  };
  CHECK(say("active", "ops")->intervals.empty());                     // at 1,001
  CHECK(say("disabled", "certes")->intervals.size() == 1);            // 1,002
  CHECK(say("disabled", "ops", "http://b/")->intervals.size() == 1);  // 1,003: another member
  const auto paused = say("paused", "ops");                           // 1,004
  REQUIRE(paused->intervals.size() == 2);
  CHECK(paused->intervals[0].state == EndpointState::disabled);
  CHECK(paused->intervals[0].from == 1'002);
  CHECK(paused->intervals[0].to == 1'004);
  CHECK(paused->intervals[0].by == "certes");
  CHECK(paused->intervals[0].from_offset == 2);
  CHECK(paused->intervals[0].to_offset == 4);
  CHECK(paused->intervals[1].from == 1'004);
  CHECK(paused->intervals[1].to == 0);
  CHECK(paused->intervals[1].from_offset == 4);
  const auto resumed = say("active", "ops");  // 1,005
  REQUIRE(resumed->intervals.size() == 2);
  CHECK(resumed->intervals[1].to == 1'005);
  CHECK(resumed->intervals[1].to_offset == 5);

  // Of each state the last ones; a snapshot holds what the ledger does.
  for (int i = 0; i < 20; ++i) {
    say("paused", "ops");
    say("active", "ops");
  }
  const auto many = decide.state().endpoint("default", "a")->intervals;
  CHECK(many.size() == 1 + kKeptSpells);
  CHECK(many[0].state == EndpointState::disabled);
  const EntryPtr entry = decide.decider.ledger().find("default/endpoints/a");
  SnapshotChunk chunk;
  chunk.resources = {entry};
  const Record read = decode(encode(chunk));
  CHECK(std::get<SnapshotChunk>(read).resources.at(0)->spells == entry->spells);

  // Who comes after it under the same name begins anew.
  CHECK(decide(change(Change::Op::remove, "endpoints", "a")));
  CHECK(say("active", "ops")->intervals.empty());
}

TEST_CASE("Decider: what was asked of all that waits for an endpoint stands beside it, as of its change") {
  Deciding decide;
  const auto ask = [&](std::optional<Purge> purge, std::optional<Retry> retry = {}) {
    Change next = put_endpoint("a");
    next.envelope.state = "active";
    next.envelope.purge = std::move(purge);
    next.envelope.retry = std::move(retry);
    next.by = "ops";
    const auto read = std::get<ChangeRecord>(decode(*encode("c", next)));  // as it stands on the log
    CHECK(read.change.envelope == next.envelope);
    REQUIRE(decide.raw(read.change));
    return decide.state().endpoint("default", "a");
  };
  CHECK(ask({})->purges.empty());                               // at 1,001
  CHECK(ask(Purge{0, 500, {"bulk"}, "order.#", ""})->purges ==  // 1,002
        std::vector<Purge>{{1'002, 500, {"bulk"}, "order.#", "ops", 2}});
  CHECK(ask({}, Retry{0, 700, ""})->retries == std::vector<Retry>{{1'003, 700, "ops"}});
  CHECK(ask({})->purges.size() == 1);  // another change keeps both
  const auto both = ask(Purge{}, Retry{});
  CHECK(both->purges == std::vector<Purge>{{1'005, 0, {}, "", "ops", 5}});  // more than the one before
  CHECK(both->retries == std::vector<Retry>{{1'005, 0, "ops"}});
  CHECK_FALSE(both->asked_purge);
  CHECK(decide.decider.audit().entries().back().members == std::vector<std::string>{"/purges", "/retries"});

  const EntryPtr entry = decide.decider.ledger().find("default/endpoints/a");
  CHECK(entry->envelope == Envelope{{}, {}, "active", {}, {}});
  SnapshotChunk chunk;
  chunk.resources = {entry};
  const Record read = decode(encode(chunk));
  CHECK(std::get<SnapshotChunk>(read).resources.at(0)->purges == entry->purges);
  CHECK(std::get<SnapshotChunk>(read).resources.at(0)->retries == entry->retries);

  CHECK(decide(change(Change::Op::remove, "endpoints", "a")));
  CHECK(ask({})->purges.empty());
}
