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
  explicit World(std::size_t max_at_work = 4)
      : resolver({max_at_work, [server = server](const std::string& host) { return server->look_up(host); },
                  [time = time] { return time->load(); }}) {}
  ~World() { server->go(); }

  std::optional<Resolver::Known> ask(const std::string& host) {
    return resolver.ask(host, [told = told] {
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
  void resolve(const std::string& host, Resolution resolution) {
    int before = 0;
    {
      const std::lock_guard lock(told->mutex);
      before = told->times;
    }
    server->answer(host, std::move(resolution));
    if (!ask(host)) wait_told(before + 1);
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
  for (int i = 0; i < 100; ++i) CHECK_FALSE(world.ask(std::to_string(i) + ".test"));
  const auto first = world.server->at_work(4);
  CHECK(world.resolver.stats().at_work == 4);
  CHECK(world.resolver.stats().waiting == 96);
  for (const auto& host : first) world.server->answer(host, at("192.0.2.1"));
  world.wait_told(4);
  world.server->at_work(4);
  CHECK(world.server->most() == 4);
}

TEST_CASE("Resolver: names that hang take all threads once, and half of them from then on") {
  World world(4);
  for (int i = 0; i < 10; ++i) world.resolve(std::to_string(i) + ".test", {Kind::silent, {}, "no answer"});
  world.pass(Resolver::kFailed);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(world.ask(std::to_string(i) + ".test"));
  world.server->at_work(2);
  world.resolve("new.test", at("192.0.2.1"));
  CHECK(world.ask("new.test")->resolution->kind == Kind::found);
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
    CHECK_FALSE(resolver.ask("a.test", [] { FAIL("told"); }));
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
