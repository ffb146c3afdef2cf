// What a snapshot holds, compared with what was declared: the rest of the tests compare one reader of it with another.
#include "common/registry/snapshot.hpp"

#include <doctest/doctest.h>

#include <set>

#include "common/registry/built_in.hpp"
#include "tests/common/registry/fixture.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

struct Example {
  const char* kind;
  const char* tenant;
  const char* id;
  const char* body;
  const char* needs;
};
const Example kOneOfEach[] = {
    {"tenants", "default", "acme", R"({"weight":3,"max_priority":"high"})", ""},
    {"backoff-policies", "acme", "slow", R"({"strategy":"constant","base_seconds":77})", "default/tenants/acme"},
    {"event-types", "acme", "order.created", R"({"schema":{"const":null}})", "default/tenants/acme"},
    {"sources", "acme", "shop", R"({"verify":{"scheme":"key"}})", "default/tenants/acme"},
    {"endpoints", "acme", "billing", R"({"url":"https://example.com/","concurrency":5})", "default/tenants/acme"},
    {"subscriptions", "acme", "s1", R"({"endpoint":"billing","pattern":"order.#"})", "acme/endpoints/billing"},
    {"keys", "acme", "k1", R"({"hash":"00ff","scopes":["events:write"]})", "default/tenants/acme"},
    {"jobs", "acme", "job_1", R"({"kind":"replay_events","filter":{},"state":"paused","done":3})",
     "default/tenants/acme"},
    {"installation", "default", "installation", R"({"check":"sealed:AAAA"})", ""},
    {"of-a-later-version", "acme", "x", R"({"what":[1,2]})", ""}};

Change declared(const Example& what) {
  Change c = change(Change::Op::put, what.kind, what.id, what.body);
  c.tenant = what.tenant;
  if (*what.needs != '\0') c.envelope.needs = {what.needs};
  if (c.kind == "endpoints") c.envelope.state = "paused";
  if (c.kind == "subscriptions") c.envelope.claims = {"order.#"};
  return c;
}

// Decided one after the other, the last one twice.
void declare_all(Deciding& decide) {
  for (const Example& one : kOneOfEach) REQUIRE(decide.raw(declared(one)));
  Change again = declared(kOneOfEach[std::size(kOneOfEach) - 1]);
  again.by = "somebody";
  REQUIRE(decide.raw(again));
}

// Who knows nothing but the snapshot.
Replica late_one(const Decider& decider) {
  FakeLog log;
  log.start = 100;
  log.append_snapshot(decider, "snp_1", 99, 300);
  Replica late(100);
  follow(late, log);
  REQUIRE(late.has_state());
  return late;
}

}  // namespace

TEST_CASE("Snapshot: one resource of every kind is there, as it was declared") {
  Deciding decide;
  declare_all(decide);
  std::set<std::string> kinds;
  for (const Example& one : kOneOfEach) kinds.insert(one.kind);
  for_each_kind([&](auto type) { CHECK(kinds.contains(std::string(Kind<typename decltype(type)::type>::name))); });

  const Replica late = late_one(decide.decider);
  CHECK(late.decider().ledger().entries().size() == std::size(kOneOfEach));
  std::int64_t offset = 0;
  for (const Example& one : kOneOfEach) {
    ++offset;
    CAPTURE(one.kind);
    const EntryPtr entry = late.decider().ledger().find(registry_key(one.tenant, one.kind, one.id));
    REQUIRE(entry);
    const bool twice = std::string_view(one.kind) == "of-a-later-version";
    CHECK(*entry->body == one.body);
    CHECK(entry->kind == one.kind);
    CHECK(entry->tenant == one.tenant);
    CHECK(entry->id == one.id);
    CHECK(entry->version == (twice ? 2 : 1));
    CHECK(entry->created_at == 1'000 + offset);
    CHECK(entry->updated_at == 1'000 + offset + (twice ? 1 : 0));
    CHECK(entry->created_by == "tester");
    CHECK(entry->updated_by == (twice ? "somebody" : "tester"));
    CHECK(entry->envelope.needs == declared(one).envelope.needs);
    CHECK(entry->envelope.state == declared(one).envelope.state);
    CHECK(entry->envelope.claims == declared(one).envelope.claims);
  }
}

TEST_CASE("Snapshot: the services see every kind in it") {
  Deciding decide;
  declare_all(decide);
  Replica late = late_one(decide.decider);
  const State& state = late.state();
  for_each_kind([&](auto type) {
    using T = typename decltype(type)::type;
    CAPTURE(std::string(Kind<T>::name));
    CHECK(Kind<T>::map(state).size() == 1 + (std::is_same_v<T, EventType> ? built_in_types().size() : 0));
  });
  REQUIRE(state.tenant("acme"));
  CHECK(state.tenant("acme")->weight == 3);
  CHECK(state.tenant("acme")->max_priority == Priority::high);
  REQUIRE(state.backoff_policy("acme", "slow"));
  CHECK(state.backoff_policy("acme", "slow")->base_seconds == 77);
  REQUIRE(state.event_type("acme", "order.created"));
  CHECK(state.event_type("acme", "order.created")->schema == R"({"const":null})");
  REQUIRE(state.source("acme", "shop"));
  CHECK(state.source("acme", "shop")->verify.scheme == "key");
  REQUIRE(state.endpoint("acme", "billing"));
  CHECK(state.endpoint("acme", "billing")->concurrency == 5);
  CHECK(state.endpoint("acme", "billing")->state == EndpointState::paused);
  REQUIRE(state.subscription("acme", "s1"));
  CHECK(state.subscription("acme", "s1")->pattern == "order.#");
  REQUIRE(state.key("acme", "k1"));
  CHECK(state.key("acme", "k1")->scopes == std::vector<std::string>{"events:write"});
  CHECK(state.keys_by_hash.contains("00ff"));
  CHECK(state.installation.begin()->second->check == "sealed:AAAA");
}

TEST_CASE("Snapshot: what was decided, and the audit trail, go on from it") {
  Deciding decide;
  declare_all(decide);
  Replica late = late_one(decide.decider);
  const auto& trail = late.decider().audit().entries();
  REQUIRE(trail.size() == std::size(kOneOfEach));  // each, one twice; the installation's own is none
  CHECK(trail.front().kind == "tenants");
  CHECK(trail.front().change_id == "chg_1");
  CHECK(trail.back().by == "somebody");
  CHECK(trail.back().version == 2);
  // The last change again, which its first copy decides.
  std::vector<Decided> decided;
  Change again = declared(kOneOfEach[0]);
  late.apply(record(200, *encode("chg_1", again)), decided);
  CHECK(decided.empty());
  late.apply(record(201, *encode("chg_new", again)), decided);
  CHECK(decided.size() == 1);
}

TEST_CASE("Snapshot: no record is longer than asked for, but one with a single resource") {
  Deciding decide;
  for (int i = 0; i < 40; ++i)
    REQUIRE(
        decide(put_endpoint("e" + std::to_string(i), "http://" + std::string(i == 20 ? 9'000 : 100 + i, 'a') + "/")));
  constexpr std::size_t kChunk = 2'000, kFrame = 100;
  std::size_t longer = 0;
  const auto records = make_snapshot(decide.decider, "snp_1", 40, kChunk);
  CHECK(records.chunks.size() > 5);
  for (const std::string& chunk : records.chunks) {
    if (chunk.size() <= kChunk + kFrame) continue;
    ++longer;
    CHECK(std::get<SnapshotChunk>(decode(chunk)).resources.size() == 1);
  }
  CHECK(longer == 1);
}

TEST_CASE("Snapshot: what is decided while it is written is not in it") {
  Deciding decide;
  REQUIRE(decide(put_endpoint("a", "http://before/")));
  SnapshotWriter writer(decide.decider, "snp_1", 0, 100);
  REQUIRE(decide(put_endpoint("a", "http://after/")));
  REQUIRE(decide(put_endpoint("b")));
  std::string text;
  while (auto chunk = writer.next_chunk()) text += *chunk;
  CHECK(text.find("http://before/") != std::string::npos);
  CHECK(text.find("http://after/") == std::string::npos);
  CHECK(text.find("\"b\"") == std::string::npos);
}
