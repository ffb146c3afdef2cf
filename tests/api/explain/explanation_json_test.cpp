// How an explanation is shown, and which state is said of a delivery that two have told of.
#include "api/explain/explanation_json.hpp"

#include <doctest/doctest.h>

#include "common/json/json.hpp"

using namespace certes;
using namespace certes::api;
using history::DeliveryRow;
using history::DeliveryState;
using questions::DeliveryStanding;
using questions::Stage;
using questions::WaitsFor;
using Json = nlohmann::json;

namespace {

const history::EventRow kEvent = [] {
  history::EventRow row;
  row.place = {3, 17};
  row.at = 1'700'000'000'000;
  row.id = "evt_1";
  row.type = "order.paid";
  row.kind = "event";
  return row;
}();

std::string state(std::optional<DeliveryState> recorded, std::optional<Stage> stage) {
  DeliveryRow row;
  ExplainedDelivery delivery{kEvent};
  if (recorded) {
    row.state = *recorded;
    delivery.recorded = &row;
  }
  if (stage) {
    delivery.standing.emplace();
    delivery.standing->stage = *stage;
  }
  return std::string(state_of(delivery));
}

Json shown(const Explanation& explanation, const std::vector<ExplainedDelivery>& deliveries) {
  return json_or_null<Json>(explanation_json(kEvent, "billing", explanation, deliveries, 1'700'000'001'000));
}

}  // namespace

TEST_CASE("Explain: an end that is recorded stands, else the dispatcher's word, else what is recorded") {
  struct Case {
    std::optional<DeliveryState> recorded;
    std::optional<Stage> stage;
    const char* state;
  };
  const Case cases[] = {{DeliveryState::delivered, Stage::open, "delivered"},
                        {DeliveryState::cancelled, std::nullopt, "cancelled"},
                        {DeliveryState::retrying, Stage::open, "waiting"},
                        {DeliveryState::retrying, std::nullopt, "retrying"},
                        {DeliveryState::retrying, Stage::closed, "retrying"},
                        {DeliveryState::sending, std::nullopt, "sending"},
                        {std::nullopt, Stage::open, "waiting"},
                        {std::nullopt, Stage::unrouted, "unrouted"},
                        {std::nullopt, Stage::closed, "none"},
                        {std::nullopt, std::nullopt, "unknown"}};
  for (const Case& one : cases) CHECK(state(one.recorded, one.stage) == one.state);
}

TEST_CASE("Explain: what waits is shown with what it waits for, until when, and what stands before it") {
  ExplainedDelivery delivery{kEvent};
  DeliveryStanding& standing = delivery.standing.emplace();
  delivery.process = "worker-1";
  standing.stage = Stage::open;
  standing.waits_for = WaitsFor::order;
  standing.until = 1'700'000'002'000;
  standing.priority = registry::Priority::high;
  standing.before = {5, 2, true};
  standing.first_of_key = questions::FirstOfKey{12, 1, 1'700'000'003'000};
  const Json json = shown({}, {delivery});
  CHECK(json["state"] == "waiting");
  const Json& one = json["deliveries"][0];
  CHECK(one["answered_by"] == "worker-1");
  CHECK(one["attempts"] == 0);
  CHECK(one["offset"] == 17);
  const Json waiting = {{"waits_for", "order"},
                        {"until", "2023-11-14T22:13:22.000Z"},
                        {"priority", "high"},
                        {"in", "log"},
                        {"before", {{"same_class", 5}, {"higher_classes", 2}, {"more", true}}},
                        {"first_of_key", {{"offset", 12}, {"attempts", 1}, {"retry_at", "2023-11-14T22:13:23.000Z"}}}};
  CHECK(one["waiting"] == waiting);
}

TEST_CASE("Explain: the configuration is said to be that of now, and shows what decided") {
  Explanation explanation;
  CHECK(shown(explanation, {})["configuration"]["decision"] == "no_endpoint");
  CHECK(shown(explanation, {})["configuration"]["endpoint"].is_null());
  CHECK(shown(explanation, {})["state"] == "none");
  auto subscription = std::make_shared<registry::Subscription>();
  subscription->id = "s1";
  subscription->pattern = "order.#";
  auto other = std::make_shared<registry::Subscription>();
  other->id = "s2";
  other->pattern = "mail.#";
  explanation.endpoint = std::make_shared<registry::Endpoint>();
  explanation.decision = Decision::deliver;
  explanation.considered = {{subscription, registry::Takes::yes, Newer::created},
                            {other, registry::Takes::other_pattern, Newer::no}};
  explanation.capped = true;
  explanation.left_out = 4;
  const Json json = shown(explanation, {})["configuration"];
  CHECK(json["as_of"] == "2023-11-14T22:13:21.000Z");
  CHECK(json["subscription"] == "s1");
  CHECK(json["priority_capped_by"] == "tenant");
  CHECK(json["backoff_policy"] == Json{{"from", "built_in"}});
  CHECK(json["left_out"] == 4);
  CHECK(json["considered"][0]["takes"] == true);
  CHECK(json["considered"][0]["newer_than_event"] == "created");
  CHECK_FALSE(json["considered"][0].contains("excluded_by"));
  CHECK(json["considered"][1]["excluded_by"] == "pattern");
  CHECK_FALSE(json["considered"][1].contains("newer_than_event"));
}
