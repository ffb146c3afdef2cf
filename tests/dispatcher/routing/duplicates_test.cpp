#include "dispatcher/routing/duplicates.hpp"

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
        if (entry.offset < offset) return true;
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
