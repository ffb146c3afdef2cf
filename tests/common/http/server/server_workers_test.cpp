// Who gets a worker, and who waits for one.
#include <condition_variable>
#include <map>
#include <mutex>

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

}  // namespace

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
