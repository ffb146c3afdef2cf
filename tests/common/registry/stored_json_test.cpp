// What the log holds is used as far as it is understood, and kept whole.
#include "common/registry/stored_json.hpp"

#include <doctest/doctest.h>

#include "common/registry/proposal.hpp"
#include "common/registry/resource_json.hpp"
#include "tests/common/registry/fixture.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

template <class T>
Result<T> stored(const char* body, const char* state = "") {
  Entry entry;
  entry.id = "a";
  entry.kind = Kind<T>::name;
  entry.version = 7;
  entry.envelope.state = state;
  entry.body = std::make_shared<const std::string>(body);
  return read_stored<T>(entry);
}

template <class T>
std::string reason(const char* body) {
  const auto read = stored<T>(body);
  return read ? "usable" : read.error().message;
}

using Pointers = std::vector<std::string>;

// As a later version reads and writes it: what it knows is the same here.
template <class T>
std::string body_after(const T& next, const T& current) {
  return change_to(next, &current).body;
}

}  // namespace

TEST_CASE("Stored: what a rule of today refuses counts as not set, and nothing else is lost") {
  const auto endpoint = stored<Endpoint>(
      R"({"url":"http://a/","concurrency":0,"retry_on":[404,99],"timeout_seconds":"x","rate_per_second":5,"headers_sealed":{"A":"s","B":7}})",
      "paused");
  REQUIRE(endpoint);
  CHECK(endpoint->concurrency == 64);
  CHECK(endpoint->timeout_seconds == 15);
  CHECK(endpoint->retry_on.empty());
  CHECK(endpoint->rate_per_second == 5);
  CHECK(endpoint->headers.size() == 1);
  CHECK(endpoint->state == EndpointState::paused);
  CHECK(endpoint->version == 7);
  CHECK(endpoint->not_understood == Pointers{"/concurrency", "/timeout_seconds", "/retry_on", "/headers_sealed/B"});
  CHECK(stored<Tenant>(R"({"weight":1000,"quotas":{"endpoints":-1,"keys":2}})")->not_understood ==
        Pointers{"/weight", "/quotas/endpoints"});
  CHECK(stored<BackoffPolicy>(R"({"strategy":"random","base_seconds":3})")->base_seconds == 3);
}

TEST_CASE("Stored: what matters and is not understood makes a resource unusable, not another one") {
  CHECK(reason<Source>(R"({"verify":{"scheme":"quantum"}})").starts_with("/verify/scheme the scheme \"quantum\""));
  CHECK(reason<Source>(R"({"verify":7})").starts_with("/verify "));
  CHECK(reason<Source>("{}").starts_with("/verify "));
  CHECK(reason<Source>(R"({"verify":{"scheme":"none"},"kind":"kafka"})").starts_with("/kind "));
  CHECK(reason<Endpoint>("{}").starts_with("/url "));
  CHECK(reason<Endpoint>(R"({"url":"http://a/","secrets":[{"secret":1}]})").starts_with("/secrets/0"));
  CHECK(reason<Endpoint>(R"({"url":"http://a/","auth":{"scheme":"later"}})").starts_with("/auth/scheme "));
  CHECK(reason<Subscription>(R"({"endpoint":"e","pattern":"#","filter":"data.a ??"})").starts_with("/filter "));
  CHECK(reason<Subscription>(R"({"endpoint":"e","pattern":"#","kind":"query"})").starts_with("/kind "));
  CHECK(reason<Key>(R"({"hash":"h","scopes":["*"],"expires":"soon"})").starts_with("/expires "));
  CHECK(reason<Key>(R"({"hash":"h","scopes":["*"],"sources":["a.b"]})").starts_with("/sources/0 "));
  CHECK(reason<Key>(R"({"hash":"h","scopes":["*"],"rate_per_second":-1})").starts_with("/rate_per_second "));
  for (const char* body : {"", "[]", "x", "{"}) CHECK(reason<Tenant>(body).starts_with("its body "));
  CHECK(reason<Tenant>(("{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}").c_str())
            .starts_with("its body "));
  CHECK(stored<Key>(R"({"hash":"h","scopes":["moons:read","events:read"]})")->scopes.size() == 2);
}

TEST_CASE("Stored: unknown members are shown at their places, what is sealed in them is not") {
  const auto source = stored<Source>(
      R"({"colour":"red","verify":{"scheme":"key","phase":{"moon":1}},"later":{"x":"sealed:v1:abc","y":["sealed:v1:d",1]}})");
  REQUIRE(source);
  CHECK(source->not_understood.empty());
  const Json shown = Json::parse(shown_json(*source));
  CHECK(shown["colour"] == "red");
  CHECK(shown["verify"]["phase"]["moon"] == 1);
  CHECK(shown["verify"]["scheme"] == "key");
  CHECK(shown["later"] == Json::parse(R"({"x":{"set":true},"y":[{"set":true},1]})"));
  const auto endpoint = stored<Endpoint>(R"({"url":"http://a/","format":"structured","signatures":["svix"]})");
  CHECK(Json::parse(shown_json(*endpoint))["format"] == "structured");
  CHECK(Json::parse(shown_json(*endpoint))["signatures"] == Json::parse(R"(["svix"])"));
}

TEST_CASE("Stored: a declaration may hold unknown members as they are stored, and no others") {
  const auto current =
      stored<Source>(R"({"verify":{"scheme":"key","phase":1},"colour":{"is":"red","sealed":"sealed:v1:x"}})");
  REQUIRE(current);
  const auto declare = [&](const char* text) { return declared_after(Json::parse(text), *current); };
  const auto whole = declare(R"({"verify":{"scheme":"key","phase":1},"colour":{"is":"red","sealed":{"set":true}}})");
  REQUIRE(whole);
  CHECK(says_the_same(*whole, *current));
  CHECK(body_after(*whole, *current) == *current->body);
  CHECK(declare(R"({"verify":{"scheme":"key","phase":2}})").error().pointer == "/verify/phase");
  CHECK(declare(R"({"verify":{"scheme":"key"},"colour":"red"})").error().pointer == "/colour");
  CHECK(declare(R"({"verify":{"scheme":"key"},"colour":{"is":"red"}})").error().pointer == "/colour");
  CHECK(declare(R"({"verify":{"scheme":"key"},"shape":1})").error().pointer == "/shape");
  const auto without = declare(R"({"verify":{"scheme":"key"}})");
  REQUIRE(without);
  CHECK_FALSE(says_the_same(*without, *current));
  CHECK(body_after(*without, *current) == R"({"verify":{"scheme":"key"}})");
}

TEST_CASE("Stored: a change leaves what it does not touch as it stands, known, unknown or not understood") {
  const auto current = stored<Endpoint>(
      R"({"later":[1,{"a":2}],"url":"http://a/","concurrency":20000,"quick":null,"timeout_seconds":3})", "active");
  REQUIRE(current);
  Endpoint next = *current;
  next.timeout_seconds = 9;
  CHECK(body_after(next, *current) ==
        R"({"later":[1,{"a":2}],"url":"http://a/","concurrency":20000,"quick":null,"timeout_seconds":9.0})");
  next.concurrency = 5;
  next.disabled_reason = "user";
  CHECK(
      body_after(next, *current) ==
      R"({"later":[1,{"a":2}],"url":"http://a/","concurrency":5,"quick":null,"timeout_seconds":9.0,"disabled_reason":"user"})");
  next.state = EndpointState::disabled;
  CHECK(change_to(next, &*current).envelope.state == "disabled");
}

TEST_CASE("Stored: a change within an object leaves what it does not know there") {
  const auto change = [](const char* body, std::optional<std::int64_t> endpoints) {
    const auto current = stored<Tenant>(body);
    REQUIRE(current);
    Tenant next = *current;
    next.quotas.endpoints = endpoints;
    return Json::parse(body_after(next, *current))["quotas"];
  };
  CHECK(change(R"({"quotas":{"future":1}})", 5) == Json::parse(R"({"future":1,"endpoints":5})"));
  CHECK(change(R"({"quotas":{"endpoints":5,"future":1}})", std::nullopt) == Json::parse(R"({"future":1})"));
  CHECK(change(R"({"quotas":{"endpoints":5}})", std::nullopt).is_null());
}

TEST_CASE("Stored: an endpoint in a state that this version does not know is not sent to") {
  CHECK(stored<Endpoint>(R"({"url":"http://a/"})", "quarantined")->state == EndpointState::paused);
  CHECK(stored<Endpoint>(R"({"url":"http://a/"})", "")->state == EndpointState::active);
}

TEST_CASE("Catalogue: what cannot be used is kept and counted, and an endpoint waits") {
  Deciding decide;
  Change endpoint = put_endpoint("e");
  endpoint.body = R"({"url":"http://a/","auth":{"scheme":"later"}})";
  REQUIRE(decide.raw(endpoint));
  REQUIRE(decide.raw(put_subscription("s", "e")));
  Change source = change(Change::Op::put, "sources", "shop", R"({"verify":{"scheme":"later"},"colour":1})");
  REQUIRE(decide.raw(source));
  REQUIRE(decide.raw(change(Change::Op::put, "tenants", "t", R"({"weight":-1})")));
  const State& state = decide.state();
  CHECK(state.endpoint("default", "e")->state == EndpointState::paused);
  CHECK(state.subscription("default", "s"));
  CHECK_FALSE(state.source("default", "shop"));
  CHECK(state.unusable.size() == 2);
  CHECK(state.not_understood.at("default/tenants/t") == Pointers{"/weight"});
  const Json shown = Json::parse(shown_json(*state.unusable.at("default/sources/shop")));
  CHECK(shown["colour"] == 1);
  CHECK(shown["verify"]["scheme"] == "later");
  CHECK(shown["unusable"].get<std::string>().starts_with("/verify/scheme"));
  source.body = R"({"verify":{"scheme":"key"}})";
  REQUIRE(decide.raw(source));
  CHECK(decide.state().source("default", "shop"));
  CHECK(decide.state().unusable.size() == 1);
}

TEST_CASE("Catalogue: of an unusable key neither its hash nor a former one is shown") {
  Deciding decide;
  REQUIRE(decide.raw(change(Change::Op::put, "keys", "k",
                            R"({"hash":"abc","former":[{"hash":"def"}],"scopes":["*"],"expires":"soon"})")));
  CHECK(decide.state().keys_by_hash.empty());
  const std::string shown = shown_json(*decide.state().unusable.at("default/keys/k"));
  CHECK(shown.find("abc") == std::string::npos);
  CHECK(shown.find("def") == std::string::npos);
}

TEST_CASE("Replica: unknown members and what is not understood go through a snapshot byte for byte") {
  const std::string body = R"({ "url":"http:\/\/a/", "colour" : 1.50, "concurrency":0 })";
  FakeLog log;
  Change endpoint = put_endpoint("a");
  endpoint.body = body;
  endpoint.envelope.claims = {"A.B"};
  endpoint.envelope.state = "paused";
  log.append(*encode("chg_0", endpoint));
  Replica writer(0);
  follow(writer, log);
  log.append_snapshot(writer.decider(), "snp_1", 0, 500);
  log.trim(1);
  Replica late(1);
  follow(late, log);
  REQUIRE(late.has_state());
  const EntryPtr entry = late.decider().ledger().find("default/endpoints/a");
  REQUIRE(entry);
  CHECK(*entry->body == body);
  CHECK(entry->envelope == endpoint.envelope);
  CHECK(text_of(late.decider()) == text_of(writer.decider()));
}

// A release with another rule for bodies differs from this one in what its catalogue makes of the same ledger, and in
// nothing that is decided: the decider does not see it.
TEST_CASE("Replica: two releases' rules over one log agree on every decision, version and body") {
  FakeLog log;
  const char* const bodies[] = {R"({"url":"http://a/"})", R"({"url":"http://a/","format":"later"})", R"({"url":7})"};
  for (int i = 0; i < 60; ++i) {
    Change c = put_endpoint("e" + std::to_string(i % 5));
    c.body = bodies[i % 3];
    if (i % 4 == 0) c.based_on = i / 10;
    log.append(*encode("chg_" + std::to_string(i), c));
    Change s = put_subscription("s" + std::to_string(i % 7), "e" + std::to_string(i % 6));
    s.body = i % 2 ? "{}" : s.body;
    log.append(*encode("chg_s" + std::to_string(i), s));
    if (i % 9 == 0)
      log.append("chg_r" + std::to_string(i), change(Change::Op::remove, "endpoints", "e" + std::to_string(i % 5)));
  }
  // The other release: it understands nothing of the bodies.
  FakeLog other;
  for (const auto& record : log.records) {
    std::string value = record->value;
    for (std::size_t at; (at = value.find("\"url\"")) != std::string::npos;) value.replace(at, 5, "\"uri\"");
    other.append(value);
  }
  Replica one(0), two(0);
  const auto first = follow(one, log);
  const auto second = follow(two, other);
  REQUIRE(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(first[i].result.has_value() == second[i].result.has_value());
    if (first[i].result) CHECK(first[i].result->version == second[i].result->version);
  }
  CHECK(one.decider().ledger().entries().size() == two.decider().ledger().entries().size());
  CHECK(one.state().unusable.size() < two.state().unusable.size());
}
