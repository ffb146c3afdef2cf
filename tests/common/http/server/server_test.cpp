#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

// Answers on its loop when another thread says so.
struct Later {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::pair<Loop*, std::shared_ptr<Exchange>>> held;

  DirectHandler handler(Loop& loop) {
    return [this, &loop](const Request&, Exchange exchange) {
      const std::lock_guard lock(mutex);
      held.emplace_back(&loop, std::make_shared<Exchange>(std::move(exchange)));
      changed.notify_all();
    };
  }
  bool wait_for(std::size_t n) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return held.size() >= n; });
  }
  void answer_all() {
    const std::lock_guard lock(mutex);
    for (auto& [loop, exchange] : held) loop->post([exchange = exchange] { exchange->respond(text("later")); });
    held.clear();
  }
};

}  // namespace

TEST_CASE("Server: a direct handler may answer later, from another thread by post") {
  Later later;
  ServerOptions options;
  options.loops = 2;
  TestServer test(options);
  test.server.direct("GET", "/later", [&](Loop& loop) { return later.handler(loop); });
  test.start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(test.client());
    clients.back().send(get("/later") + get("/hello"));  // the second waits for the first
  }
  REQUIRE(later.wait_for(8));
  std::thread([&] { later.answer_all(); }).join();
  for (RawClient& client : clients) {
    CHECK(client.answer().body == "later");
    CHECK(client.answer().body == "hello");
  }
}

TEST_CASE("Server: wakers run what is theirs on the loop, merged") {
  std::function<void()> wake;
  std::mutex mutex;
  std::atomic<int> runs{0};
  std::vector<Exchange> waiting;  // the loop's
  std::atomic<int> held{0};
  TestServer test;
  test.server.direct("GET", "/later", [&](Loop& loop) {
    const std::lock_guard lock(mutex);
    wake = loop.waker([&] {
      ++runs;
      for (Exchange& exchange : waiting) exchange.respond(text("woken"));
      waiting.clear();
    });
    return [&](const Request&, Exchange exchange) {
      waiting.push_back(std::move(exchange));
      ++held;
    };
  });
  test.start();
  for (int round = 1; round <= 20; ++round) {
    RawClient client = test.client();
    client.send(get("/later"));
    REQUIRE(eventually([&] { return held == round; }));
    std::thread([&] {
      for (int i = 0; i < 100; ++i) wake();
    }).join();
    REQUIRE(client.answer().body == "woken");
  }
  CHECK(runs >= 20);
  test.server.stop(Millis(1'000));
  wake();  // when the loop is gone it does nothing
}

TEST_CASE("Server: hooks run at the end of each round, and timers when they are due") {
  TestServer test;
  test.server.direct("GET", "/round", [](Loop& loop) {
    auto batch = std::make_shared<std::vector<Exchange>>();
    loop.at_round_end([batch] {
      for (Exchange& exchange : *batch) exchange.respond(text("flushed"));
      batch->clear();
    });
    return [batch](const Request&, Exchange exchange) { batch->push_back(std::move(exchange)); };
  });
  test.server.direct("GET", "/timer", [](Loop& loop) {
    return [&loop](const Request&, Exchange exchange) {
      auto held = std::make_shared<Exchange>(std::move(exchange));
      const Loop::TimerId never = loop.after(Millis(1), [held] { held->respond(text("cancelled")); });
      loop.cancel(never);
      const Loop::TimerId second = loop.after(Millis(20), [held] { held->respond(text("second")); });
      CHECK(second != never);
      loop.after(Millis(5), [held] { held->respond(text("first")); });
    };
  });
  test.start();
  RawClient client = test.client();
  client.send(get("/round") + get("/round"));
  CHECK(client.answer().body == "flushed");
  CHECK(client.answer().body == "flushed");
  client.send(get("/timer"));
  CHECK(client.answer().body == "first");
  client.send(get("/hello"));
  CHECK(client.answer().body == "hello");
}

TEST_CASE("Server: an exchange that is let go answers 500, also on another thread or by an exception") {
  Later later;
  TestServer test;
  test.server.direct("GET", "/dropped", [](Loop&) { return [](const Request&, Exchange) {}; });
  test.server.direct("GET", "/thrown",
                     [](Loop&) { return [](const Request&, Exchange) { throw std::runtime_error("secret"); }; });
  test.server.direct("GET", "/elsewhere", [&](Loop& loop) { return later.handler(loop); });
  test.start();
  RawClient client = test.client();
  for (const char* path : {"/dropped", "/thrown"}) {
    client.send(get(path));
    const Answer answer = client.answer();
    CHECK(answer.status == 500);
    CHECK(answer.body.find("secret") == std::string::npos);
  }
  client.send(get("/elsewhere"));
  REQUIRE(later.wait_for(1));
  later.held.clear();
  CHECK(client.answer().status == 500);
}

TEST_CASE("Server: an answer to a client that has gone is dropped") {
  Later later;
  TestServer test;
  test.server.direct("GET", "/later", [&](Loop& loop) { return later.handler(loop); });
  test.start();
  RawClient gone = test.client();
  gone.send(get("/later"));
  REQUIRE(later.wait_for(1));
  gone.reset();
  REQUIRE(eventually([&] { return test.server.stats().open_connections == 0; }));
  RawClient next = test.client();  // takes the same place
  next.send(get("/hello"));
  CHECK(next.answer().body == "hello");
  later.answer_all();
  next.send(get("/hello"));
  CHECK(next.answer().body == "hello");
}

TEST_CASE("Server: pooled routes get path, headers, query and body") {
  TestServer test;
  test.server.pooled("POST", "/things/{id}", [](const Request& request) {
    Response response =
        text(*path_parameter("/things/{id}", request.path, "id") + "|" + std::string(request.query) + "|" +
             std::string(request.header("x-a")) + "|" + std::string(request.body) + "|" + std::string(request.peer));
    response.status = 201;
    response.headers.emplace_back("ETag", "\"1\"");
    return response;
  });
  test.server.pooled("GET", "/things/{id}", [](const Request&) { return text("one"); });
  test.server.pooled("GET", "/things/all", [](const Request&) { return text("all"); });
  test.server.pooled("DELETE", "/things/{id}", [](const Request&) {
    Response response;
    response.status = 204;
    return response;
  });
  test.start();
  RawClient client = test.client();
  client.send("POST /things/a%2Fb?q=1 HTTP/1.1\r\nHost: a\r\nX-A: v\r\nContent-Length: 4\r\n\r\nbody");
  const Answer answer = client.answer();
  CHECK(answer.status == 201);
  CHECK(answer.body == "a/b|q=1|v|body|127.0.0.1");
  CHECK(answer.has("ETag: \"1\"\r\n"));
  CHECK(answer.has("Content-Type: text/plain\r\n"));
  CHECK_FALSE(answer.has("Keep-Alive"));
  CHECK_FALSE(answer.has("Connection: close"));
  client.send(get("/things/all"));
  CHECK(client.answer().body == "all");
  client.send(get("/things/x"));
  CHECK(client.answer().body == "one");
  client.send("HEAD /things/x HTTP/1.1\r\nHost: a\r\n\r\n");
  const Answer head = client.answer(true);
  CHECK(head.status == 200);
  CHECK(head.has("Content-Length: 3\r\n"));
  client.send("DELETE /things/x HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.answer().status == 204);
}

TEST_CASE("Server: pooled routes take long lines, any header and any content type") {
  TestServer test;
  test.server.pooled("POST", "/size", [](const Request& request) {
    return text(std::to_string(request.body.size()) + " " + std::to_string(request.header("x-long").size()));
  });
  test.start();
  RawClient client = test.client();
  const std::string body(100'000, 'a');
  client.send("POST /size?" + std::string(9'000, 'q') + " HTTP/1.1\r\nHost: a\r\nX-Long: " + std::string(10'000, 'x') +
              "\r\nContent-Type: application/x-www-form-urlencoded\r\nRange: bytes=0-1\r\nContent-Encoding: gzip\r\n"
              "Content-Length: 100000\r\n\r\n" +
              body);
  const Answer answer = client.answer();
  CHECK(answer.status == 200);
  CHECK(answer.body == "100000 10000");
}

TEST_CASE("Server: a pooled handler that throws answers 500 without its text") {
  TestServer test;
  test.server.pooled("GET", "/throws", [](const Request&) -> Response { throw std::runtime_error("secret"); });
  test.server.pooled("GET", "/odd", [](const Request&) -> Response { throw 7; });
  test.start();
  RawClient client = test.client();
  for (const char* path : {"/throws", "/odd"}) {
    client.send(get(path));
    const Answer answer = client.answer();
    CHECK(answer.status == 500);
    CHECK(answer.has("application/problem+json"));
    CHECK_FALSE(answer.has("EXCEPTION"));
    CHECK((answer.head + answer.body).find("secret") == std::string::npos);
  }
}

TEST_CASE("Server: a pooled route's entry is asked on the loop, and answers in the workers' stead") {
  std::atomic<int> entered{0}, served{0};
  std::thread::id loop_thread, asked_on;
  TestServer test;
  test.server.direct("GET", "/thread", [&](Loop&) {
    loop_thread = std::this_thread::get_id();
    return [](const Request&, Exchange exchange) { exchange.respond(text("")); };
  });
  PooledRoute route;
  route.handler = [&](const Request&) {
    ++served;
    return text("served");
  };
  route.enter = [&](const Request& request) {
    ++entered;
    asked_on = std::this_thread::get_id();
    Entrance entry;
    if (request.header("x-who").empty()) entry.answer = text("who?", 401);
    entry.share = request.header("x-who");
    return entry;
  };
  test.server.pooled("POST", "/door", std::move(route));
  test.start();
  RawClient client = test.client();
  client.send("POST /door HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.answer().status == 401);
  CHECK(served == 0);
  client.send("POST /door HTTP/1.1\r\nHost: a\r\nX-Who: acme\r\n\r\n");
  CHECK(client.answer().body == "served");
  CHECK(entered == 2);
  CHECK(asked_on == loop_thread);
}

TEST_CASE("Server: when the workers' queue is full it answers 503") {
  std::mutex mutex;
  std::condition_variable changed;
  bool go = false;
  std::atomic<int> running{0};
  ServerOptions options;
  options.workers = 1;
  options.worker_queue = 1;
  TestServer test(options);
  test.server.pooled("GET", "/slow", [&](const Request&) {
    std::unique_lock lock(mutex);
    ++running;
    changed.wait_for(lock, std::chrono::seconds(10), [&] { return go; });
    return text("done");
  });
  test.start();
  RawClient first = test.client(), second = test.client(), third = test.client();
  first.send(get("/slow"));
  REQUIRE(eventually([&] { return running == 1; }));
  second.send(get("/slow"));
  REQUIRE(eventually([&] { return test.server.stats().requests == 2; }));
  third.send(get("/slow"));
  const Answer busy = third.answer();
  CHECK(busy.status == 503);
  CHECK(busy.has("Retry-After: 1"));
  {
    const std::lock_guard lock(mutex);
    go = true;
  }
  changed.notify_all();
  CHECK(first.answer().body == "done");
  CHECK(second.answer().body == "done");
}

TEST_CASE("Server: 404 and 405 come from its own table, and HEAD from GET") {
  TestServer test;
  test.start();
  RawClient client = test.client();
  client.send(get("/nothing"));
  CHECK(client.answer().status == 404);
  client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  const Answer wrong = client.answer();
  CHECK(wrong.status == 405);
  CHECK(wrong.has("Allow: POST\r\n"));
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
  const Answer head = client.answer(true);
  CHECK(head.has("Content-Length: 5\r\n"));
  CHECK(client.answer().body == "hello");
}

TEST_CASE("Server: tells its observer of every request that ended") {
  std::mutex mutex;
  std::vector<std::pair<std::string, int>> seen;
  TestServer test;
  test.server.on_finished([&](std::string_view route, int status, std::chrono::microseconds) {
    const std::lock_guard lock(mutex);
    seen.emplace_back(route, status);
  });
  test.start();
  RawClient client = test.client();
  client.send(get("/hello") + get("/nothing") + "GET / HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 3; ++i) client.answer();
  const std::lock_guard lock(mutex);
  CHECK(seen == std::vector<std::pair<std::string, int>>{{"/hello", 200}, {"", 404}, {"", 400}});
}

TEST_CASE("Server: stop answers what was begun, and closes the idle") {
  Later later;
  TestServer test;
  test.server.direct("GET", "/later", [&](Loop& loop) { return later.handler(loop); });
  test.start();
  RawClient idle = test.client();
  idle.send(get("/hello"));
  CHECK(idle.answer().status == 200);
  RawClient busy = test.client();
  busy.send(get("/later"));
  REQUIRE(later.wait_for(1));
  std::thread stopping([&] { test.server.stop(Millis(10'000)); });
  CHECK(idle.closed());
  later.answer_all();
  const Answer answer = busy.answer();
  CHECK(answer.body == "later");
  CHECK(answer.has("Connection: close"));
  busy.close();
  stopping.join();
  CHECK_FALSE(RawClient(test.server.port()).connected());
}

TEST_CASE("Server: stop ends at its limit, and a late answer is nothing") {
  Later later;
  TestServer test;
  test.server.direct("GET", "/later", [&](Loop& loop) { return later.handler(loop); });
  test.start();
  RawClient client = test.client();
  client.send(get("/later"));
  REQUIRE(later.wait_for(1));
  test.server.stop(Millis(50));
  CHECK(client.closed());
  later.held.clear();
}

TEST_CASE("Server: exchanges held by work that never runs are let go with the server") {
  Later later;
  TestServer test;
  test.server.direct("GET", "/later", [&](Loop& loop) { return later.handler(loop); });
  test.server.direct("GET", "/timer", [](Loop& loop) {
    auto kept = std::make_shared<std::vector<Exchange>>();
    loop.at_round_end([kept] {});
    return [&loop, kept](const Request&, Exchange exchange) {
      loop.after(Millis(60'000), [held = std::make_shared<Exchange>(std::move(exchange))] {});
    };
  });
  test.start();
  RawClient first = test.client(), second = test.client();
  first.send(get("/later"));
  second.send(get("/timer"));
  REQUIRE(later.wait_for(1));
  REQUIRE(eventually([&] { return test.server.stats().requests == 2; }));
  test.server.stop(Millis(0));
  later.answer_all();  // posted to a loop that has ended
}

TEST_CASE("Server: a port in use is a conflict that says what to change") {
  TestServer first;
  first.start();
  ServerOptions options;
  options.listen = first.server.address();
  TestServer second(options);
  const auto started = second.server.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().code == Code::conflict);
  CHECK(started.error().message ==
        "gateway: " + first.server.address() + " is in use (by another process); choose another with gateway.listen");
}

TEST_CASE("Server: the same port can be bound at once after connections were left") {
  auto first = std::make_unique<TestServer>();
  first->start();
  RawClient client = first->client();
  client.send(get("/hello"));
  CHECK(client.answer().status == 200);
  ServerOptions options;
  options.listen = first->server.address();
  first.reset();
  TestServer second(options);
  second.start();
  RawClient again = second.client();
  again.send(get("/hello"));
  CHECK(again.answer().status == 200);
}

TEST_CASE("Server: an address that is none is invalid") {
  for (const char* listen :
       {"", "9600", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "::1:9600", "127.0.0.1:1 ", ":80"}) {
    CAPTURE(listen);
    ServerOptions options;
    options.listen = listen;
    Server server(options);
    const auto started = server.start();
    REQUIRE_FALSE(started);
    CHECK(started.error().code == Code::invalid);
  }
}

TEST_CASE("Server: listens on IPv6") {
  ServerOptions options;
  options.listen = "[::1]:0";
  TestServer test(options);
  const auto started = test.server.start();
  if (!started && started.error().message.find("Cannot assign") != std::string::npos) return;  // a host without IPv6
  REQUIRE(started);
  CHECK(test.server.address() == "[::1]:" + std::to_string(test.server.port()));
}
