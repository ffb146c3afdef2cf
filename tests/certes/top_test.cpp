// certes top: what two looks come to, and frames that fit terminals of any size.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "certes/commands/cells.hpp"
#include "certes/commands/top_frame.hpp"
#include "certes/commands/top_text.hpp"

using namespace certes;
using namespace certes::command;

namespace {

using Json = nlohmann::json;

Json counters(std::uint64_t accepted, std::uint64_t delivered, std::vector<std::uint64_t> ages) {
  const auto durations = [](std::vector<std::uint64_t> counts) {
    return Json{{"count", 0}, {"sum_seconds", 0}, {"counts", std::move(counts)}};
  };
  return {
      {"accepted", {{"event", accepted}, {"command", 0}, {"result", 0}}},
      {"duplicates", 0},
      {"refused", 3},
      {"unmatched", 0},
      {"deliveries", {{"delivered", delivered}, {"dead_lettered", 0}, {"cancelled", 0}}},
      {"attempts", {{"delivered", delivered}, {"retry", 2}, {"awaiting", 0}, {"dead_lettered", 0}, {"cancelled", 0}}},
      {"durations", {{"append", durations({})}, {"attempt", durations({})}, {"age", durations(std::move(ages))}}}};
}

Json process(const std::string& name, const std::string& started, Json counted) {
  return {{"process", name},
          {"started_at", started},
          {"log", "reached"},
          {"reading", "goes_on"},
          {"counters", std::move(counted)}};
}

Json endpoint(const std::string& id, std::uint64_t waiting, std::uint64_t delivered) {
  return {{"tenant", "default"},
          {"endpoint", id},
          {"standing", "open"},
          {"waiting", waiting},
          {"retrying", 1},
          {"in_flight", 2},
          {"oldest", {{"at", "2026-01-31T08:00:00Z"}, {"age_seconds", 90.0}}},
          {"failing_since", nullptr},
          {"last_error", nullptr},
          {"attempts", {{"delivered", delivered}, {"failed", 0}, {"since", "2026-01-31T08:00:00Z"}}}};
}

Json overview(const std::string& at, std::vector<Json> processes, std::vector<Json> endpoints = {}) {
  const Json none = {{"total", 0},
                     {"first", {{"memory", 0}, {"log", 0}}},
                     {"retry", {{"memory", 0}, {"log", 0}}},
                     {"oldest", nullptr}};
  Json waits = none;
  waits["first"] = {{"memory", 10}, {"log", 200'000}};
  waits["oldest"] = {{"age_seconds", 7'300.0}};
  return {{"at", at},
          {"tenant", "default"},
          {"bounds_seconds", {0.001, 0.01, 1.0}},
          {"waiting", {{"by_priority", {{"high", waits}, {"low", none}}}}},
          {"in_flight", 2},
          {"endpoints", {{"open", endpoints.size()}, {"failing", 0}, {"items", std::move(endpoints)}}},
          {"partitions", {{"covered", 12}, {"all", 12}}},
          {"processes", std::move(processes)},
          {"missing", Json::array()}};
}

TopLook look(const Json& json) {
  auto parsed = top_look_of(json.dump());
  REQUIRE(parsed);
  return std::move(*parsed);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

const std::string kBefore = "2026-01-31T08:00:00.000Z", kNow = "2026-01-31T08:00:02.000Z";

TopState busy() {
  TopState state;
  state.where = "http://127.0.0.1:9610";
  std::vector<Json> endpoints = {endpoint("billing", 5, 100),
                                 endpoint("日本語のエンドポイント-with-a-long-name", 12'345, 0),
                                 endpoint("mail", 7, 1'000)};
  state.before = look(overview(kBefore, {process("a", kBefore, counters(100, 90, {0, 0, 0, 0}))}, endpoints));
  endpoints[0] = endpoint("billing", 5, 180);
  endpoints[1]["failing_since"] = "2026-01-31T07:00:02.000Z";
  endpoints[1]["last_error"] = "connection refused\x1b[31m by 10.0.0.1:443, after 3 others";
  state.now = look(overview(kNow, {process("a", kBefore, counters(700, 590, {0, 500, 0, 0}))}, endpoints));
  return state;
}

}  // namespace

TEST_CASE("cells: columns are what a terminal shows, not bytes") {
  CHECK(columns_of("") == 0);
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("größe") == 5);
  CHECK(columns_of("日本") == 4);
  CHECK(columns_of("e\u0301") == 1);
  CHECK(columns_of("🚀") == 2);
  CHECK(cut("日本語", 6) == "日本語");
  CHECK(cut("日本語", 5) == "日本…");
  CHECK(cut("日本語", 4) == "日…");
  CHECK(cut("abc", 0).empty());
  CHECK(fitted("日本語", 4) == "日… ");
  CHECK(fitted("7", 3, Align::right) == "  7");
  CHECK(columns_of(fitted("\xff\xe6", 5)) == 5);
}

TEST_CASE("top: numbers and times are short, whatever they are") {
  CHECK(count_text(0) == "0");
  CHECK(count_text(12'345) == "12,345");
  CHECK(count_text(100'000) == "100k");
  CHECK(count_text(4'500'000) == "4.5M");
  CHECK(count_text(UINT64_MAX).size() <= 10);
  CHECK(rate_text(0) == "0");
  CHECK(rate_text(0.34) == "0.3");
  CHECK(rate_text(1'250.4) == "1,250");
  CHECK(rate_text(12'540) == "12.5k");
  CHECK(rate_text(250'000) == "250k");
  CHECK(seconds_text(std::nullopt) == "-");
  CHECK(seconds_text(0.00035) == "350 us");
  CHECK(seconds_text(0.0035) == "3.5 ms");
  CHECK(seconds_text(12) == "12 s");
  CHECK(seconds_text(2'700) == "45 min");
  CHECK(seconds_text(7'300) == "2 h");
  CHECK(seconds_text(9 * 86'400) == "9 d");
}

TEST_CASE("top: rates are of the processes that are in both looks, or were started between them") {
  const auto before = look(
      overview(kBefore, {process("a", kBefore, counters(100, 0, {})), process("gone", kBefore, counters(900, 0, {}))}));
  const auto now = look(overview(kNow, {process("a", kBefore, counters(160, 0, {})),
                                        process("fresh", "2026-01-31T08:00:01.000Z", counters(10, 0, {})),
                                        process("was-away", "2026-01-30T08:00:00.000Z", counters(5'000, 0, {}))}));
  const TopRates rates = rates_between(before, now);
  CHECK(rates.seconds == 2);
  CHECK(rates.counts[static_cast<std::size_t>(TopCount::accepted)] == 35);
  CHECK(rates_between(now, now).seconds == 0);
  CHECK(rates_between(now, before).seconds == 0);
}

TEST_CASE("top: one of the same name that was started again begins at nothing") {
  const auto before = look(overview(kBefore, {process("a", kBefore, counters(100, 0, {}))}));
  const auto now = look(overview(kNow, {process("a", "2026-01-31T08:00:01.500Z", counters(8, 0, {}))}));
  CHECK(rates_between(before, now).counts[static_cast<std::size_t>(TopCount::accepted)] == 4);
}

TEST_CASE("top: quantiles are of what came between the looks, as their buckets tell") {
  const std::vector<double> bounds = {0.001, 0.01, 1.0};
  CHECK_FALSE(quantile({0, 0, 0, 0}, bounds, 0.5));
  CHECK_FALSE(quantile({}, bounds, 0.5));
  CHECK(quantile({100, 0, 0, 0}, bounds, 0.5) == 0.0005);
  CHECK(quantile({0, 0, 10, 0}, bounds, 1.0) == 1.0);
  CHECK(quantile({0, 0, 0, 10}, bounds, 0.5) == 1.0);
  const TopState state = busy();
  const TopRates rates = rates_between(*state.before, *state.now);
  const auto& age = rates.durations[static_cast<std::size_t>(TopDuration::age)];
  REQUIRE(age.p99);
  CHECK(*age.p50 == doctest::Approx(0.0055));
  CHECK(*age.p99 <= 0.01);
  CHECK_FALSE(rates.durations[static_cast<std::size_t>(TopDuration::append)].p50);
}

TEST_CASE("top: what is no overview is none") {
  for (const char* bad : {"", "[]", "{}", "<html>", R"({"processes":{}})", R"({"processes":[]})"})
    CHECK_FALSE(top_look_of(bad));
  CHECK(top_look_of(R"({"processes":[7,{}],"waiting":{},"endpoints":{"items":[7]},"at":7,"bounds_seconds":["x"]})"));
}

TEST_CASE("top: no line of a frame is wider than its terminal, and no frame is longer, with colour or without") {
  TopState state = busy();
  state.now->missing = {"gateway-" + std::string(300, 'x')};
  for (const bool help : {false, true})
    for (std::size_t columns = 1; columns <= 220; ++columns)
      for (const std::size_t rows : {0, 1, 7, 20, 50}) {
        state.help = help;
        const auto lines = lines_of(top_frame(state, {columns, rows}, false));
        if (rows != 0) CHECK(lines.size() <= rows);
        for (const std::string& line : lines) REQUIRE_MESSAGE(columns_of(line) <= columns, line);
      }
}

TEST_CASE("top: a frame of 60 columns shows what matters most, one of 200 all of it") {
  const TopState state = busy();
  const std::string narrow = top_frame(state, {60, 20}, false), wide = top_frame(state, {200, 50}, false);
  CAPTURE(narrow);
  CHECK(narrow.find("accepted      300/s") != std::string::npos);
  CHECK(narrow.find("delivered     250/s") != std::string::npos);
  CHECK(narrow.find("high            200k        10      200k         0       2 h") != std::string::npos);
  CHECK(narrow.find("\nlow ") == std::string::npos);
  CHECK(narrow.find("FAILING") != std::string::npos);
  CHECK(narrow.find("connectio") != std::string::npos);
  CHECK(narrow.find("FAIL/S") != std::string::npos);
  CHECK(narrow.find("OK/S") == std::string::npos);
  CAPTURE(wide);
  CHECK(wide.find("\nlow ") != std::string::npos);
  for (const char* column :
       {"RETRY", "OUT", "OK/S", "FAIL/S", "STANDING", "日本語のエンドポイント-with-a-long-name", "after 3 others"})
    CHECK_MESSAGE(wide.find(column) != std::string::npos, column);
  CHECK(wide.find("60 min") != std::string::npos);
}

TEST_CASE(
    "top: nothing that others wrote gets to the terminal as a command, and colour is there only where it is asked "
    "for") {
  const TopState state = busy();
  CHECK(top_frame(state, {100, 0}, false).find('\x1b') == std::string::npos);
  const std::string coloured = top_frame(state, {200, 0}, true);
  CHECK(coloured.find("\x1b[31m") != std::string::npos);
  CHECK(coloured.find("refused\x1b[31m") == std::string::npos);
  CHECK(coloured.find("refused\\u001b[31m") != std::string::npos);
}

TEST_CASE("top: endpoints stand in the order that was asked for, and its column is marked") {
  TopState state = busy();
  const auto order = [&state](TopSort sort) {
    state.sort = sort;
    std::string names;
    for (const std::string& line : lines_of(top_frame(state, {200, 0}, false)))
      for (const char* name : {"billing", "mail", "日本語"})
        if (line.starts_with(name)) names += name[0] == 'b' ? 'b' : name[0] == 'm' ? 'm' : 'j';
    return names;
  };
  CHECK(order(TopSort::waiting) == "jmb");
  CHECK(order(TopSort::name) == "bmj");
  CHECK(order(TopSort::delivered) == "bmj");
  CHECK(order(TopSort::failing) == "jbm");
  CHECK(top_frame(state, {200, 0}, false).find("↓FAILING") != std::string::npos);
}

TEST_CASE("top: one look has no rates, and a look that failed is told with what is known") {
  TopState state = busy();
  state.before.reset();
  CHECK(top_frame(state, {80, 0}, false).find("accepted          -") != std::string::npos);
  state.trouble = "nobody answers";
  state.paused = true;
  const std::string frame = top_frame(state, {80, 0}, false);
  CHECK(frame.find("nobody answers") != std::string::npos);
  CHECK(frame.find("PAUSED") != std::string::npos);
  CHECK(frame.find("billing") != std::string::npos);
  CHECK(lines_of(top_frame(TopState{}, {80, 0}, false)).size() == 1);
}

TEST_CASE("top: a program gets the same as one object on a line") {
  const std::string text = top_json(busy());
  CHECK(text.find('\n') == std::string::npos);
  const Json json = Json::parse(text);
  CHECK(json["per_second"]["accepted"] == 300);
  CHECK(json["latency"]["append"]["p50_seconds"].is_null());
  CHECK(json["classes"]["high"]["waiting"] == 200'010);
  CHECK(json["endpoints"][0]["delivered_per_second"] == 40);
  CHECK(json["endpoints"][1]["failing_seconds"] == 3'600);
}
