#include "api/explain/explanation_json.hpp"

#include "common/registry/json.hpp"

namespace certes::api {
namespace {

using questions::DeliveryStanding;
using questions::Stage;
using registry::OrderedJson;

void put_newer(OrderedJson& json, Newer newer) {
  if (newer != Newer::no) json["newer_than_event"] = newer == Newer::created ? "created" : "changed";
}

OrderedJson json_of(const Considered& one) {
  const registry::Subscription& subscription = *one.subscription;
  OrderedJson json = {{"id", subscription.id},
                      {"kind", to_string(subscription.kind)},
                      {"pattern", subscription.pattern},
                      {"priority", to_string(subscription.priority)},
                      {"takes", one.takes_it()}};
  if (one.takes != registry::Takes::yes)
    json["excluded_by"] = to_string(one.takes);
  else if (!one.takes_it())
    json["excluded_by"] = "filter";
  if (one.filter != ByFilter::none) json["filter"] = to_string(one.filter);
  if (!one.filtered.failure.empty()) {
    json["filter_failure"] = one.filtered.failure;
    json["on_filter_error"] = to_string(one.subscription->on_filter_error);
  }
  put_newer(json, one.newer);
  return json;
}

OrderedJson endpoint_json(const Explanation& explanation) {
  if (!explanation.endpoint) return nullptr;
  OrderedJson json = {{"state", to_string(explanation.endpoint->state)}, {"version", explanation.endpoint->version}};
  put_newer(json, explanation.endpoint_newer);
  return json;
}

OrderedJson configuration_json(const Explanation& explanation, UnixMillis now) {
  OrderedJson json = {{"as_of", format_rfc3339(now)},
                      {"decision", to_string(explanation.decision)},
                      {"endpoint", endpoint_json(explanation)},
                      {"subscription", nullptr}};
  if (const auto* const by = explanation.subscription()) json["subscription"] = by->id;
  if (explanation.decision == Decision::deliver) {
    json["priority"] = to_string(explanation.priority);
    if (explanation.capped) json["priority_capped_by"] = "tenant";
    json["backoff_policy"] = {{"from", to_string(explanation.policy.from)}};
    if (explanation.policy.policy) json["backoff_policy"]["id"] = explanation.policy.policy->id;
  }
  if (explanation.decision == Decision::deliver && explanation.transform_from() != nullptr)
    json["transform"] = {{"from", explanation.transform_from()}};
  json["considered"] = OrderedJson::array();
  for (const Considered& one : explanation.considered) json["considered"].push_back(json_of(one));
  if (explanation.left_out > 0) json["left_out"] = explanation.left_out;
  return json;
}

OrderedJson first_json(const questions::FirstOfKey& first) {
  OrderedJson json = {{"offset", first.offset}, {"attempts", first.attempts}};
  if (first.due != 0) json["retry_at"] = format_rfc3339(first.due);
  return json;
}

OrderedJson waiting_json(const DeliveryStanding& standing) {
  OrderedJson json = {{"waits_for", to_string(standing.waits_for)}};
  if (standing.until != 0) json["until"] = format_rfc3339(standing.until);
  json["priority"] = to_string(standing.priority);
  json["in"] = standing.in_memory ? "memory" : "log";
  json["before"] = {{"same_class", standing.before.same_class},
                    {"higher_classes", standing.before.higher_classes},
                    {"more", standing.before.more}};
  if (standing.first_of_key) json["first_of_key"] = first_json(*standing.first_of_key);
  return json;
}

OrderedJson json_of(const ExplainedDelivery& delivery) {
  OrderedJson json = {{"state", state_of(delivery)},
                      {"partition", delivery.record.place.partition},
                      {"offset", delivery.record.place.offset}};
  if (!delivery.record.replay.empty()) json["replay"] = delivery.record.replay;
  if (const history::DeliveryRow* const row = delivery.recorded) {
    json["delivery"] = row->id;
    json["attempts"] = row->attempts;
    if (row->status != 0) json["status"] = row->status;
    if (!row->rule.empty()) json["rule"] = row->rule;
    if (!row->error.empty()) json["error"] = row->error;
    if (row->last_at > 0) json["last_at"] = format_rfc3339(row->last_at);
  } else {
    json["attempts"] = delivery.standing ? delivery.standing->attempts : 0;
  }
  if (!delivery.process.empty()) json["answered_by"] = delivery.process;
  if (!delivery.standing) return json;
  if (delivery.standing->stage == Stage::open) json["waiting"] = waiting_json(*delivery.standing);
  if (delivery.standing->stage == Stage::unrouted) json["unrouted_before"] = delivery.standing->unrouted_before;
  return json;
}

}  // namespace

// An open delivery has no end on the log, whatever was recorded of it before; what is closed may be known a moment
// later to history than to its dispatcher.
std::string_view state_of(const ExplainedDelivery& delivery) {
  const history::DeliveryRow* const row = delivery.recorded;
  if (row != nullptr && is_end(row->state)) return history::to_string(row->state);
  if (!delivery.standing) return row != nullptr ? history::to_string(row->state) : "unknown";
  switch (delivery.standing->stage) {
    case Stage::unrouted: return "unrouted";
    case Stage::open: return "waiting";
    case Stage::closed: break;
  }
  return row != nullptr ? history::to_string(row->state) : "none";
}

std::string explanation_json(const history::EventRow& event, std::string_view endpoint, const Explanation& explanation,
                             const std::vector<ExplainedDelivery>& deliveries, UnixMillis now) {
  OrderedJson json = {{"event", event.id},
                      {"endpoint", endpoint},
                      {"type", event.type},
                      {"kind", event.kind},
                      {"accepted_at", format_rfc3339(event.at)},
                      {"state", deliveries.empty() ? "none" : state_of(deliveries.back())},
                      {"configuration", configuration_json(explanation, now)},
                      {"deliveries", OrderedJson::array()}};
  for (const ExplainedDelivery& one : deliveries) json["deliveries"].push_back(json_of(one));
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace certes::api
