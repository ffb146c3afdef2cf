#include "api/turns.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "tests/fakes/http_eventually.hpp"

using namespace certes;
using certes::api::Turns;

TEST_CASE("Turns: one at a time, and tenant by tenant where several wait") {
  Turns turns;
  std::mutex mutex;
  std::string order;
  std::vector<std::thread> threads;
  const auto wait_as = [&](const std::string& tenant) {
    const std::size_t before = turns.waiting();
    threads.emplace_back([&, tenant] {
      const auto turn = turns.take(tenant);
      const std::lock_guard lock(mutex);
      order += tenant + " ";
    });
    REQUIRE(fakes::eventually([&] { return turns.waiting() > before; }));
  };
  {
    const auto turn = turns.take("acme");
    for (const char* tenant : {"acme", "acme", "acme", "globex", "globex"}) wait_as(tenant);
    const std::lock_guard lock(mutex);
    CHECK(order.empty());
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(order == "acme globex acme globex acme ");
}
