#include "common/base/shares.hpp"

#include <doctest/doctest.h>

#include "common/base/random.hpp"

using certes::Shares;

namespace {

std::size_t below(certes::Random& random, std::size_t count) { return random.bits() % count; }

// The rule as it is said, counted anew each time.
struct Naive {
  std::size_t most;
  std::map<std::string, std::size_t> held;
  std::size_t quarter() const { return std::max<std::size_t>(1, most / 4); }
  std::size_t free() const {
    std::size_t all = 0;
    for (const auto& [tenant, count] : held) all += count;
    return most - all;
  }
  bool may_take(const std::string& tenant, std::size_t cost) const {
    if (cost <= free()) return true;
    const auto own = held.find(tenant);
    if ((own == held.end() ? 0 : own->second) + cost > quarter()) return false;
    std::size_t room = free();
    for (const auto& [other, count] : held) room += count > quarter() ? count - quarter() : 0;
    return cost <= room;
  }
  std::size_t largest() const {
    std::size_t most_held = 0;
    for (const auto& [tenant, count] : held) most_held = std::max(most_held, count);
    return most_held;
  }
};

}  // namespace

TEST_CASE("Shares: decide as the rule that is said, whatever is taken and given") {
  certes::Random random(7);
  for (const std::size_t most : {0, 1, 2, 3, 4, 5, 7, 16, 100}) {
    Shares shares(most);
    Naive naive{most, {}};
    for (int step = 0; step < 4'000; ++step) {
      const std::string tenant(1, static_cast<char>('a' + below(random, 7)));
      if (below(random, 5) < 2 && naive.held[tenant] > 0) {
        const std::size_t some = 1 + below(random, naive.held[tenant]);
        shares.give(tenant, some);
        naive.held[tenant] -= some;
        continue;
      }
      const std::size_t cost = 1 + below(random, 3);
      const bool may = naive.may_take(tenant, cost);
      REQUIRE(shares.may_take(tenant, cost) == may);
      while (may && !shares.fits(cost)) {
        const std::string other = shares.gives_way();
        REQUIRE(naive.held[other] == naive.largest());
        REQUIRE(naive.held[other] > naive.quarter());
        shares.give(other, 1);
        --naive.held[other];
      }
      if (may) shares.take(tenant, cost);
      if (may) naive.held[tenant] += cost;
      REQUIRE(shares.held() == most - naive.free());
      REQUIRE(shares.held(tenant) == naive.held[tenant]);
    }
  }
}

TEST_CASE("Shares: a tenant alone may have everything, and gives way to others up to their quarter") {
  Shares shares(8);
  shares.take("a", 8);
  CHECK_FALSE(shares.may_take("a", 1));
  for (int i = 0; i < 2; ++i) {
    REQUIRE(shares.may_take("b", 1));
    REQUIRE(shares.gives_way() == "a");
    shares.give("a", 1);
    shares.take("b", 1);
  }
  CHECK_FALSE(shares.may_take("b", 1));
  CHECK_FALSE(shares.may_take("c", 3));
  CHECK(shares.may_take("c", 2));
}

TEST_CASE("Shares: nobody gives way where all are within a quarter") {
  Shares shares(8);
  for (const char* tenant : {"a", "b", "c", "d"}) shares.take(tenant, 2);
  CHECK_FALSE(shares.may_take("e", 1));
}
