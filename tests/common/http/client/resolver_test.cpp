// Names, looked up by a function that does what the test says, in simulated time.
#include "common/http/client/resolver.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

using namespace certes;
using namespace certes::http;
using Kind = Resolution::Kind;

namespace {

constexpr std::chrono::seconds kLong{20};

Resolution at(const std::string& address) { return {Kind::found, {address}, {}}; }

// Look-ups that wait for the test's answer. Shared: one that is never answered outlives its test.
class NameServer {
 public:
  Resolution look_up(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++asked_[host];
    at_work_.insert(host);
    most_ = std::max(most_, at_work_.size());
    changed_.notify_all();
    changed_.wait(lock, [&] { return answers_.contains(host) || gone_; });
    at_work_.erase(host);
    changed_.notify_all();
    if (gone_) return {Kind::silent, {}, "gone"};
    return answers_.extract(host).mapped();
  }
  void answer(const std::string& host, Resolution resolution) {
    const std::lock_guard lock(mutex_);
    answers_[host] = std::move(resolution);
    changed_.notify_all();
  }
  // Waits until that many are at work.
  std::set<std::string> at_work(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, kLong, [&] { return at_work_.size() == count; }));
    return at_work_;
  }
  void wait_asked(const std::string& host) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, kLong, [&] { return asked_.contains(host); }));
  }
  int asked(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return asked_[host];
  }
  std::size_t most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }
  void go() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Resolution> answers_;
  std::map<std::string, int> asked_;
  std::set<std::string> at_work_;
  std::size_t most_ = 0;
  bool gone_ = false;
};

class World {
 public:
  explicit World(std::size_t max_at_work = 4, std::size_t most_names = 10'000)
      : resolver({max_at_work, [server = server](const std::string& host) { return server->look_up(host); },
                  [time = time] { return time->load(); }, most_names}) {}
  ~World() { server->go(); }

  std::optional<Resolver::Known> ask(const std::string& host, const std::string& tenant = "acme") {
    return resolver.ask(tenant, host, [told = told] {
      const std::lock_guard lock(told->mutex);
      ++told->times;
      told->changed.notify_all();
    });
  }
  void wait_told(int times) {
    std::unique_lock lock(told->mutex);
    REQUIRE(told->changed.wait_for(lock, kLong, [&] { return told->times >= times; }));
  }
  // Asks, answers, and waits until that is known.
  void resolve(const std::string& host, Resolution resolution, const std::string& tenant = "acme") {
    int before = 0;
    {
      const std::lock_guard lock(told->mutex);
      before = told->times;
    }
    server->answer(host, std::move(resolution));
    if (!ask(host, tenant)) wait_told(before + 1);
  }
  // Waits until so many look-ups have ended.
  void wait_settled(std::uint64_t times) const {
    for (auto stats = resolver.stats(); stats.found + stats.failed + stats.silent + stats.local < times;
         stats = resolver.stats())
      std::this_thread::yield();
  }
  void pass(Millis by) { time->store(time->load() + by); }

  struct Told {
    std::mutex mutex;
    std::condition_variable changed;
    int times = 0;
  };
  std::shared_ptr<NameServer> server = std::make_shared<NameServer>();
  std::shared_ptr<Told> told = std::make_shared<Told>();
  std::shared_ptr<std::atomic<SteadyTime>> time =
      std::make_shared<std::atomic<SteadyTime>>(SteadyTime{std::chrono::hours{1}});
  Resolver resolver;
};

}  // namespace

TEST_CASE("Resolver: looks a name up once for all who ask, tells each, and remembers") {
  World world;
  CHECK_FALSE(world.ask("a.test"));
  CHECK_FALSE(world.ask("a.test"));
  world.server->at_work(1);
  world.server->answer("a.test", at("192.0.2.1"));
  world.wait_told(2);
  const auto known = world.ask("a.test");
  REQUIRE(known);
  CHECK(known->resolution->addresses == std::vector<std::string>{"192.0.2.1"});
  CHECK(world.server->asked("a.test") == 1);
  CHECK(world.resolver.stats().found == 1);
}

TEST_CASE("Resolver: an answer that is no longer fresh is used while it is asked for anew") {
  World world;
  world.resolve("a.test", at("192.0.2.1"));
  world.pass(Resolver::kFresh);
  const auto old = world.ask("a.test");
  REQUIRE(old);
  CHECK(old->resolution->addresses.front() == "192.0.2.1");
  world.server->answer("a.test", at("192.0.2.2"));
  world.wait_settled(2);
  CHECK(world.ask("a.test")->resolution->addresses.front() == "192.0.2.2");
  CHECK(world.server->asked("a.test") == 2);
}

TEST_CASE("Resolver: an answer that is old is not used") {
  World world;
  world.resolve("a.test", at("192.0.2.1"));
  world.pass(Resolver::kStale);
  CHECK_FALSE(world.ask("a.test"));
}

TEST_CASE("Resolver: a failure is remembered for a little while, and then looked up again") {
  for (const Kind kind : {Kind::failed, Kind::silent, Kind::local}) {
    World world;
    world.resolve("a.test", {kind, {}, "why"});
    const auto known = world.ask("a.test");
    REQUIRE(known);
    CHECK(known->resolution->kind == kind);
    CHECK(known->resolution->message == "why");
    CHECK(known->retry_in > Millis{0});
    CHECK(known->retry_in <= Resolver::kFailed);
    world.pass(known->retry_in);
    CHECK_FALSE(world.ask("a.test"));
  }
}

TEST_CASE("Resolver: a name that exists no more is not known any more, one that nobody answers for is") {
  for (const auto& [kind, still] : {std::pair{Kind::silent, true}, {Kind::failed, false}}) {
    World world;
    world.resolve("a.test", at("192.0.2.1"));
    world.pass(Resolver::kFresh);
    world.resolve("a.test", {kind, {}, "why"});
    world.wait_settled(2);
    CHECK((world.ask("a.test")->resolution->kind == Kind::found) == still);
  }
}

TEST_CASE("Resolver: a look-up that hangs is not waited for, nor begun twice") {
  World world;
  CHECK_FALSE(world.ask("a.test"));
  world.server->at_work(1);
  world.pass(Resolver::kPatience);
  const auto known = world.ask("a.test");
  REQUIRE(known);
  CHECK(known->resolution->kind == Kind::silent);
  CHECK(known->retry_in > Millis{0});
  world.pass(std::chrono::hours{1});
  CHECK(world.ask("a.test")->resolution->kind == Kind::silent);
  CHECK(world.server->asked("a.test") == 1);
}

TEST_CASE("Resolver: so many are at work, whatever is asked") {
  World world(4);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(world.ask(std::to_string(i) + ".test", std::to_string(i % 4)));
  const auto first = world.server->at_work(4);
  CHECK(world.resolver.stats().at_work == 4);
  CHECK(world.resolver.stats().waiting == 96);
  for (const auto& host : first) world.server->answer(host, at("192.0.2.1"));
  world.wait_told(4);
  world.server->at_work(4);
  CHECK(world.server->most() == 4);
}

TEST_CASE("Resolver: names that hang take half of the threads from the second time on") {
  World world(4);
  for (int i = 0; i < 10; ++i) world.resolve(std::to_string(i) + ".test", {Kind::silent, {}, "no answer"});
  world.pass(Resolver::kFailed);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(world.ask(std::to_string(i) + ".test", std::to_string(i % 4)));
  world.server->at_work(2);
  world.resolve("new.test", at("192.0.2.1"));
  CHECK(world.ask("new.test")->resolution->kind == Kind::found);
}

TEST_CASE("Resolver: a tenant that goes on inventing silent names does not hold up the new names of others") {
  World world(8);
  const auto invented = [](int i) { return "a" + std::to_string(i) + ".silent.test"; };
  for (int i = 0; i < 1'000; ++i) {
    CHECK_FALSE(world.ask(invented(i), "inventor"));
    if (i < 6) continue;
    // As they end, others of its names take their threads.
    const auto hang = world.server->at_work(6);
    world.server->answer(*hang.begin(), {Kind::silent, {}, "no answer"});
    world.wait_settled(static_cast<std::uint64_t>(i - 5));
  }
  world.server->at_work(6);
  CHECK_FALSE(world.ask("b.test", "b"));  // at once: a quarter is kept
  CHECK(world.server->at_work(7).contains("b.test"));
  CHECK_FALSE(world.ask("c.test", "c"));
  CHECK(world.server->at_work(8).contains("c.test"));
  for (int i = 0; i < 100; ++i) CHECK_FALSE(world.ask("x" + invented(i), "inventor"));
  CHECK_FALSE(world.ask("d.test", "d"));  // after the next that ends
  for (const auto& host : world.server->at_work(8))
    if (host.ends_with("silent.test")) {
      world.server->answer(host, {Kind::silent, {}, "no answer"});
      break;
    }
  world.server->wait_asked("d.test");
  CHECK(world.server->most() == 8);
}

TEST_CASE("Resolver: nor do they hold up what was silent before and may be answered now") {
  World world(8);
  world.resolve("b.test", {Kind::silent, {}, "no answer"}, "b");
  world.pass(Resolver::kFailed);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(world.ask(std::to_string(i) + ".test", "inventor"));
  world.server->at_work(6);
  CHECK_FALSE(world.ask("b.test", "b"));
  CHECK(world.server->at_work(7).contains("b.test"));
}

TEST_CASE("Resolver: a name that several wait for has the first turn of any of them, once") {
  for (const std::string heavy : {"first", "second"}) {
    CAPTURE(heavy);
    World world(8);
    for (int i = 0; i < 100; ++i) CHECK_FALSE(world.ask(std::to_string(i) + ".test", heavy));
    world.server->at_work(6);
    CHECK_FALSE(world.ask("shared.test", "first"));
    CHECK_FALSE(world.ask("shared.test", "second"));
    CHECK(world.server->at_work(7).contains("shared.test"));
    world.server->answer("shared.test", at("192.0.2.1"));
    world.wait_told(2);
    CHECK(world.ask("shared.test", "second")->resolution->kind == Kind::found);
    CHECK(world.server->asked("shared.test") == 1);
    CHECK(world.resolver.stats().waiting == 94);
  }
}

TEST_CASE("Resolver: who asks for a name that waits for long already may wait for it as well") {
  World world(1);
  CHECK_FALSE(world.ask("a.test"));
  CHECK_FALSE(world.ask("shared.test"));
  world.pass(Resolver::kPatience);
  CHECK(world.ask("shared.test")->resolution->kind == Kind::silent);
  CHECK_FALSE(world.ask("shared.test", "other"));
}

TEST_CASE("Resolver: invented names push out no other tenant's, nor what it shares") {
  World world(4, 100);
  world.resolve("shared.test", at("192.0.2.2"), "inventor");
  CHECK(world.ask("shared.test", "b"));
  for (int i = 0; i < 20; ++i) world.resolve("b" + std::to_string(i) + ".test", at("192.0.2.1"), "b");
  for (int i = 0; i < 1'000; ++i) world.resolve(std::to_string(i) + ".test", {Kind::failed, {}, "none"}, "inventor");
  CHECK(world.ask("shared.test", "b"));
  for (int i = 0; i < 20; ++i) CHECK(world.ask("b" + std::to_string(i) + ".test", "b"));
  CHECK(world.server->asked("b0.test") == 1);
  CHECK(world.server->asked("shared.test") == 1);
  CHECK(world.ask("999.test", "inventor"));  // its own newest
}

TEST_CASE("Resolver: what finds no place is turned away as our own want: the newest of whoever has most") {
  World world(1, 10);
  CHECK_FALSE(world.ask("0.test", "inventor"));
  world.server->at_work(1);
  for (int i = 1; i < 11; ++i) CHECK_FALSE(world.ask(std::to_string(i) + ".test", "inventor"));
  const auto refused = world.ask("11.test", "inventor");
  REQUIRE(refused);
  CHECK(refused->resolution->kind == Kind::local);
  CHECK(refused->retry_in > Millis{0});
  CHECK_FALSE(world.ask("b.test", "b"));
  world.wait_told(1);
  CHECK(world.ask("10.test", "inventor")->resolution->kind == Kind::local);
  CHECK(world.resolver.stats().waiting == 10);
  for (const char* host : {"0.test", "1.test"}) world.server->answer(host, at("192.0.2.1"));
  world.server->wait_asked("b.test");
}

TEST_CASE("Resolver: it is the name's fault where others are answered meanwhile, else the name server's") {
  for (const std::string other : {"other.test", "localhost"}) {
    CAPTURE(other);
    World world;
    CHECK_FALSE(world.ask("a.test"));
    world.server->at_work(1);
    world.resolve(other, at("192.0.2.1"));
    world.server->answer("a.test", {Kind::silent, {}, "no answer"});
    world.wait_told(2);
    CHECK(world.ask("a.test")->resolution->kind == (other == "localhost" ? Kind::silent : Kind::failed));
  }
}

TEST_CASE("Resolver: a name that fails at once each time is the name's fault once another was answered in between") {
  World world;
  world.resolve("a.test", {Kind::silent, {}, "server failure"});
  CHECK(world.ask("a.test")->resolution->kind == Kind::silent);
  world.resolve("other.test", at("192.0.2.1"));
  world.pass(Resolver::kFailed);
  world.resolve("a.test", {Kind::silent, {}, "server failure"});
  CHECK(world.ask("a.test")->resolution->kind == Kind::failed);
}

TEST_CASE("Resolver: goes away while look-ups hang, and what they find then is nobody's") {
  auto server = std::make_shared<NameServer>();
  {
    Resolver resolver({2, [server](const std::string& host) { return server->look_up(host); }});
    CHECK_FALSE(resolver.ask("acme", "a.test", [] { FAIL("told"); }));
    server->at_work(1);
  }
  server->answer("a.test", at("192.0.2.1"));
  server->at_work(0);
}

TEST_CASE("Resolver: the system knows localhost, and no name that cannot be") {
  const Resolution found = look_up_by_system("localhost");
  REQUIRE(found.kind == Kind::found);
  for (const auto& address : found.addresses) CHECK((address == "127.0.0.1" || address == "::1"));
  CHECK(look_up_by_system("no-such-name.invalid").kind != Kind::found);
}
