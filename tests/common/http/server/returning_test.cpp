#include "common/http/server/returning.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace certes::http {
namespace {

constexpr std::size_t kLimit = 800;  // of what is unfinished; of answers on their way an eighth

struct Way {
  std::shared_ptr<ServerCounters> counters = std::make_shared<ServerCounters>(1, 10, kLimit);
  std::shared_ptr<Returning> returning = std::make_shared<Returning>(counters);
};

}  // namespace

TEST_CASE("Returning: an answer counts as unfinished until it is let go, one larger than all room too") {
  Way way;
  auto one = way.returning->enter(60);
  auto other = way.returning->enter(40);
  CHECK(way.counters->unfinished.held() == 100);
  one.reset();
  other.reset();
  CHECK(way.counters->unfinished.held() == 0);
  const auto large = way.returning->enter(5'000);
  CHECK(way.counters->unfinished.held() == 5'000);
}

TEST_CASE("Returning: who finds no room waits until there is some, or the server stops") {
  for (const bool stopped : {false, true}) {
    Way way;
    auto first = way.returning->enter(80);
    std::atomic<bool> entered{false};
    std::shared_ptr<void> second;
    std::thread worker([&] {
      second = way.returning->enter(30);
      entered = true;
    });
    CHECK_FALSE(entered);
    CHECK(way.counters->unfinished.held() == 80);
    if (stopped)
      way.returning->close();
    else
      first.reset();
    worker.join();
    CHECK(entered);
    CHECK(way.counters->unfinished.held() == (stopped ? 110 : 30));
  }
}

}  // namespace certes::http
