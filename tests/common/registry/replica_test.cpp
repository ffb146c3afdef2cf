#include "common/registry/replica.hpp"

#include <doctest/doctest.h>

#include "common/base/random.hpp"
#include "tests/common/registry/fixture.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

// Any change, often one that is refused.
Change random_change(Random& random) {
  const std::string id(1, static_cast<char>('a' + random.bits() % 4));
  const std::string other(1, static_cast<char>('a' + random.bits() % 4));
  Change c = put_endpoint(id, "http://" + std::to_string(random.bits() % 9) + "/");
  switch (random.bits() % 6) {
    case 0: c = put_subscription(id, other); break;
    case 1: c = change(Change::Op::remove, "endpoints", id); break;
    case 2: c = change(Change::Op::remove, "subscriptions", id); break;
    case 3: c.op = Change::Op::create; break;
    default: break;
  }
  c.cascade = c.op == Change::Op::remove && random.unit() < 0.3;
  if (random.unit() < 0.5) c.based_on = static_cast<std::int64_t>(random.bits() % 4);
  return c;
}

std::string random_id(Random& random, int i) {
  // Now and then a copy of an earlier one.
  return "chg_" + std::to_string(random.unit() < 0.1 && i > 5 ? i - 5 : i);
}

}  // namespace

TEST_CASE("Replica: followers that read in other portions, with other garbage between, decide alike") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    FakeLog log;
    for (int i = 0; i < 300; ++i) {
      log.append(random_id(random, i), random_change(random));
      if (random.unit() < 0.1) log.append("no json of ours");
      if (random.unit() < 0.1) log.append(R"({"v":3,"change":7})");
    }
    Replica one(0);
    Replica two(0);
    const auto first = follow(one, log);
    std::vector<Decided> second;
    for (const auto& r : log.records) two.apply(r, second);
    REQUIRE(first.size() == second.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      CHECK(first[i].change_id == second[i].change_id);
      CHECK(first[i].result.has_value() == second[i].result.has_value());
    }
    CHECK(text_of(one.decider()) == text_of(two.decider()));
  }
}

TEST_CASE("Replica: one that starts after a snapshot and a trim equals the others") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    FakeLog log;
    Replica writer(0);
    std::vector<Decided> decided;
    const auto append_changes = [&](int from, int to) {
      for (int i = from; i < to; ++i) log.append(random_id(random, i), random_change(random));
    };
    append_changes(0, 100);
    for (const auto& r : log.records) writer.apply(r, decided);
    const std::int64_t as_of = log.end() - 1;
    const auto snapshot = make_snapshot(writer.decider(), "snp_1", as_of, 200);
    append_changes(100, 103);  // changes stand between the snapshot's offset and its records
    for (const auto& chunk : snapshot.chunks) {
      log.append(chunk);
      append_changes(103, 104);
    }
    log.append(snapshot.end);
    append_changes(104, 150);
    Replica reader(0);
    follow(reader, log);
    CHECK(reader.snapshot_as_of() == as_of);
    log.trim(as_of + 1);
    Replica late(log.start);
    follow(late, log);
    REQUIRE(late.has_state());
    CHECK(text_of(late.decider()) == text_of(reader.decider()));
    // And they go on alike.
    const auto more = log.end();
    append_changes(140, 200);
    follow(reader, log, more);
    follow(late, log, more);
    CHECK(text_of(late.decider()) == text_of(reader.decider()));
  }
}

TEST_CASE("Replica: a snapshot without its end, with a chunk missing or changed is nothing") {
  FakeLog log;
  for (int i = 0; i < 20; ++i) log.append("chg_" + std::to_string(i), put_endpoint("e" + std::to_string(i)));
  Replica full(0);
  follow(full, log);
  const auto snapshot = make_snapshot(full.decider(), "snp_1", 19, 300);
  REQUIRE(snapshot.chunks.size() > 2);
  const auto try_with = [&](std::vector<std::string> values) {
    FakeLog trimmed;
    trimmed.start = 20;
    for (auto& value : values) trimmed.append(std::move(value));
    Replica late(20);
    follow(late, trimmed);
    return late.has_state();
  };
  std::vector<std::string> whole = snapshot.chunks;
  CHECK_FALSE(try_with(whole));
  whole.push_back(snapshot.end);
  CHECK(try_with(whole));
  auto missing = whole;
  missing.erase(missing.begin() + 1);
  CHECK_FALSE(try_with(missing));
  auto changed = whole;
  changed[1].replace(changed[1].find("example.com"), 11, "example.org");
  CHECK_FALSE(try_with(changed));
  // A second, whole one after it serves.
  auto both = missing;
  const auto again = make_snapshot(full.decider(), "snp_2", 19, 300);
  both.insert(both.end(), again.chunks.begin(), again.chunks.end());
  both.push_back(again.end);
  CHECK(try_with(both));
}

TEST_CASE("Replica: a snapshot that leaves a gap before the log's start is not taken") {
  FakeLog log;
  log.append("chg_0", put_endpoint("a"));
  Replica full(0);
  follow(full, log);
  FakeLog trimmed;
  trimmed.start = 5;
  trimmed.append_snapshot(full.decider(), "snp_1", 3, 1'000);
  Replica late(5);
  follow(late, trimmed);
  CHECK_FALSE(late.has_state());
  trimmed.append_snapshot(full.decider(), "snp_2", 4, 1'000);
  follow(late, trimmed, 5);
  CHECK(late.has_state());
}

TEST_CASE("Replica: the snapshot of an empty state is a snapshot") {
  FakeLog log;
  log.start = 7;
  log.append_snapshot(Decider(), "snp_1", 6, 1'000);
  Replica late(7);
  follow(late, log);
  CHECK(late.has_state());
}

TEST_CASE("Replica: wants a snapshot when the log is three times what lives, not below a megabyte") {
  const std::string url = "http://" + std::string(1'000, 'a') + "/";
  FakeLog log;
  Replica replica(0);
  int changes = 0;
  std::size_t bytes = 0;
  const auto grow = [&](std::size_t to) {
    while (bytes < to) {
      const auto at = log.end();
      ++changes;
      log.append("chg_" + std::to_string(changes), put_endpoint("e" + std::to_string(changes % 900), url));
      bytes += log.records.back()->size();
      follow(replica, log, at);
    }
  };
  grow(1'000'000);
  CHECK_FALSE(replica.wants_snapshot());
  grow(4'500'000);  // of which 1.8 MB live, a third of it in the audit trail
  CHECK_FALSE(replica.wants_snapshot());
  grow(7'000'000);
  CHECK(replica.wants_snapshot());
  const auto next = log.end();
  log.append_snapshot(replica.decider(), "snp_1", next - 1, 100'000);
  follow(replica, log, next);
  CHECK_FALSE(replica.wants_snapshot());
}

TEST_CASE("Replica: small changes of little want a snapshot once they are a megabyte") {
  FakeLog log;
  std::size_t bytes = 0;
  while (bytes < (1u << 20)) {
    log.append("chg_" + std::to_string(log.end()), put_endpoint("a"));
    bytes += log.records.back()->size();
  }
  Replica replica(0, 10);
  follow(replica, log);
  CHECK(replica.wants_snapshot());
}

TEST_CASE("Replica: a record of a newer format ends it, with what to do") {
  FakeLog log;
  log.append("chg_0", put_endpoint("a"));
  log.append(R"({"v":4,"change":"chg_1"})");
  log.append("chg_2", put_endpoint("b"));
  Replica replica(0);
  follow(replica, log);
  REQUIRE(replica.failure());
  CHECK(replica.failure()->message.find("upgrade") != std::string::npos);
  CHECK(replica.state().endpoints.size() == 1);
}

TEST_CASE("Replica: data of a pre-release, or without a format, is refused with a sentence, snapshots too") {
  const std::pair<const char*, const char*> old[] = {
      {R"({"v":1,"change":"c","op":"put","kind":"endpoints","tenant":"default","id":"a","by":"x","body":{}})",
       "of format 1"},
      {R"({"v":2,"change":"c","op":"put","kind":"endpoints","tenant":"default","id":"a","by":"x","body":{}})",
       "of format 2"},
      {R"({"v":1,"snapshot":"s","as_of":0,"chunk":0,"resources":[]})", "of format 1"},
      {R"({"v":1,"snapshot":"s","as_of":0,"chunks":1,"check":"1","decided":[]})", "of format 1"},
      {R"({"change":"c","op":"put"})", "without a format"},
      {R"({"snapshot":"s","v":"2"})", "without a format"}};
  for (const auto& [value, what] : old) {
    CAPTURE(value);
    FakeLog log;
    log.append("chg_0", put_endpoint("a"));
    log.append(value);
    Replica replica(0);
    follow(replica, log);
    REQUIRE(replica.failure());
    CHECK(replica.failure()->message.find(what) != std::string::npos);
    CHECK(replica.failure()->message.find("pre-release") != std::string::npos);
    CHECK(replica.failure()->message.find("start with an empty data directory") != std::string::npos);
  }
}

TEST_CASE("Replica: what is none of ours is passed over, however it is broken") {
  FakeLog log;
  for (const char* junk :
       {"", "x", "{", "[]", "{}", R"({"v":3})", R"({"a":1})", R"({"v":3,"change":"c"})", R"({"v":3,"change":"c",)",
        R"({"v":3,"change":"c","op":"put","kind":"a/b","tenant":"default","id":"x","by":"y"})",
        R"({"v":3,"change":"c","op":"put","kind":"k","tenant":"a/b","id":"x","by":"y"})",
        R"({"v":3,"change":"c","op":"put","kind":"k","tenant":"t","id":"","by":"y"})",
        R"({"v":3,"change":"c","op":"put","kind":"k","tenant":"t","id":"x","by":"y","needs":[1]})",
        R"({"v":3,"snapshot":"s","as_of":0,"chunk":0,"resources":[{]})"})
    log.append(junk);
  log.append("{\"v\":2,\"change\":" + std::string(100'000, '[') + "}");
  log.append("chg_0", put_endpoint("a"));
  Replica replica(0);
  follow(replica, log);
  CHECK_FALSE(replica.failure());
  CHECK(replica.decider().ledger().entries().size() == 1);
}
