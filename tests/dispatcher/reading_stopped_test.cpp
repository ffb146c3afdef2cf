#include "dispatcher/reading_stopped.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace certes;
using namespace certes::dispatcher;

TEST_CASE("ReadingStopped: it is told once it has lasted, once a minute, and when it is over") {
  std::vector<std::string> lines;
  ReadingStopped stopped([&](std::string_view line) { lines.emplace_back(line); });
  SteadyTime now{std::chrono::hours{1}};
  const auto pass = [&](int seconds, bool full, std::size_t read) {
    bool last = false;
    for (int i = 0; i < seconds; ++i, now += Millis{1'000}) last = stopped.round(full, read, 128u << 20, now);
    return last;
  };
  CHECK_FALSE(pass(60, true, 7));  // full, and it goes on
  CHECK_FALSE(pass(5, true, 0));
  CHECK(lines.empty());
  CHECK(pass(60, true, 0));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("nothing has been read for 5 s: "));
  CHECK(lines[0].find("128 MiB, dispatcher.index_bytes") != std::string::npos);
  CHECK(pass(60, true, 0));
  CHECK(lines.size() == 2);
  CHECK_FALSE(pass(1, true, 1));
  REQUIRE(lines.size() == 3);
  CHECK(lines[2] == "events are read again, after 125 s");
  CHECK_FALSE(pass(4, true, 0));
  CHECK_FALSE(pass(60, false, 0));  // drained
  CHECK(lines.size() == 3);
}
