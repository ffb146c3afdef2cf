#include "common/registry/persistent_map.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/random.hpp"

using certes::Random;
using certes::registry::PersistentMap;

namespace {

using Numbers = PersistentMap<std::shared_ptr<const int>>;
using Naive = std::map<std::string, std::shared_ptr<const int>>;

std::string key_of(std::uint64_t number) { return "tenant/" + std::to_string(number); }

void check_same(const Numbers& map, const Naive& naive) {
  REQUIRE(map.size() == naive.size());
  CHECK(map.empty() == naive.empty());
  auto at = map.begin();
  for (const auto& [key, value] : naive) {
    REQUIRE(at != map.end());
    REQUIRE(at->first == key);
    REQUIRE(at->second == value);
    ++at;
  }
  CHECK(at == map.end());
}

// What the two differ in, as it is found in the one way and in the other.
void check_difference(const Numbers& before, const Naive& naive_before, const Numbers& after,
                      const Naive& naive_after) {
  struct Found {
    std::shared_ptr<const int> was, is;
    bool operator==(const Found&) const = default;
  };
  std::map<std::string, Found> wanted;
  for (const auto& [key, value] : naive_before) wanted[key].was = value;
  for (const auto& [key, value] : naive_after) wanted[key].is = value;
  std::erase_if(wanted, [](const auto& one) { return one.second.was == one.second.is; });
  std::vector<std::string> order;
  std::map<std::string, Found> found;
  Numbers::difference(before, after, [&](const std::string& key, const auto* was, const auto* is) {
    order.push_back(key);
    found[key] = {was ? *was : nullptr, is ? *is : nullptr};
  });
  CHECK(found == wanted);
  CHECK(order.size() == wanted.size());
  CHECK(std::ranges::is_sorted(order));
}

}  // namespace

TEST_CASE("PersistentMap: random changes leave what they leave in a std::map, and every older version as it was") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    const std::uint64_t keys = 1 + random.bits() % 300;
    Numbers map;
    Naive naive;
    std::vector<std::pair<Numbers, Naive>> versions;
    for (int step = 0; step < 1'500; ++step) {
      const std::string key = key_of(random.bits() % keys);
      if (random.bits() % 3 == 0) {
        CHECK(map.erase(key) == (naive.erase(key) == 1));
      } else {
        const auto value = std::make_shared<const int>(step);
        map.set(key, value);
        naive[key] = value;
      }
      const auto* found = map.find(key);
      CHECK((found != nullptr) == naive.contains(key));
      if (random.bits() % 50 == 0) versions.emplace_back(map, naive);
    }
    versions.emplace_back(map, naive);
    for (const auto& [version, as_it_was] : versions) check_same(version, as_it_was);
    for (std::size_t i = 0; i < versions.size(); ++i) {
      const auto& [one, naive_one] = versions[random.bits() % versions.size()];
      const auto& [other, naive_other] = versions[random.bits() % versions.size()];
      check_difference(one, naive_one, other, naive_other);
    }
  }
}

TEST_CASE("PersistentMap: bounds and counts by prefix are those of a std::map") {
  Random random(7);
  Numbers map;
  Naive naive;
  for (int i = 0; i < 400; ++i) {
    const std::string key =
        std::string(1, static_cast<char>('a' + random.bits() % 4)) + "/" + key_of(random.bits() % 500);
    map.set(key, std::make_shared<const int>(i));
    naive[key] = *map.find(key);
  }
  for (const std::string asked : {"", "a", "a/", "a/tenant/2", "b/tenant/99", "c/~", "d", "d/tenant/7", "e", "\xff"}) {
    const auto check = [&](auto at, auto wanted) {
      for (; wanted != naive.end(); ++wanted, ++at) {
        REQUIRE(at != map.end());
        REQUIRE(at->first == wanted->first);
      }
      CHECK(at == map.end());
    };
    check(map.lower_bound(asked), naive.lower_bound(asked));
    check(map.upper_bound(asked), naive.upper_bound(asked));
    const auto count = std::ranges::count_if(naive, [&](const auto& one) { return one.first.starts_with(asked); });
    CHECK(map.count_prefix(asked) == static_cast<std::size_t>(count));
  }
}

TEST_CASE("PersistentMap: keys in any order make a tree that is no higher than it must be") {
  Numbers up, down;
  constexpr int kMany = 100'000;
  for (int i = 0; i < kMany; ++i) {
    up.set(key_of(static_cast<std::uint64_t>(1'000'000 + i)), nullptr);
    down.set(key_of(static_cast<std::uint64_t>(2'000'000 - i)), nullptr);
  }
  CHECK(up.size() == kMany);
  CHECK(up.height() <= 24);  // 1.44 log2
  CHECK(down.height() <= 24);
  for (int i = 0; i < kMany; i += 2) down.erase(key_of(static_cast<std::uint64_t>(2'000'000 - i)));
  CHECK(down.size() == kMany / 2);
  CHECK(down.height() <= 23);
}

TEST_CASE("PersistentMap: a change beside an older version makes as many nodes as the tree is high, without it none") {
  struct Counted {
    explicit Counted(int& counter) : copies(&counter) {}
    Counted(const Counted& other) : copies(other.copies) { ++*copies; }
    Counted(Counted&&) = default;
    Counted& operator=(const Counted&) = default;
    Counted& operator=(Counted&&) = default;
    bool operator==(const Counted& other) const { return copies == other.copies; }
    int* copies;
  };
  int copies = 0;
  PersistentMap<Counted> map;
  for (std::uint64_t i = 0; i < 10'000; ++i) map.set(key_of(i), Counted(copies));
  CHECK(copies == 0);
  const auto older = map;
  CHECK(older.same_as(map));
  map.set(key_of(4'711), Counted(copies));
  CHECK_FALSE(older.same_as(map));
  CHECK(copies > 0);
  CHECK(copies <= map.height() + 2);  // a rotation takes two along
  const int before = copies;
  map.set(key_of(4'711), Counted(copies));
  CHECK(copies == before);
  CHECK_FALSE(map.erase("tenant/none"));
  CHECK(copies == before);
}

TEST_CASE("PersistentMap: what one thread lets go of another goes on changing") {
  Numbers map;
  for (std::uint64_t i = 0; i < 1'000; ++i) map.set(key_of(i), std::make_shared<const int>(0));
  for (int round = 0; round < 50; ++round) {
    std::optional<Numbers> copy(map);
    std::thread reader([&copy] {
      std::size_t count = 0;
      for (const auto& [key, value] : *copy) count += key.size() > 7 && *value >= 0 ? 1 : 0;
      CHECK(count == copy->size());
      copy.reset();
    });
    for (std::uint64_t i = 0; i < 100; ++i) map.set(key_of(i * 7 % 1'000), std::make_shared<const int>(round));
    reader.join();
  }
  CHECK(map.size() == 1'000);
}
