#include "dispatcher/routing/topic_trie.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/base/random.hpp"

using namespace certes;
using Trie = dispatcher::TopicTrie<int>;

namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0;;) {
    const auto dot = text.find('.', at);
    out.emplace_back(text.substr(at, dot - at));
    if (dot == std::string_view::npos) return out;
    at = dot + 1;
  }
}

// The meaning of a pattern, word by word.
bool naive(const std::vector<std::string>& pattern, std::size_t p, const std::vector<std::string>& type,
           std::size_t t) {
  if (p == pattern.size()) return t == type.size();
  if (pattern[p] == "#") {
    for (std::size_t skip = t; skip <= type.size(); ++skip)
      if (naive(pattern, p + 1, type, skip)) return true;
    return false;
  }
  return t < type.size() && (pattern[p] == "*" || pattern[p] == type[t]) && naive(pattern, p + 1, type, t + 1);
}

bool naive(std::string_view pattern, std::string_view type) {
  const auto p = words(pattern);
  const auto t = words(type);
  if (t.front() == "certes" && p.front() != "certes") return false;
  return naive(p, 0, t, 0);
}

std::string random_words(Random& random, const std::vector<std::string>& from, std::size_t most) {
  std::string out = from[random.bits() % from.size()];
  for (auto n = random.bits() % most; n > 0; --n) out.append(".").append(from[random.bits() % from.size()]);
  return out;
}

bool matches(std::string_view pattern, std::string_view type) {
  Trie trie;
  trie.add(pattern, 7);
  return trie.match(type) == std::vector<int>{7};
}

}  // namespace

TEST_CASE("TopicTrie: a star is one word, a hash none or more") {
  CHECK(matches("order.created", "order.created"));
  CHECK_FALSE(matches("order.created", "order.created.late"));
  CHECK(matches("order.*", "order.created"));
  CHECK_FALSE(matches("order.*", "order"));
  CHECK_FALSE(matches("order.*", "order.created.late"));
  CHECK(matches("order.#", "order"));
  CHECK(matches("order.#", "order.created.late"));
  CHECK(matches("#", "a.b.c"));
  CHECK(matches("#.c", "c"));
  CHECK(matches("#.b.#.b.#", "a.b.c.b"));
  CHECK_FALSE(matches("#.b.#.b.#", "a.b.c"));
}

TEST_CASE("TopicTrie: Certes' own events match only patterns that begin with certes") {
  CHECK_FALSE(matches("#", "certes.delivery.dead_lettered"));
  CHECK_FALSE(matches("*.delivery.dead_lettered", "certes.delivery.dead_lettered"));
  CHECK_FALSE(matches("#.dead_lettered", "certes.delivery.dead_lettered"));
  CHECK(matches("certes.#", "certes.delivery.dead_lettered"));
  CHECK(matches("certes.#", "certes"));
  CHECK(matches("#", "certesx.delivery"));
}

TEST_CASE("TopicTrie: agrees with the naive matcher on random patterns and types") {
  Random random(20'240'501);
  const std::vector<std::string> in_patterns = {"a", "b", "c", "*", "#", "#", "certes"};
  const std::vector<std::string> in_types = {"a", "b", "c", "d", "certes"};
  for (int round = 0; round < 300; ++round) {
    Trie trie;
    std::vector<std::string> patterns;
    for (int i = 0; i < 12; ++i) {
      patterns.push_back(random_words(random, in_patterns, 5));
      trie.add(patterns.back(), i);
    }
    for (int i = 0; i < 40; ++i) {
      const auto type = random_words(random, in_types, 6);
      std::vector<int> expected;
      for (std::size_t p = 0; p < patterns.size(); ++p)
        if (naive(patterns[p], type)) expected.push_back(static_cast<int>(p));
      auto found = trie.match(type);
      std::sort(found.begin(), found.end());
      CAPTURE(type);
      CHECK(found == expected);
    }
  }
}

TEST_CASE("TopicTrie: what is added and removed at random leaves what is added at once, and in the end nothing") {
  Random random(20'261'129);
  const std::vector<std::string> in_patterns = {"a", "b", "c", "*", "#", "certes"};
  const std::vector<std::string> in_types = {"a", "b", "c", "d", "certes"};
  Trie trie;
  std::vector<std::pair<std::string, int>> stands;
  for (int step = 0; step < 3'000; ++step) {
    if (random.bits() % 2 == 0 || stands.empty()) {
      stands.emplace_back(random_words(random, in_patterns, 4), step);
      trie.add(stands.back().first, step);
    } else {
      std::swap(stands[random.bits() % stands.size()], stands.back());
      trie.remove(stands.back().first, stands.back().second);
      stands.pop_back();
    }
    if (step % 10 != 0) continue;
    const auto type = random_words(random, in_types, 4);
    std::vector<int> expected;
    for (const auto& [pattern, value] : stands)
      if (naive(pattern, type)) expected.push_back(value);
    auto found = trie.match(type);
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    CHECK(found == expected);
  }
  for (const auto& [pattern, value] : stands) trie.remove(pattern, value);
  CHECK(trie.empty());
}
