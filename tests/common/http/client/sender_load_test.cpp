// The sender under load, against a server of ours.

#include <sys/resource.h>
#include <atomic>

#include "tests/common/http/client/sender_fixture.hpp"
#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

// Holds back its answers until so many requests are there at once.
struct Crowd {
  explicit Crowd(std::size_t size) : wanted(size) {}
  DirectHandler handler() {
    return [this](const Request&, Exchange exchange) {
      held.push_back(std::move(exchange));
      most = std::max(most.load(), held.size());
      if (held.size() < wanted) return;
      for (Exchange& one : held) one.respond(text("all here"));
      held.clear();
    };
  }
  const std::size_t wanted;
  std::vector<Exchange> held;  // the loop's
  std::atomic<std::size_t> most{0};
};

}  // namespace

TEST_CASE("Sender: 4,096 transfers are in flight at once") {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t count = limit.rlim_max >= 9'000 ? 4'096 : 400;
  Crowd crowd(count);
  TestServer server;
  server.server.direct("POST", "/crowd", [&](Loop&) { return crowd.handler(); });
  server.start();
  TestSender test;
  const std::string url = "http://" + server.server.address() + "/crowd";
  for (std::size_t i = 0; i < count; ++i) test.submit(i, url, "hello", Millis(60'000));
  CHECK(test.sender.in_flight() == count);
  const auto results = test.wait(count);
  for (const auto& [id, result] : results) REQUIRE(result.status == 200);
  CHECK(crowd.most == count);
  CHECK(server.server.stats().accepted == count);
}

TEST_CASE("Sender: many transfers on few connections, from several threads, each answered once") {
  TestServer server;
  server.start();
  SenderOptions options;
  options.threads = 2;
  options.max_in_flight = 16;
  TestSender test(options);
  const std::string url = "http://" + server.server.address() + "/echo";
  for (std::uint64_t id = 0; id < 20'000; ++id) test.submit(id, url, std::to_string(id));
  const auto results = test.wait(20'000);
  CHECK(results.size() == 20'000);
  for (const auto& [id, result] : results) REQUIRE(result.body == std::to_string(id));
  CHECK(server.server.stats().accepted <= 32);
  CHECK(test.sender.in_flight() == 0);
}
