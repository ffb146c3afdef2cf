#include "certes/log_watch.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace certes;

TEST_CASE("LogWatch: Kafka's going is a line, one a minute while it is away, and one when it is back") {
  std::vector<std::string> lines;
  LogWatch watch([&](std::string_view line) { lines.emplace_back(line); });
  SteadyTime now{};
  const auto look = [&](bool away) {
    now += Millis{1'000};
    watch.look(away ? Result<void>(fail(Code::unavailable, "kafka: no broker answers")) : Result<void>(), now);
  };
  for (int i = 0; i < 5; ++i) look(false);
  CHECK(lines.empty());
  for (int i = 0; i < 70; ++i) look(true);
  look(false);
  look(false);
  const std::string rest = "; events are answered 503, and deliveries rest, until it is back";
  CHECK(lines == std::vector<std::string>{"kafka: no broker answers" + rest,
                                          "kafka: no broker answers, for 60 s" + rest,
                                          "kafka: answers again, after 70 s"});
}
