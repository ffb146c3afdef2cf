// Back-off policies that take longer than deliveries may be open.
#include <algorithm>

#include "tests/api/fixture.hpp"

using namespace certes;
using namespace certes::api::testing;

namespace {

constexpr double kDay = 86'400;

// A wait is a day at most.
Json waits(double days) {
  Json all = Json::array();
  for (; days > 0; --days) all.push_back(std::min(days, 1.0) * kDay);
  return all;
}

Json of_days(double days) { return {{"strategy", "schedule"}, {"schedule_seconds", waits(days)}}; }

void nine_days(config::Settings& settings) { settings.retention.max_wait = std::chrono::days(9); }

}  // namespace

TEST_CASE("Master API: a policy that takes longer than deliveries may be open is refused, saying why") {
  Installation installation;
  Process api(installation, true, nine_days);
  CHECK(api.put("/backoff-policies/short", of_days(8)).status == 201);
  const auto refused = api.put("/backoff-policies/long", of_days(8.5));
  CHECK(refused.status == 400);
  CHECK(refused.json["pointer"] == "/schedule_seconds");
  CHECK(refused.json["detail"] ==
        "the policy takes up to 8.5 days, and events.max_wait_seconds (9 days) less 1 day leaves it 8 days");
  CHECK(api.put("/backoff-policies/endless", {{"strategy", "constant"}}).status == 201);
  const std::pair<Json, const char*> wrong[] = {{{{"max_seconds", 9 * kDay}}, "/max_seconds"},
                                                {{{"base_seconds", kDay}, {"max_attempts", 10}}, "/max_attempts"}};
  for (const auto& [body, pointer] : wrong) {
    CAPTURE(body.dump());
    CHECK(api.put("/backoff-policies/long", body).json["pointer"] == pointer);
    CHECK(api.put("/backoff-policies/long?dry_run=true", body).status == 400);
    Json named = body;
    named["id"] = "long";
    CHECK(api.post("/backoff-policies", named).status == 400);
  }
  CHECK(api.patch("/backoff-policies/short", {{"schedule_seconds", waits(9)}}).status == 400);
  CHECK(api.put("/backoff-policies/fits", {{"strategy", "constant"}, {"max_seconds", 8 * kDay}}).status == 201);
}

TEST_CASE("Master API: one that stands stays, and is named nowhere anew") {
  Installation installation;
  {
    Process before(installation);  // deliveries may be open for ever
    CHECK(before.put("/backoff-policies/long", of_days(20)).status == 201);
    CHECK(before.put("/endpoints/a", {{"url", "https://example.com/"}, {"backoff_policy", "long"}}).status == 201);
  }
  Process api(installation, true, nine_days);
  CHECK(api.put("/backoff-policies/long", of_days(20)).status == 200);  // as it stands
  CHECK(api.request("POST", "/endpoints/a/pause").status == 200);
  CHECK(api.patch("/endpoints/a", {{"concurrency", 3}}).status == 200);
  CHECK(api.put("/endpoints/b", {{"url", "https://example.com/"}}).status == 201);
  const Json long_one = {{"backoff_policy", "long"}};
  for (const Answer& refused :
       {api.patch("/endpoints/b", long_one),
        api.put("/subscriptions/s", {{"endpoint", "a"}, {"pattern", "#"}, {"backoff_policy", "long"}}),
        api.put("/sources/s", {{"verify", {{"scheme", "none"}}}, {"backoff_policy", "long"}}),
        api.put("/event-types/order.created", long_one)}) {
    CHECK(refused.status == 400);
    CHECK(refused.json["pointer"] == "/backoff_policy");
    CHECK(refused.json["detail"].get<std::string>().starts_with("the back-off policy \"long\" takes up to 20 days"));
  }
  // Producers go by theirs, whatever deliveries do.
  CHECK(api.put("/sources/s", {{"verify", {{"scheme", "none"}}}, {"producer_backoff_policy", "long"}}).status == 201);
}
