// The watchers of one loop, on a loop that the test turns round by round.
#include "gateway/stream/watchers.hpp"

#include <doctest/doctest.h>

#include <map>

#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

using namespace certes;
using namespace certes::gateway::stream;

namespace {

// What a socket would take: `room` bytes, and what was written beyond stays.
struct Body final : http::StreamBody {
  void write(std::string_view bytes) override {
    waiting.append(bytes);
    written += bytes.size();
  }
  std::size_t buffered() const override { return waiting.size(); }
  void end() override { ended = true; }
  std::string waiting, taken;
  std::size_t written = 0;
  bool reads = true, ended = false;
};

class TurnedLoop final : public http::Loop {
 public:
  int index() const override { return 0; }
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
  }
  std::function<void()> waker(std::function<void()>) override {
    return [] {};
  }
  void at_round_end(std::function<void()> work) override { hooks_.push_back(std::move(work)); }
  TimerId after(Millis, std::function<void()>) override {
    again_ = true;
    return 0;
  }
  void cancel(TimerId) override {}
  SteadyTime now() const override { return {}; }

  bool has_work() {
    const std::lock_guard lock(mutex_);
    return !posted_.empty() || again_;
  }
  // One round: what was posted, what was drained, the hooks, and then the sockets. The bytes written in it.
  std::size_t turn() {
    std::vector<std::function<void()>> work;
    {
      const std::lock_guard lock(mutex_);
      work.swap(posted_);
    }
    again_ = false;
    for (const auto& one : work) one();
    for (Body* body : std::exchange(drained_, {}))
      if (body->on_drained) body->on_drained();
    const std::size_t before = total_written();
    for (const auto& hook : hooks_) hook();
    for (auto& [id, body] : bodies) {
      if (!body.reads || body.waiting.empty()) continue;
      body.taken += std::exchange(body.waiting, {});
      drained_.push_back(&body);
    }
    return total_written() - before;
  }
  std::size_t total_written() const {
    std::size_t total = 0;
    for (const auto& [id, body] : bodies) total += body.written;
    return total;
  }
  std::map<std::uint64_t, Body> bodies;

 protected:
  void respond(std::uint64_t, http::Response&&) override {}
  void begin_stream(std::uint64_t connection, http::Response&&) override { bodies[connection]; }
  http::StreamBody* streaming(std::uint64_t connection) override {
    const auto found = bodies.find(connection);
    return found == bodies.end() || found->second.ended ? nullptr : &found->second;
  }

 private:
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  std::vector<std::function<void()>> hooks_;
  std::vector<Body*> drained_;
  bool again_ = false;
};

struct Watched {
  explicit Watched(std::size_t buffer_bytes = 256u << 10) : crowd(metrics, 10'000, buffer_bytes, 64u << 20) {
    REQUIRE(log->prepare());
  }
  ~Watched() { tail.reset(); }
  void watch(std::uint64_t connections) {
    for (std::uint64_t i = 0; i < connections; ++i)
      watchers.begin(http::Exchange(loop, ++last), "default", *make_interest("default", "log", ""), {},
                     [] { return true; });
    REQUIRE(fakes::eventually([&] {
      loop.turn();
      return loop.bodies.size() == last;
    }));
    while (loop.has_work()) loop.turn();
  }
  // As the tail does.
  void hand(std::size_t bytes) {
    const Text text = crowd.unread->share("default", std::string(bytes, 'x'));
    std::vector<Chunk> chunks;
    for (WatcherId id = 1; id <= last; ++id) chunks.push_back({id, Chunk::What::shown, nullptr, text});
    watchers.behind.fetch_add(1);
    watchers.hand(std::move(chunks));
  }

  metrics::Metrics metrics;
  std::unique_ptr<log::Log> log = log::memory::make(log::memory::make_cluster({}));
  TurnedLoop loop;
  Crowd crowd;
  std::unique_ptr<Tail> tail = std::make_unique<Tail>(*log, *crowd.unread, Tail::Options{});
  Watchers watchers{loop, *tail, crowd};
  std::uint64_t last = 0;
};

}  // namespace

TEST_CASE("Watchers: a large event for many is written a little in each round of the loop, and all who read have it") {
  Watched on;
  on.watch(400);
  const std::size_t before = on.loop.total_written();
  on.hand(900'000);
  std::size_t rounds = 0;
  for (; on.watchers.behind > 0 && rounds < 100'000; ++rounds)
    REQUIRE(on.loop.turn() <= Watchers::kSlice * Watchers::kSlicesOfRound);
  const std::size_t written = on.loop.total_written() - before;
  CHECK(written >= 400u * 900'000u);
  CHECK(written < 400u * 901'000u);  // where it took long, lines that keep the connections open
  CHECK(rounds > 100);
  for (const auto& [id, body] : on.loop.bodies) CHECK_FALSE(body.ended);
  CHECK(on.crowd.unread->held() < 400u * 200u);
}

TEST_CASE("Watchers: those that do not read hold one text together, and a slice each") {
  Watched on;
  on.watch(300);
  for (auto& [id, body] : on.loop.bodies) body.reads = false;
  on.hand(900'000);
  while (on.watchers.behind > 0) on.loop.turn();
  CHECK(on.loop.total_written() <= 300 * (Watchers::kSlice + 100));
  CHECK(on.crowd.unread->held() < 900'000 + 300 * (Watchers::kSlice + 300));
  on.hand(10);
  while (on.watchers.behind > 0) on.loop.turn();
  CHECK(on.crowd.unread->held() < 900'000 + 300 * (Watchers::kSlice + 1'000));
  for (auto& [id, body] : on.loop.bodies) body.reads = true;
  for (int i = 0; i < 1'000; ++i) on.loop.turn();
  for (const auto& [id, body] : on.loop.bodies) CHECK(body.ended);  // too much waited for each
  CHECK(on.loop.bodies.at(300).taken.ends_with("read faster\"}\n\n"));
  CHECK(on.crowd.unread->held() == 0);
}

TEST_CASE("Watchers: the tail does not wait for one that does not read, which goes on when it does") {
  Watched on;
  on.watch(2);
  Body& slow = on.loop.bodies.at(1);
  slow.reads = false;
  on.hand(100'000);
  while (on.watchers.behind > 0) on.loop.turn();
  CHECK(on.loop.bodies.at(2).taken.size() > 100'000);
  CHECK(slow.written <= Watchers::kSlice + 100);
  on.hand(50'000);
  while (on.watchers.behind > 0) on.loop.turn();
  slow.reads = true;
  for (int i = 0; i < 100; ++i) on.loop.turn();
  CHECK(slow.taken == on.loop.bodies.at(2).taken);
  CHECK_FALSE(slow.ended);
}

TEST_CASE("Watchers: who is to make room for the others lets go of all at once") {
  Watched on;
  on.watch(1);
  on.loop.bodies.at(1).reads = false;
  on.hand(900'000);
  while (on.watchers.behind > 0) on.loop.turn();
  SUBCASE("in the middle of an event") {}
  SUBCASE("and on its way out") {
    on.hand(10);
    while (on.watchers.behind > 0) on.loop.turn();
  }
  on.watchers.behind.fetch_add(1);
  on.watchers.hand({{1, Chunk::What::crowded, nullptr, nullptr}});
  while (on.watchers.behind > 0) on.loop.turn();
  CHECK(on.loop.bodies.at(1).ended);
  CHECK(on.crowd.unread->held() == 0);
}

TEST_CASE("Watchers: who is to make room for the others is told, and gone") {
  Watched on;
  on.watch(2);
  on.watchers.behind.fetch_add(1);
  on.watchers.hand({{1, Chunk::What::crowded, nullptr, nullptr}});
  while (on.watchers.behind > 0) on.loop.turn();
  on.loop.turn();
  CHECK(on.loop.bodies.at(1).ended);
  CHECK(on.loop.bodies.at(1).taken.ends_with("most for you\"}\n\n"));
  CHECK_FALSE(on.loop.bodies.at(2).ended);
}
