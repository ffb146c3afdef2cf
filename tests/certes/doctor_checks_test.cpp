#include "certes/commands/doctor_checks.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::command;

namespace {

const UnixMillis kNow = parse_rfc3339("2026-06-01T12:00:00Z");

// "grade what" of each, a line each.
std::string told(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings)
    text.append(to_string(finding.grade)).append(" ").append(finding.what).append("\n");
  return text;
}
bool says(const Findings& findings, const std::string& line) { return told(findings).find(line) != std::string::npos; }

Json setting(const char* name, const char* value) { return {{"name", name}, {"value", value}}; }

}  // namespace

TEST_CASE("Doctor: what mends a finding is shown whole, however narrow the terminal is") {
  const Findings findings{{"api", Grade::good, "ready", ""},
                          {"dead letters", Grade::warning, "6 are open", "certes dead-letters list says why"}};
  CHECK(findings_text(findings, 0) ==
        "CHECK         FOUND  WHAT\napi           good   ready\ndead letters  look   6 are open\n"
        "                     → certes dead-letters list says why\n");
  CHECK(findings_text(findings, 45) ==
        "CHECK         FOUND  WHAT\napi           good   ready\ndead letters  look   6 are open\n"
        "                     → certes dead-letters\n                     list says why\n");
}

TEST_CASE("Doctor: a listener is ready, is not, is something else, or is not there") {
  CHECK(judge_health("gateway", "http://a", 200, "").grade == Grade::good);
  const Finding waits = judge_health("gateway", "http://a", 503, "the log is away");
  CHECK(waits.grade == Grade::bad);
  CHECK(waits.what.find("the log is away") != std::string::npos);
  CHECK(judge_health("gateway", "http://a", 404, "").mend.find("CERTES_GATEWAY_URL") != std::string::npos);
  CHECK(judge_silence("api", "http://a", {Code::unavailable, "refused"}).grade == Grade::bad);
  CHECK(is_ill({waits}));
  CHECK_FALSE(is_ill({not_looked_at("keys", {Code::forbidden, "lacks keys:read"})}));
}

TEST_CASE("Doctor: settings that one forgets are named") {
  CHECK(told(judge_settings({setting("dev", "true"), setting("api.listen", "127.0.0.1:9610")})) ==
        "good nothing that stands out\n");
  CHECK(told(judge_settings({setting("dev", "false"), setting("api.listen", "0.0.0.0:9610")})) ==
        "good nothing that stands out\n");
  const Findings open = judge_settings({setting("dev", "true"), setting("api.listen", "0.0.0.0:9610")});
  CHECK(is_ill(open));
  CHECK(says(open, "api.listen 0.0.0.0:9610"));
  const Findings forgotten = judge_settings(
      {setting("gateway.maintenance", "true"), setting("log.level", "debug"), setting("debug.core_dumps", "true")});
  CHECK(forgotten.size() == 3);
  CHECK_FALSE(is_ill(forgotten));
}

TEST_CASE("Doctor: endpoints that are disabled, paused, or get nothing") {
  const Json subscriptions = {{{"endpoint", "a"}}};
  CHECK(told(judge_endpoints({{{"id", "a"}, {"state", "active"}}}, subscriptions)) ==
        "good 1, all of them active and subscribed\n");
  const Findings found = judge_endpoints({{{"id", "a"}, {"state", "disabled"}, {"disabled_reason", "gone"}},
                                          {{"id", "b"}, {"state", "disabled"}},
                                          {{"id", "c"}, {"state", "paused"}},
                                          {{"id", "d"}, {"state", "active"}}},
                                         subscriptions);
  CHECK(is_ill(found));
  CHECK(says(found, "disabled by Certes, as they only failed or were gone, 1: a"));
  CHECK(says(found, "paused, 1: c"));
  CHECK(says(found, "so they get nothing, 1: d"));
  CHECK_FALSE(says(found, ": b"));
  Json many = Json::array();
  for (int n = 0; n < 7; ++n) many.push_back({{"id", "p" + std::to_string(n)}, {"state", "paused"}});
  CHECK(says(judge_endpoints(many, subscriptions), "paused, 7: p0, p1, p2, p3, p4, …"));
}

TEST_CASE("Doctor: partitions without a dispatcher, endpoints that fail, secrets that do not open") {
  const Json good = {{"endpoint", "a"}, {"standing", "open"}, {"partitions", {{"covered", 12}, {"all", 12}}}};
  CHECK(told(judge_stats({good}, kNow)) == "good none of 1 endpoints that were asked about fails\n");
  CHECK(told(judge_stats({}, kNow)) == "good no endpoint that could be asked about\n");
  Json bad = good;
  bad["partitions"]["covered"] = 8;
  bad["standing"] = "broken";
  bad["failing_since"] = "2026-06-01T11:00:00Z";
  const Findings found = judge_stats({bad}, kNow);
  CHECK(says(found, "bad of 12 partitions 4 have no dispatcher that answers"));
  CHECK(says(found, "bad their secrets do not open"));
  CHECK(says(found, "look fail for more than a minute, 1: a since 2026-06-01T11:00:00Z"));
  Json now = good;
  now["failing_since"] = "2026-06-01T11:59:30Z";
  CHECK_FALSE(says(judge_stats({now}, kNow), "fail for"));
}

TEST_CASE("Doctor: keys by when they expire") {
  const auto key = [](const char* expires) { return Json{{"id", "k"}, {"expires", expires}}; };
  CHECK(says(judge_keys({{{"id", "k"}}, key("2027-01-01T00:00:00Z")}, kNow), "good 2, none"));
  CHECK(says(judge_keys(Json::array({key("2026-06-10T00:00:00Z")}), kNow),
             "look expire within two weeks, 1: k at 2026-06-10"));
  CHECK(says(judge_keys(Json::array({key("2026-05-10T00:00:00Z")}), kNow), "look have expired, 1: k at 2026-05-10"));
}

TEST_CASE("Doctor: dead letters, history, version") {
  CHECK(judge_dead_letters({{"items", Json::array()}, {"next", nullptr}}).grade == Grade::good);
  CHECK(judge_dead_letters({{"items", {1, 2}}, {"next", nullptr}}).what == "2 are kept");
  CHECK(judge_dead_letters({{"items", {{{"id", "dl_1"}, {"state", "open"}}}}, {"next", nullptr}}).what == "1 are open");
  CHECK(judge_dead_letters({{"items", Json::array()}, {"next", "x"}}).grade == Grade::warning);
  CHECK(judge_history({{"indexed_until", nullptr}}, kNow).grade == Grade::warning);
  CHECK(judge_history({{"indexed_until", "2026-06-01T11:59:58Z"}, {"indexed_from", nullptr}}, kNow).what ==
        "up to date");
  CHECK(judge_history({{"indexed_until", "2026-06-01T11:59:00Z"}}, kNow).what.find("ago") != std::string::npos);
  CHECK(judge_version("1.2", "1.2").grade == Grade::good);
  CHECK(judge_version("1.2", "1.3").grade == Grade::warning);
}
