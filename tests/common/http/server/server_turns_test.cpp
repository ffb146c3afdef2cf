// Whoever sends much has turns, as everybody has; and what was answered is held no longer.

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

// Of the loop's time, as a signature that does not verify does.
void spend(std::chrono::microseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

std::string times(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

// Reads at least that much, and keeps nothing of it.
void read_away(const RawClient& client, std::size_t bytes) {
  std::vector<char> some(64u << 10);
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t n = ::recv(client.fd(), some.data(), some.size(), 0);
    REQUIRE(n > 0);
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace

TEST_CASE("Server: one request waits for a few of those that send many at once, however many they are") {
  constexpr int kClients = 64, kEach = 500, kAsked = 21;
  ServerOptions options;
  options.loops = 1;
  TestServer test(options);
  std::atomic<int> taken{0};
  test.server.direct("POST", "/dear", [&](Loop&) {
    return [&](const Request&, Exchange exchange) {
      spend(std::chrono::microseconds(100));
      ++taken;
      exchange.respond(text("no", 401));
    };
  });
  test.server.direct("GET", "/cheap",
                     [&](Loop&) { return [&](const Request&, Exchange exchange) { exchange.respond(text("yes")); }; });
  test.start();
  std::vector<RawClient> many;
  for (int i = 0; i < kClients; ++i) {
    many.push_back(test.client());
    REQUIRE(many.back().send(times(post("/dear", "x"), kEach)));
  }
  RawClient one = test.client();
  std::vector<int> waited;
  for (int i = 0; i < kAsked; ++i) {
    const int before = taken;
    REQUIRE(one.send(get("/cheap")));
    REQUIRE(one.answer().status == 200);
    waited.push_back(taken - before);
  }
  REQUIRE(taken < kClients * kEach);  // they had enough to go on with
  std::ranges::sort(waited);
  // Two rounds of two milliseconds, and some that have just come. A turn of each would be 160.
  CHECK(waited[kAsked / 2] <= 80);
}

TEST_CASE("Server: a connection that is kept holds nothing of a large answer that was taken") {
  constexpr int kConnections = 60;
  constexpr std::size_t kAnswer = 1'000'000;
  TestServer test;
  test.server.direct("GET", "/large", [&](Loop&) {
    return [&](const Request&, Exchange exchange) { exchange.respond(text(std::string(kAnswer, 'x'))); };
  });
  test.start();
  std::vector<RawClient> kept;
  const auto take = [&] {
    kept.push_back(test.client());
    REQUIRE(kept.back().send(get("/large")));
    read_away(kept.back(), kAnswer);
  };
  take();
  const auto before = ::mallinfo2();
  for (int i = 0; i < kConnections; ++i) take();
  const auto after = ::mallinfo2();
  const auto in_use = [](const struct mallinfo2& heap) { return heap.uordblks + heap.hblkhd; };
  CHECK(in_use(after) < in_use(before) + 10 * kAnswer);
}
