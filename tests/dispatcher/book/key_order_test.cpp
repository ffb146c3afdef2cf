#include "dispatcher/book/key_order.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "common/base/random.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::Priority;

namespace {

constexpr std::uint32_t kA = 7, kB = 9;

// What the order is to say, the simple way.
class Naive {
 public:
  explicit Naive(bool one) : one_(one) {}
  void add(const KeyOrder::Entry& entry) { open_[entry.offset] = entry; }
  void end(std::int64_t offset) { open_.erase(offset); }
  bool first(const KeyOrder::Entry& entry) const {
    const auto of = of_key(entry);
    return of.empty() || of.front() == entry.offset;
  }
  Priority priority(const KeyOrder::Entry& entry) const {
    Priority highest = entry.priority;
    for (const std::int64_t offset : of_key(entry)) highest = std::min(highest, open_.at(offset).priority);
    return highest;
  }
  std::vector<std::int64_t> behind(const KeyOrder::Entry& entry) const {
    auto of = of_key(entry);
    if (!of.empty()) of.erase(of.begin());
    return of;
  }
  const std::map<std::int64_t, KeyOrder::Entry>& open() const { return open_; }
  std::set<std::uint32_t> keys() const {
    std::set<std::uint32_t> keys;
    for (const auto& [offset, entry] : open_)
      if (one_ || entry.hash != 0) keys.insert(one_ ? 1 : entry.hash);
    return keys;
  }

 private:
  std::vector<std::int64_t> of_key(const KeyOrder::Entry& entry) const {
    std::vector<std::int64_t> of;
    if (!one_ && entry.hash == 0) return of;
    for (const auto& [offset, each] : open_)
      if (one_ || each.hash == entry.hash) of.push_back(offset);
    return of;
  }

  bool one_;
  std::map<std::int64_t, KeyOrder::Entry> open_;
};

}  // namespace

TEST_CASE("KeyOrder: the first of a key is its lowest that is open; without a key, each is") {
  Budget memory;
  KeyOrder order(false, memory);
  order.add({kA, 10, Priority::normal});
  order.add({kB, 11, Priority::normal});
  order.add({kA, 12, Priority::normal});
  order.add({0, 13, Priority::normal});
  order.add({0, 14, Priority::normal});
  CHECK(order.is_first(kA, 10));
  CHECK_FALSE(order.is_first(kA, 12));
  CHECK(order.is_first(kB, 11));
  CHECK(order.is_first(0, 13));
  CHECK(order.is_first(0, 14));
  CHECK(order.keys() == 2);
  CHECK_FALSE(order.ended(kB, 11));
  CHECK_FALSE(order.ended(0, 13));
  CHECK(order.ended(kA, 10) == 12);
  CHECK(order.is_first(kA, 12));
  CHECK_FALSE(order.ended(kA, 12));
  CHECK(memory.held() == 0);
}

TEST_CASE("KeyOrder: in one order, everything waits for what stands before it") {
  Budget memory;
  KeyOrder order(true, memory);
  order.add({kA, 1, Priority::normal});
  order.add({0, 2, Priority::normal});
  order.add({kB, 3, Priority::normal});
  CHECK_FALSE(order.is_first(0, 2));
  CHECK_FALSE(order.is_first(kB, 3));
  CHECK(order.ended(kA, 1) == 2);
  CHECK(order.ended(0, 2) == 3);
}

TEST_CASE("KeyOrder: a key stands at the highest class of what it has open, and no longer") {
  Budget memory;
  KeyOrder order(false, memory);
  CHECK_FALSE(order.add({kA, 1, Priority::low}));
  CHECK_FALSE(order.add({kA, 2, Priority::bulk}));
  CHECK(order.add({kA, 3, Priority::critical}) == 1);
  CHECK_FALSE(order.add({kA, 4, Priority::high}));
  CHECK(order.priority_of({kA, 1, Priority::low}) == Priority::critical);
  CHECK_FALSE(order.ended(kA, 3));  // out of its turn
  CHECK(order.priority_of({kA, 1, Priority::low}) == Priority::high);
  CHECK(order.ended(kA, 1) == 2);
  CHECK(order.ended(kA, 2) == 4);
  CHECK(order.priority_of({kA, 4, Priority::high}) == Priority::high);
  CHECK(order.priority_of({0, 9, Priority::low}) == Priority::low);
}

TEST_CASE("KeyOrder: what is to be loaded comes by class, then as it stands on the log; only the first of their keys") {
  Budget memory;
  KeyOrder order(false, memory);
  const KeyOrder::Entry entries[] = {{kA, 1, Priority::low},
                                     {kB, 2, Priority::normal},
                                     {kA, 3, Priority::low},
                                     {0, 4, Priority::high},
                                     {0, 5, Priority::normal}};
  for (const auto& entry : entries) order.add(entry);
  for (const auto& entry : entries) order.to_load(entry);
  std::vector<std::int64_t> offsets;
  for (; order.next_to_load(); order.pop_to_load()) offsets.push_back(order.next_to_load()->offset);
  CHECK(offsets == std::vector<std::int64_t>{4, 2, 5, 1});
}

TEST_CASE("KeyOrder: whatever happens, it says what a simple list says, and takes no memory for what is over") {
  for (const bool one : {false, true}) {
    Random random(one ? 11 : 12);
    const auto below = [&random](std::uint64_t most) { return random.bits() % most; };
    Budget memory;
    KeyOrder order(one, memory);
    Naive naive(one);
    for (std::int64_t offset = 0, step = 0; step < 4'000; ++step) {
      const bool grows = step / 500 % 2 == 0;
      if (below(10) < (grows ? 7 : 3) || naive.open().empty()) {
        const KeyOrder::Entry entry{static_cast<std::uint32_t>(below(12)),
                                    offset += 1 + static_cast<std::int64_t>(below(3)),
                                    static_cast<Priority>(below(registry::kPriorities))};
        const auto raised = order.add(entry);
        const bool raises = !naive.first(entry) && entry.priority < naive.priority({entry.hash, 0, Priority::bulk});
        naive.add(entry);
        CHECK(raised.has_value() == raises);
        const auto behind = naive.behind(entry);
        const auto last = order.before_last(entry.hash, entry.offset);
        CHECK(last.has_value() == !naive.first(entry));
        if (behind.size() > 1) CHECK(*last == behind[behind.size() - 2]);
        continue;
      }
      auto at = naive.open().begin();
      std::advance(at, static_cast<std::ptrdiff_t>(below(naive.open().size())));
      const KeyOrder::Entry entry = at->second;
      const bool first = naive.first(entry);
      const auto behind = naive.behind(entry);
      naive.end(entry.offset);
      const auto next = order.ended(entry.hash, entry.offset);
      CHECK(next.has_value() == (first && !behind.empty()));
      if (next) CHECK(*next == behind.front());
      for (const auto& [its, each] : naive.open()) {
        REQUIRE(order.is_first(each.hash, its) == naive.first(each));
        REQUIRE(order.priority_of(each) == naive.priority(each));
        if (naive.first(each)) REQUIRE(order.behind_first(each.hash, SIZE_MAX) == naive.behind(each));
      }
      REQUIRE(order.keys() == naive.keys().size());
    }
    while (!naive.open().empty()) {
      const KeyOrder::Entry entry = naive.open().begin()->second;
      naive.end(entry.offset);
      order.ended(entry.hash, entry.offset);
    }
    CHECK(order.keys() == 0);
    CHECK(memory.held() == 0);
  }
}
