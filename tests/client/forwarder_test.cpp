#include "client/forward/forwarder.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace certes;
using namespace certes::client;

namespace {

using Sequences = std::vector<std::int64_t>;
constexpr auto kSecond = std::chrono::seconds{1};

// A Forwarder in simulated time.
struct World {
  explicit World(ForwardLimits limits = {}) : forwarder(limits, 1) {
    Policies policies;
    policies.global.strategy = backoff::Policy::Strategy::constant;
    policies.global.base_seconds = 1;
    policies.global.jitter = backoff::Policy::Jitter::none;
    set(policies);
  }
  void set(const Policies& policies) {
    held = policies;
    forwarder.set_policies(policies);
  }
  std::int64_t add(const std::string& key = "", const std::string& path = "/events", bool alone = false) {
    Entry entry;
    entry.sequence = ++last;
    entry.key = key;
    entry.path = path;
    entry.bytes = 100;
    entry.alone = alone;
    forwarder.add(std::move(entry));
    return last;
  }
  std::optional<Flight> next() { return forwarder.next(now); }
  Outcome end(const Flight& flight, int status, const std::string& body = "", std::optional<Millis> after = {}) {
    Answer answer;
    answer.id = flight.id;
    answer.status = status;
    answer.body = body;
    answer.error = status == 0 ? "connect" : "";
    answer.retry_after = after;
    std::vector<Kind> kinds(flight.sequences.size(), Kind{type, source});
    return forwarder.finished(flight, kinds, answer, now, 1'000 + millis());
  }
  void pass(Millis time) { now += time; }
  std::int64_t millis() const { return std::chrono::duration_cast<Millis>(now.time_since_epoch()).count(); }

  std::int64_t last = 0;
  SteadyTime now{std::chrono::hours{1}};
  std::string type = "a.b", source = "s";
  Policies held;
  Forwarder forwarder;
};

Sequences retried(const Outcome& outcome) {
  Sequences out;
  for (const Retry& retry : outcome.retried) out.push_back(retry.sequence);
  return out;
}

}  // namespace

TEST_CASE("Forwarder: what waits goes together, oldest first, within the limits of a batch") {
  World world({3, 1'000, 4});
  for (int i = 0; i < 5; ++i) world.add();
  const auto first = world.next();
  const auto second = world.next();
  CHECK(first->sequences == Sequences{1, 2, 3});
  CHECK(second->sequences == Sequences{4, 5});
  CHECK_FALSE(world.next());
  CHECK(world.end(*first, 202).accepted == Sequences{1, 2, 3});
  CHECK(world.end(*second, 202).accepted == Sequences{4, 5});
  CHECK(world.forwarder.size() == 0);
  CHECK_FALSE(world.forwarder.due());
}

TEST_CASE("Forwarder: a batch ends at its bytes, and forms do not mix") {
  World world({100, 250, 4});
  for (int i = 0; i < 3; ++i) world.add();
  world.add("", "/events", true);
  CHECK(world.next()->sequences == Sequences{1, 2});
  CHECK(world.next()->sequences == Sequences{3});
  CHECK(world.next()->sequences == Sequences{4});
}

TEST_CASE("Forwarder: events of one key go in order, in one request at a time") {
  World world({2, 1'000, 4});
  for (int i = 0; i < 4; ++i) world.add("k");
  const auto first = world.next();
  CHECK(first->sequences == Sequences{1, 2});
  CHECK_FALSE(world.next());  // 3 and 4 stand behind
  world.end(*first, 202);
  CHECK(world.next()->sequences == Sequences{3, 4});
}

TEST_CASE("Forwarder: a key whose first event waits holds only its key") {
  World world({1, 1'000, 8});
  world.add("bad");
  world.add("bad");
  world.add("good");
  world.add("good");
  const auto bad = world.next();
  CHECK(bad->sequences == Sequences{1});
  CHECK(retried(world.end(*bad, 500)) == Sequences{1});
  for (const std::int64_t sequence : {3, 4}) {
    const auto good = world.next();
    REQUIRE(good);
    CHECK(good->sequences == Sequences{sequence});
    world.end(*good, 202);
  }
  CHECK_FALSE(world.next());
  world.pass(kSecond);
  const auto again = world.next();
  CHECK(again->sequences == Sequences{1});
  world.end(*again, 202);
  CHECK(world.next()->sequences == Sequences{2});
}

TEST_CASE("Forwarder: a gateway that is away is asked by one request at a time, when the first is due") {
  for (const int status : {0, 429, 502, 503, 504}) {
    CAPTURE(status);
    World world({1, 1'000, 4});
    for (int i = 0; i < 10; ++i) world.add();
    std::vector<Flight> flights;
    while (auto flight = world.next()) flights.push_back(*flight);
    CHECK(flights.size() == 4);
    for (const Flight& flight : flights) world.end(flight, status);
    CHECK_FALSE(world.next());
    CHECK(world.forwarder.due() == world.now + kSecond);
    world.pass(kSecond);
    const auto probe = world.next();
    REQUIRE(probe);
    CHECK(probe->sequences == Sequences{1});
    CHECK_FALSE(world.next());
    world.end(*probe, 202);
    std::size_t open = 0;
    while (world.next()) ++open;
    CHECK(open == 4);
  }
}

TEST_CASE("Forwarder: other paths go on while one is away") {
  World world;
  world.add("", "/events/a?x=1", true);
  world.add("", "/events/a?x=2", true);
  world.add("", "/events/b", true);
  world.end(*world.next(), 429);
  CHECK(world.next()->sequences == Sequences{3});
  CHECK_FALSE(world.next());
}

TEST_CASE("Forwarder: Retry-After is obeyed where it is longer than the policy's delay") {
  World world;
  world.add();
  world.end(*world.next(), 503, "", Millis{5'000});
  world.add();
  world.pass(Millis{4'999});
  CHECK_FALSE(world.next());
  world.pass(Millis{1});
  CHECK(world.next()->sequences == Sequences{1, 2});
}

TEST_CASE("Forwarder: Retry-After is obeyed whatever the status that it came with") {
  for (const int status : {301, 401, 408, 425, 429, 500, 501, 502, 503, 504}) {
    CAPTURE(status);
    ForwardLimits limits;
    limits.retry_denied = true;
    World world(limits);
    world.add();
    REQUIRE(world.end(*world.next(), status, "", Millis{5'000}).retried.size() == 1);
    world.pass(Millis{4'999});
    CHECK_FALSE(world.next());
    world.pass(Millis{1});
    CHECK(world.next());
  }
}

TEST_CASE("Forwarder: 4xx and 508 are for good, but for 408, 425 and 429") {
  for (const int status : {400, 404, 405, 409, 410, 413, 415, 422, 431, 451, 508}) {
    World world;
    world.add();
    const auto outcome = world.end(*world.next(), status, "why");
    CAPTURE(status);
    REQUIRE(outcome.refused.size() == 1);
    CHECK(outcome.refused[0].rule == "refused");
    CHECK(outcome.refused[0].status == status);
    CHECK(outcome.refused[0].problem == "why");
    CHECK(world.forwarder.size() == 0);
  }
  for (const int status : {0, 301, 408, 425, 429, 500, 501, 503}) {
    World world;
    world.add();
    CAPTURE(status);
    CHECK(retried(world.end(*world.next(), status)) == Sequences{1});
  }
}

TEST_CASE(
    "Forwarder: of a batch that is refused, the event that the problem points at goes alone, the others together") {
  World world;
  for (int i = 0; i < 4; ++i) world.add();
  CHECK(world.end(*world.next(), 400, R"({"pointer":"/2/type"})").refused.empty());
  const auto others = world.next();
  CHECK(others->sequences == Sequences{1, 2, 4});
  const auto alone = world.next();
  CHECK(alone->sequences == Sequences{3});
  CHECK(world.end(*alone, 400).refused.size() == 1);
  CHECK(world.end(*others, 202).accepted == Sequences{1, 2, 4});
}

TEST_CASE("Forwarder: of a batch that is refused without a pointer, each goes alone; a key keeps its order") {
  World world;
  for (int i = 0; i < 3; ++i) world.add("k");
  world.add();
  for (const char* body : {R"({"pointer":"/7"})"}) CHECK(world.end(*world.next(), 413, body).refused.empty());
  const auto first = world.next();
  const auto other = world.next();
  CHECK(first->sequences == Sequences{1});
  CHECK(other->sequences == Sequences{4});
  CHECK_FALSE(world.next());
  CHECK(world.end(*first, 413).refused.size() == 1);  // which releases its key
  CHECK(world.next()->sequences == Sequences{2});
}

TEST_CASE("Forwarder: what a wrong key may not send waits, one request at a time, until the key is mended") {
  for (const auto& [status, body] :
       {std::pair{401, ""}, {401, R"({"pointer":"Authorization"})"}, {403, R"({"detail":"lacks the scope"})"}}) {
    CAPTURE(status);
    CAPTURE(body);
    World world({3, 1'000, 4});
    for (int i = 0; i < 5; ++i) world.add();
    const auto outcome = world.end(*world.next(), status, body);
    CHECK(outcome.refused.empty());
    CHECK(retried(outcome) == Sequences{1, 2, 3});
    CHECK_FALSE(world.next());
    world.pass(kSecond);
    const auto probe = world.next();
    REQUIRE(probe);
    CHECK_FALSE(world.next());
    CHECK(world.end(*probe, 202).accepted == Sequences{1, 2, 3});
    CHECK(world.next()->sequences == Sequences{4, 5});
  }
}

TEST_CASE("Forwarder: 401 and 403 that point at the event itself refuse it") {
  for (const auto& [status, pointer] :
       {std::pair{401, "x-hub-signature-256"}, {401, "authorization"}, {403, "/source"}, {403, "ce-source"}}) {
    CAPTURE(pointer);
    World world;
    world.add();
    world.add("", "/events", true);
    const std::string body = std::string(R"({"pointer":")") + pointer + "\"}";
    CHECK(world.end(*world.next(), status, body).refused.size() == 1);
    CHECK(world.end(*world.next(), 202).accepted == Sequences{2});
  }
}

TEST_CASE("Forwarder: who does not wait for a better key is refused as a whole") {
  World world({100, 1'000, 4, false});
  for (int i = 0; i < 3; ++i) world.add();
  CHECK(world.end(*world.next(), 401).refused.size() == 3);
}

TEST_CASE("Forwarder: the policy is that of the type, else of the source, else the global one") {
  World world;
  auto policies = world.held;
  policies.global.cap_seconds = 1'000;
  policies.by_source["s"] = policies.global;
  policies.by_source["s"].base_seconds = 20;
  policies.by_type["a.b"] = policies.global;
  policies.by_type["a.b"].base_seconds = 300;
  world.set(policies);
  world.add();
  world.end(*world.next(), 500);
  CHECK(world.forwarder.due() == world.now + 300 * kSecond);
  world.type = "other";
  world.add();
  world.end(*world.next(), 500);
  CHECK(world.forwarder.due() == world.now + 20 * kSecond);
  world.source = "other";
  world.add();
  world.end(*world.next(), 500);
  CHECK(world.forwarder.due() == world.now + kSecond);
}

TEST_CASE("Forwarder: gives up after the policy's attempts or time, and says which") {
  World world;
  auto policies = world.held;
  policies.global.max_attempts = 3;
  world.set(policies);
  world.add();
  for (int attempt = 1; attempt <= 2; ++attempt) {
    CHECK(world.end(*world.next(), 0).retried.at(0).attempts == static_cast<std::uint32_t>(attempt));
    world.pass(kSecond);
  }
  const auto last = world.end(*world.next(), 0);
  CHECK(last.refused.at(0).rule == "max_attempts");
  CHECK(last.refused.at(0).problem == "connect");
  policies.global.max_attempts = 0;
  policies.global.max_seconds = 1.5;
  world.set(policies);
  world.add();
  world.pass(kSecond);
  CHECK(world.end(*world.next(), 500).refused.empty());
  world.pass(kSecond);
  CHECK(world.end(*world.next(), 500).refused.at(0).rule == "max_seconds");
}

TEST_CASE("Forwarder: attempts before a restart count") {
  World world;
  auto policies = world.held;
  policies.global.max_attempts = 3;
  world.set(policies);
  Entry entry;
  entry.sequence = world.last = 7;
  entry.path = "/events";
  entry.attempts = 2;
  entry.first_failed_at = 5;
  world.forwarder.add(std::move(entry));
  CHECK(world.end(*world.next(), 0).refused.at(0).rule == "max_attempts");
}

TEST_CASE("Forwarder: a request that was not made is tried again, and counts no attempt") {
  World world;
  world.add("k");
  const auto flight = world.next();
  Answer none;
  none.sent = false;
  const auto outcome = world.forwarder.finished(*flight, {}, none, world.now, 1);
  CHECK(outcome.retried.empty());
  CHECK_FALSE(world.next());
  world.pass(kSecond);
  CHECK(world.next()->sequences == Sequences{1});
}

TEST_CASE("Forwarder: whatever the answers, order holds within each key, and nothing is lost or sent twice at once") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    World world({5, 2'000, 3});
    std::map<std::int64_t, std::string> key_of;
    std::map<std::string, std::int64_t> last_accepted;
    std::vector<Flight> flights;
    Sequences flying;
    std::size_t ended = 0;
    const auto pick = [&](int below) { return static_cast<int>(random.unit() * below); };
    for (int step = 0; ended < 200 && step < 20'000; ++step) {
      if (key_of.size() < 200 && pick(2) == 0) {
        const int key = pick(6);
        const std::string name = key == 0 ? "" : "k" + std::to_string(key);
        key_of[world.add(name, pick(9) == 0 ? "/events/raw" : "/events", pick(5) == 0)] = name;
      }
      if (auto flight = world.next()) {
        for (const std::int64_t sequence : flight->sequences) {
          REQUIRE(std::find(flying.begin(), flying.end(), sequence) == flying.end());
          flying.push_back(sequence);
        }
        flights.push_back(std::move(*flight));
      }
      if (!flights.empty() && pick(3) == 0) {
        const auto at = flights.begin() + pick(static_cast<int>(flights.size()));
        const Flight flight = *at;
        flights.erase(at);
        for (const std::int64_t sequence : flight.sequences) std::erase(flying, sequence);
        constexpr int kStatuses[] = {202, 202, 202, 0, 503, 429, 500, 400, 408};
        const auto outcome = world.end(flight, kStatuses[pick(9)]);
        for (const std::int64_t sequence : outcome.accepted) {
          const std::string& key = key_of.at(sequence);
          if (!key.empty()) {
            REQUIRE(last_accepted[key] < sequence);
            last_accepted[key] = sequence;
          }
        }
        ended += outcome.accepted.size() + outcome.refused.size();
      }
      if (pick(4) == 0) world.pass(Millis{pick(400)});
    }
    CHECK(ended == 200);
    CHECK(world.forwarder.size() == 0);
  }
}
