#include "dispatcher/intake/duplicates.hpp"

#include <doctest/doctest.h>

#include <deque>

#include "common/base/random.hpp"

using namespace certes;
using dispatcher::Duplicates;

namespace {

// The window as a list, searched from its end.
struct Naive {
  struct Entry {
    log::Identity identity;
    std::int64_t offset;
    UnixMillis at;
  };
  bool seen(const log::Identity& identity, std::int64_t offset, UnixMillis at) {
    while (!entries.empty() && at - entries.front().at > window) entries.pop_front();
    for (auto& entry : entries)
      if (entry.identity == identity) {
        if (entry.offset < offset && at - entry.at <= window) return true;
        if (entry.offset < offset) entry.at = at;
        entry.offset = offset;
        return false;
      }
    if (entries.size() >= most) entries.pop_front();
    entries.push_back({identity, offset, at});
    return false;
  }
  std::size_t most;
  std::int64_t window;
  std::deque<Entry> entries;
};

}  // namespace

TEST_CASE("Duplicates: a repeat is a duplicate of the lower offset, a record read again is not") {
  Duplicates duplicates(10, Millis{1000});
  const log::Identity one{1, 1};
  CHECK_FALSE(duplicates.seen(one, 5, 0));
  CHECK(duplicates.seen(one, 6, 10));
  CHECK_FALSE(duplicates.seen(one, 5, 20));
  CHECK(duplicates.seen(one, 6, 30));
}

TEST_CASE("Duplicates: forgets by age and by number") {
  Duplicates duplicates(2, Millis{1000});
  CHECK_FALSE(duplicates.seen({1, 1}, 1, 0));
  CHECK_FALSE(duplicates.seen({2, 1}, 2, 0));
  CHECK_FALSE(duplicates.seen({3, 1}, 3, 0));
  CHECK(duplicates.size() == 2);
  CHECK_FALSE(duplicates.seen({1, 1}, 4, 0));
  CHECK(duplicates.seen({3, 1}, 5, 1000));
  CHECK_FALSE(duplicates.seen({3, 1}, 6, 1001));
}

TEST_CASE("Duplicates: agrees with the naive window on random records") {
  Random random(77);
  for (const std::size_t most : {1u, 3u, 64u, 500u}) {
    Duplicates duplicates(most, Millis{400});
    Naive naive{most, 400, {}};
    UnixMillis at = 0;
    for (std::int64_t offset = 0; offset < 20'000; ++offset) {
      at += static_cast<UnixMillis>(random.bits() % 3);
      const log::Identity identity{random.bits() % 900 * 1024, 1};
      const std::int64_t read = offset - static_cast<std::int64_t>(random.bits() % 5);
      REQUIRE(duplicates.seen(identity, read, at) == naive.seen(identity, read, at));
    }
  }
}

TEST_CASE("Duplicates: a repeat after the window is none, though an older one stands behind a younger one") {
  Duplicates duplicates(10, Millis{1000});
  CHECK_FALSE(duplicates.seen({1, 1}, 10, 5000));
  CHECK_FALSE(duplicates.seen({2, 2}, 4, 3500));  // read again from the watermark on
  CHECK_FALSE(duplicates.seen({2, 2}, 11, 5001));
  CHECK(duplicates.seen({2, 2}, 12, 5002));
}

TEST_CASE("Duplicates: knows how far it has looked") {
  Duplicates duplicates(10, Millis{1000});
  CHECK(duplicates.next() == 0);
  CHECK_FALSE(duplicates.seen({1, 1}, 6, 0));
  CHECK(duplicates.next() == 7);
  duplicates.passed(9);
  CHECK(duplicates.next() == 10);
  duplicates.passed(3);
  CHECK(duplicates.next() == 10);
  duplicates.clear();
  CHECK(duplicates.next() == 0);
  CHECK(duplicates.size() == 0);
  CHECK_FALSE(duplicates.seen({1, 1}, 8, 0));
}

TEST_CASE("Duplicates: what fits into a number of bytes does fit") {
  const std::size_t most = Duplicates::most_within(3 * (1u << 16), 3);
  Duplicates duplicates(most, Millis{1'000'000});
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(3 * most); ++i)
    duplicates.seen({static_cast<std::uint64_t>(i) + 1, 1}, i, i);
  CHECK(duplicates.size() == most);
  CHECK(duplicates.bytes() <= (1u << 16));
}
