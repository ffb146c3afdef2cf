#include "common/questions/heard.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace certes;
using questions::Heard;

TEST_CASE("Heard: who has answered before and does not now is missing, until he answers again") {
  Heard heard;
  CHECK(heard.answered({"a", "b"}, 1'000).empty());
  CHECK(heard.answered({"a", "c"}, 2'000) == std::vector<Heard::Process>{{"b", 1'000}});
  CHECK(heard.answered({"b"}, 3'000) == std::vector<Heard::Process>{{"a", 2'000}, {"c", 2'000}});
  CHECK(heard.answered({"a", "b", "c"}, 4'000).empty());
}

TEST_CASE("Heard: who has not answered for ten minutes is gone") {
  Heard heard;
  const UnixMillis end = 1'000 + Heard::kRemembered.count();
  CHECK(heard.answered({"a"}, 1'000).empty());
  CHECK(heard.answered({"b"}, end).size() == 1);
  CHECK(heard.answered({"b"}, end + 1).empty());
}

TEST_CASE("Heard: however many names come, it keeps no more than kMost") {
  Heard heard;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < Heard::kMost + 10; ++i) names.push_back("worker-" + std::to_string(i));
  CHECK(heard.answered({names.begin(), names.end()}, 1'000).empty());
  CHECK(heard.answered({}, 2'000).size() == Heard::kMost);
}
