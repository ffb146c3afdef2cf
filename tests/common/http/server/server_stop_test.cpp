// What new clients meet while a server leaves.

#include <mutex>

#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

// Holds exchanges until the test lets them be answered.
class Held {
 public:
  std::function<DirectHandler(Loop&)> handler() {
    return [this](Loop&) {
      return [this](const Request&, Exchange exchange) {
        const std::lock_guard lock(mutex_);
        exchanges_.push_back(std::move(exchange));
      };
    };
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return exchanges_.size();
  }
  void answer_all() {
    const std::lock_guard lock(mutex_);
    for (Exchange& exchange : exchanges_) {
      Loop& loop = exchange.loop();
      loop.post([held = std::make_shared<Exchange>(std::move(exchange))] { held->respond(text("late")); });
    }
    exchanges_.clear();
  }

 private:
  std::mutex mutex_;
  std::vector<Exchange> exchanges_;  // guarded by mutex_
};

}  // namespace

TEST_CASE("Server: while it answers what was begun, new clients are refused and do not wait") {
  for (const int loops : {1, 3}) {
    CAPTURE(loops);
    Held held;
    ServerOptions options;
    options.loops = loops;
    TestServer test(options);
    test.server.direct("GET", "/held", held.handler());
    test.start();
    std::vector<RawClient> busy;
    for (int i = 0; i < 6; ++i) {
      busy.push_back(test.client());
      busy.back().send(get("/held"));
    }
    REQUIRE(eventually([&] { return held.count() == 6; }));
    std::thread stopping([&] { test.server.stop(Millis(10'000)); });
    // The listener is closed at once: a connection is refused, not left in a queue that nobody empties.
    CHECK(eventually([&] { return !RawClient(test.server.port()).connected(); }));
    CHECK(held.count() == 6);
    held.answer_all();
    for (RawClient& client : busy) {
      CHECK(client.answer().body == "late");
      client.close();
    }
    stopping.join();
  }
}

TEST_CASE("Server: stopping twice, or before it has started, is nothing") {
  TestServer never;
  never.server.stop(Millis(10));
  TestServer test;
  test.start();
  test.server.stop(Millis(10));
  test.server.stop(Millis(10));
  CHECK_FALSE(test.client().connected());
}

TEST_CASE("Server: the port is free as soon as it has stopped") {
  for (int i = 0; i < 5; ++i) {
    ServerOptions options;
    options.loops = 2;
    TestServer first(options);
    first.start();
    options.listen = first.server.address();
    RawClient client = first.client();
    client.send(get("/hello"));
    CHECK(client.answer().status == 200);
    first.server.stop(Millis(1'000));
    TestServer second(options);
    second.start();
    RawClient other = second.client();
    other.send(get("/hello"));
    CHECK(other.answer().status == 200);
  }
}
