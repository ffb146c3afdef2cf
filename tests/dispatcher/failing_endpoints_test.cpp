#include "dispatcher/failing_endpoints.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "dispatcher/endpoint_meters.hpp"
#include "dispatcher/sending/judge.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;

namespace {

// One that writes down what is told.
struct Night {
  tests::SimulatedClock clock;
  std::vector<std::string> lines;
  FailingEndpoints failing{clock, [this](std::string_view line) { lines.emplace_back(line); }};
  log::RecordPtr event = tests::make_event({});
  registry::Endpoint endpoint;
  std::size_t open = 1;

  AttemptSeen attempt(const std::string& key, Sign sign) const {
    AttemptSeen seen{*event, endpoint, "evt_1", 1, registry::Priority::normal, {}, {}, {}};
    seen.key = key;
    seen.sign = sign;
    if (sign == Sign::fails) seen.ending = RetryAt{};
    seen.status = sign == Sign::fails ? 500 : 200;
    seen.error = sign == Sign::fails ? "500" : "";
    seen.duration_us = 3'000;
    seen.next = Millis{5'000};
    return seen;
  }
  void fails(const std::string& key = "default/billing", std::string_view answer = {}) {
    auto seen = attempt(key, Sign::fails);
    seen.answer = answer;
    failing.attempted(seen);
  }
  void works(const std::string& key = "default/billing") { failing.attempted(attempt(key, Sign::works)); }
  void pass(Millis time) {
    for (const Millis end = clock.elapsed + time; clock.elapsed < end;) {
      clock.elapsed += Millis{1'000};
      failing.round([this](std::string_view) { return open; });
    }
  }
  std::vector<std::string> told() { return std::exchange(lines, {}); }
  std::string metrics() const {
    metrics::Metrics metrics;
    EndpointMeters meters(metrics, 5);
    meters.show(failing);
    return metrics.text();
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("FailingEndpoints: one line when it begins, with reason and answer, one a minute, one when it works again") {
  Night night;
  night.works();
  CHECK(night.told().empty());
  night.fails("default/billing", "out of order");
  CHECK(night.told() == Lines{"endpoint default/billing fails: 500 in 3 ms: \"out of order\" "
                              "(try 1 of order.created evt_1, next in 5 s)"});
  night.pass(Millis{59'000});
  night.fails();
  CHECK(night.told().empty());
  night.open = 2;
  night.pass(Millis{1'000});
  CHECK(night.told() == Lines{"endpoint default/billing still fails, for 60 s: 1 attempt since the last line, "
                              "2 deliveries wait; the last answer: 500 in 3 ms"});
  night.pass(Millis{60'000});
  CHECK(night.told() == Lines{"endpoint default/billing still fails, for 2 min: no attempt since the last line, "
                              "2 deliveries wait; the last answer: 500 in 3 ms"});
  night.pass(Millis{30'000});
  night.works();
  night.works();
  CHECK(night.told() == Lines{"endpoint default/billing works again, after 2.5 min: 2 attempts had failed"});
  night.pass(Millis{200'000});
  CHECK(night.told().empty());
}

TEST_CASE("FailingEndpoints: an answer is shown by its first 200 bytes, whole characters") {
  Night night;
  std::string answer(199, 'x');
  answer.append("é and so on");
  night.fails("default/billing", answer);
  std::string shown(199, 'x');
  shown.append("…\" (try 1");
  CHECK(night.told().at(0).find(shown) != std::string::npos);
}

TEST_CASE("FailingEndpoints: whatever is answered, the line stays one") {
  Night night;
  night.fails("default/billing", "a\n2026 error\x1b[31m\xff\"");
  CHECK(night.told().at(0).find(R"(500 in 3 ms: "a\u000a2026 error\u001b[31m)"
                                "\xef\xbf\xbd\\\"\" (try 1") != std::string::npos);
}

TEST_CASE("FailingEndpoints: one that fails now and then is told of once a minute") {
  Night night;
  for (int i = 0; i < 120; ++i) {
    night.fails();
    night.works();
    night.pass(Millis{1'000});
  }
  CHECK(night.told().size() == 4);
}

TEST_CASE("FailingEndpoints: where nothing waits any more, that is told once, and nothing is failing") {
  Night night;
  night.fails();
  CHECK(night.metrics().find("certes_endpoint_failing_seconds{endpoint=\"_other\",tenant=\"\"} 0") !=
        std::string::npos);
  night.pass(Millis{10'000});
  CHECK(night.metrics().find("certes_endpoint_failing_seconds{endpoint=\"_other\",tenant=\"\"} 10") !=
        std::string::npos);
  CHECK(night.metrics().find("certes_endpoints_failing{tenant=\"default\"} 1") != std::string::npos);
  night.told();
  night.open = 0;
  night.pass(Millis{300'000});
  CHECK(night.told() == Lines{"endpoint default/billing: nothing waits for it any more, after 1 attempt had failed"});
  CHECK(night.metrics().find("certes_endpoint_failing_seconds{endpoint=\"_other\",tenant=\"\"} 0") !=
        std::string::npos);
  night.open = 1;
  night.works();
  CHECK(night.told().empty());
}

TEST_CASE("FailingEndpoints: those that share a label show the sum of their times") {
  Night night;
  night.fails("default/one");
  night.pass(Millis{20'000});
  night.fails("default/two");
  night.pass(Millis{10'000});
  CHECK(night.metrics().find("certes_endpoint_failing_seconds{endpoint=\"_other\",tenant=\"\"} 40") !=
        std::string::npos);
  CHECK(night.metrics().find("certes_endpoints_failing{tenant=\"default\"} 2") != std::string::npos);
}

TEST_CASE("FailingEndpoints: of one that was paused, disabled or deleted nothing more is told") {
  Night night;
  night.fails();
  night.told();
  night.failing.left("default/billing");
  night.pass(Millis{300'000});
  CHECK(night.told().empty());
}

TEST_CASE("FailingEndpoints: however many fail, the log gets a bounded number of lines") {
  Night night;
  for (int i = 0; i < 5'000; ++i) night.fails("default/e" + std::to_string(i));
  CHECK(night.told().size() == FailingEndpoints::kMostLines);
  night.pass(Millis{61'000});
  const auto lines = night.told();
  CHECK(lines.size() == FailingEndpoints::kMostLines + 1);
  CHECK(lines.at(0) ==
        "4900 more lines on endpoints that fail were left out within a minute: "
        "certes_endpoints_failing counts them");
}
