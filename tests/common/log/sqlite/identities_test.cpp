#include "common/log/sqlite/identities.hpp"

#include <doctest/doctest.h>

#include <random>

namespace certes::log::sqlite {
namespace {

// The same, plainly.
struct Naive {
  struct Entry {
    Identity identity;
    UnixMillis at;
    std::int64_t seq;
  };
  std::optional<std::int64_t> find(const Identity& identity) const {
    for (const Entry& each : entries)
      if (each.identity == identity) return each.seq;
    return std::nullopt;
  }
  std::deque<Entry> entries;
};

}  // namespace

TEST_CASE("Identities: behave like a plain list, whatever is added, undone and expired") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    Identities identities(500, 300);
    Naive naive;
    UnixMillis now = 1'000;
    for (int step = 0; step < 5'000; ++step) {
      now += static_cast<UnixMillis>(random() % 3);
      identities.expire(now);
      while (!naive.entries.empty() && (naive.entries.size() > 300 || naive.entries.front().at + 500 <= now))
        naive.entries.pop_front();
      // Few different ones, close together: long runs in the table.
      const Identity identity{random() % 40, 1 + random() % 40};
      REQUIRE(identities.find(identity) == naive.find(identity));
      if (!naive.find(identity)) {
        naive.entries.push_back({identity, now, identities.next()});
        identities.add(identity, now);
      }
      if (random() % 50 == 0 && !naive.entries.empty()) {
        const std::int64_t back = std::max(identities.first(), identities.next() - 5);
        identities.undo(back);
        while (!naive.entries.empty() && naive.entries.back().seq >= back) naive.entries.pop_back();
      }
    }
  }
}

TEST_CASE("Identities: begin where the file begins") {
  Identities identities(1'000, 10);
  identities.begin_at(4'000'000'000);
  identities.add({1, 1}, 5);
  identities.add({2, 2}, 5);
  CHECK(identities.find({2, 2}) == 4'000'000'001);
  CHECK(identities.next() == 4'000'000'002);
}

}  // namespace certes::log::sqlite
