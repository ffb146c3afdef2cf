// OffsetSet and LeafTree, which chunks are made of.

#include <doctest/doctest.h>

#include <set>

#include "common/base/random.hpp"
#include "dispatcher/book/chunk.hpp"
#include "dispatcher/book/offset_set.hpp"

using namespace certes;
using namespace certes::dispatcher::book;

namespace {

void check_same(const OffsetSet& set, const std::set<std::uint16_t>& reference) {
  CHECK(set.size() == reference.size());
  CHECK(set.empty() == reference.empty());
  auto expected = reference.begin();
  for (int at = set.next(0); at != OffsetSet::kNone; at = set.next(at + 1)) {
    REQUIRE(expected != reference.end());
    CHECK(at == *expected++);
  }
  CHECK(expected == reference.end());
  std::vector<std::uint16_t> visited;
  set.for_each([&](std::uint16_t offset) { visited.push_back(offset); });
  CHECK(visited == std::vector<std::uint16_t>(reference.begin(), reference.end()));
  OffsetSet::Bits bits{};
  set.add_to(bits);
  const OffsetSet again = OffsetSet::from(set.lane(), bits);
  CHECK(again.size() == reference.size());
  CHECK(again.next(0) == set.next(0));
}

struct Numbered {
  std::uint64_t number;
  std::uint64_t key() const { return number; }
  static std::uint64_t group_of(std::uint64_t key) { return key >> 16; }
};

void check_same(const LeafTree<Numbered>& tree, const std::set<std::uint64_t>& reference) {
  CHECK(tree.size() == reference.size());
  CHECK(tree.empty() == reference.empty());
  auto expected = reference.begin();
  tree.for_each([&](const Numbered& entry) { CHECK_EQ(entry.number, *expected++); });
  expected = reference.begin();
  for (LeafTree<Numbered>::Cursor cursor(tree); cursor.get(); cursor.next())
    CHECK_EQ(cursor.get()->number, *expected++);
  CHECK(expected == reference.end());
}

}  // namespace

TEST_CASE("OffsetSet: is a set at every density, and its copies are what it was") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    OffsetSet set(9);
    std::set<std::uint16_t> reference;
    const std::uint64_t span = seed % 3 == 0 ? 65'536 : seed % 3 == 1 ? 12 : 9'000;
    std::vector<std::pair<OffsetSet, std::set<std::uint16_t>>> copies;
    for (const bool growing : {true, false, true, false}) {
      for (int i = 0; i < 15'000; ++i) {
        const auto offset = static_cast<std::uint16_t>(random.bits() % span + 65'536 - span);
        if ((random.bits() % 10 < 8) == growing)
          CHECK(set.add(offset) == reference.insert(offset).second);
        else
          CHECK(set.remove(offset) == (reference.erase(offset) > 0));
        CHECK(set.contains(offset) == reference.contains(offset));
        if (i % 4'000 == 0) copies.emplace_back(set, reference);
      }
      check_same(set, reference);
    }
    while (!reference.empty()) {
      CHECK(set.remove(*reference.begin()));
      reference.erase(reference.begin());
    }
    check_same(set, reference);
    CHECK(set.bytes() == 0);
    for (const auto& [copy, was] : copies) check_same(copy, was);
  }
}

TEST_CASE("LeafTree: is an ordered set, and its copies are what it was") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    LeafTree<Numbered> tree;
    std::set<std::uint64_t> reference;
    std::vector<std::pair<LeafTree<Numbered>, std::set<std::uint64_t>>> copies;
    std::array<std::uint64_t, 5> next{};
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t group = random.bits() % 5;
      const std::uint64_t key = group << 16 | (seed % 2 == 0 ? next[group]++ : random.bits() % 3'000);
      if (random.bits() % 5 < 3 && i < 15'000) {
        if (reference.insert(key).second) tree.insert({key});
      } else if (!reference.empty()) {
        auto old = reference.lower_bound(group << 16 | random.bits() % 3'000);
        if (old == reference.end()) old = reference.begin();
        CHECK(tree.erase(*old));
        reference.erase(old);
      }
      CHECK((tree.find(key) != nullptr) == reference.contains(key));
      const auto after = reference.lower_bound(key + 1);
      const Numbered* const found = tree.at_or_after(key + 1);
      CHECK((found ? found->number : UINT64_MAX) == (after == reference.end() ? UINT64_MAX : *after));
      if (i % 3'000 == 0) copies.emplace_back(tree, reference);
    }
    check_same(tree, reference);
    tree.retain([](const Numbered& entry) { return entry.number % 3 == 0; });
    std::erase_if(reference, [](std::uint64_t key) { return key % 3 != 0; });
    check_same(tree, reference);
    tree.retain([](const Numbered&) { return false; });
    CHECK(tree.bytes() == 0);
    for (const auto& [copy, was] : copies) check_same(copy, was);
  }
}

TEST_CASE("LeafTree: full leaves where keys come in order, in each of several groups") {
  for (const std::uint64_t groups : {1u, 7u, 100u}) {
    LeafTree<TriedEntry> tree;
    const std::uint64_t each = 60'000 / groups;
    for (std::uint64_t i = 0; i < each; ++i)
      for (std::uint64_t group = 0; group < groups; ++group)
        tree.insert(TriedEntry(static_cast<LaneNumber>(group), static_cast<std::uint16_t>(i), {}));
    CHECK(tree.bytes() < tree.size() * sizeof(TriedEntry) * 5 / 4);
  }
}
