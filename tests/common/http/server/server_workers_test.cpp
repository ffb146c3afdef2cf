// Who gets a worker, and who waits for one.
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>

#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

// Routes that wait until they are let go, /short and /long, whose share is what the query says.
class Gated {
 public:
  explicit Gated(ServerOptions options) : test(std::move(options)) {
    for (const bool lengthy : {false, true}) {
      http::PooledRoute route{[this](const Request& request) { return serve(request); }, lengthy};
      route.enter = [](const Request& request) { return http::Entrance{std::nullopt, std::string(request.query)}; };
      test.server.pooled("GET", lengthy ? "/long" : "/short", std::move(route));
    }
    test.start();
  }
  ~Gated() {
    open();
    test.server.stop(Millis{10'000});  // its workers use what dies before it
  }

  // A request of the tenant's that holds a worker, or waits for one.
  RawClient& hold(const std::string& target) {
    clients_.push_back(std::make_unique<RawClient>(test.client()));
    clients_.back()->send(get(target));
    const auto sent = clients_.size();
    REQUIRE(eventually([&] { return test.server.stats().requests == sent; }));
    return *clients_.back();
  }
  std::size_t at_work(const std::string& tenant) {
    const std::lock_guard lock(mutex_);
    return at_work_[tenant];
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  TestServer test;

 private:
  http::Response serve(const Request& request) {
    std::unique_lock lock(mutex_);
    ++at_work_[std::string(request.query)];
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return open_; });
    return text("done");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  std::map<std::string, std::size_t> at_work_;
  std::vector<std::unique_ptr<RawClient>> clients_;
};

// Steps of which each says its name and waits until the test lets it go.
class Hops {
 public:
  explicit Hops(int workers) : test(options(workers)) {
    PooledRoute route{[this](const Request& request) -> PooledAnswer {
                        return std::make_unique<Hop>(*this, std::string(request.query));
                      },
                      true};
    route.enter = [](const Request& request) { return Entrance{std::nullopt, std::string(request.query)}; };
    test.server.pooled("GET", "/hops", std::move(route));
    test.start();
  }
  ~Hops() {
    let_go(1'000);
    test.server.stop(Millis{10'000});
  }
  // What was sent before is in the queue once a later request is answered: the loop takes them in order.
  void settle(std::size_t requests) {
    REQUIRE(eventually([&] { return test.server.stats().requests == requests; }));
    RawClient later = test.client();
    later.send(get("/nothing"));
    CHECK(later.answer().status == 404);
  }
  // Who has begun a step, in order, once there are so many.
  std::vector<std::string> begun(std::size_t steps) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return begun_.size() >= steps; }));
    return begun_;
  }
  void let_go(int steps) {
    const std::lock_guard lock(mutex_);
    may_end_ += steps;
    changed_.notify_all();
  }
  TestServer test;

 private:
  static ServerOptions options(int workers) {
    ServerOptions options;
    options.lengthy_workers = workers;
    options.worker_queue = 4;
    return options;
  }
  void pass(const std::string& who) {
    std::unique_lock lock(mutex_);
    begun_.push_back(who);
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return may_end_ > 0; });
    --may_end_;
  }
  struct Hop final : Steps {
    Hop(Hops& given, std::string given_who) : hops(given), who(std::move(given_who)) {}
    std::optional<Response> step() override {
      hops.pass(who);
      if (who == "broken" && left == 2) throw std::runtime_error("secret");
      return --left > 0 ? std::nullopt : std::optional(text("done"));
    }
    std::size_t held() const override { return who == "fat" ? 1u << 30 : 0; }
    Hops& hops;
    const std::string who;
    int left = 3;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  int may_end_ = 0;
  std::vector<std::string> begun_;
};

using Order = std::vector<std::string>;

}  // namespace

TEST_CASE("Server: between the steps of one's lengthy request another has a turn") {
  Hops hops(1);
  RawClient a = hops.test.client(), b = hops.test.client();
  a.send(get("/hops?a"));
  CHECK(hops.begun(1) == Order{"a"});
  b.send(get("/hops?b"));
  hops.settle(2);
  hops.let_go(6);
  CHECK(a.answer().body == "done");
  CHECK(b.answer().body == "done");
  CHECK(hops.begun(6) == Order{"a", "b", "a", "b", "a", "b"});
}

TEST_CASE("Server: a step that throws ends its request; who holds too much keeps its worker") {
  Hops hops(1);
  RawClient broken = hops.test.client(), fat = hops.test.client();
  fat.send(get("/hops?fat"));
  CHECK(hops.begun(1) == Order{"fat"});
  broken.send(get("/hops?broken"));
  hops.settle(2);
  hops.let_go(5);
  CHECK(fat.answer().body == "done");
  const Answer answer = broken.answer();
  CHECK(answer.status == 500);
  CHECK(answer.body.find("secret") == std::string::npos);
  CHECK(hops.begun(5) == Order{"fat", "fat", "fat", "broken", "broken"});
}

TEST_CASE("Server: one who floods leaves workers for another, and places in the queue") {
  ServerOptions options;
  options.workers = 4;
  options.worker_queue = 8;
  Gated gated(options);
  for (int i = 0; i < 3; ++i) gated.hold("/short?flood");
  REQUIRE(eventually([&] { return gated.at_work("flood") == 3; }));
  RawClient* newest = nullptr;
  for (int i = 0; i < 8; ++i) newest = &gated.hold("/short?flood");
  CHECK(gated.hold("/short?flood").answer().status == 503);
  gated.hold("/short?other");
  CHECK(newest->answer().status == 503);
  CHECK(eventually([&] { return gated.at_work("other") == 1; }));
  CHECK(gated.at_work("flood") == 3);
}

TEST_CASE("Server: what is lengthy does not hold up short requests") {
  ServerOptions options;
  options.workers = 1;
  options.lengthy_workers = 2;
  options.worker_queue = 2;
  Gated gated(options);
  for (int i = 0; i < 3; ++i) gated.hold("/long?a");
  REQUIRE(eventually([&] { return gated.at_work("a") == 1; }));
  gated.hold("/short?b");
  CHECK(eventually([&] { return gated.at_work("b") == 1; }));
}
