#pragma once
// An explanation, and how its deliveries stand, as the Master API shows them. Who: GET /events/{id}/explain. Pure; any
// thread.

#include <optional>
#include <string>
#include <vector>

#include "api/event_json.hpp"
#include "api/explain/explanation.hpp"
#include "common/questions/delivery_standing.hpp"

namespace certes::api {

// Of one record of the event that concerns the endpoint: its own, or a repeat.
struct ExplainedDelivery {
  const history::EventRow& record;
  const history::DeliveryRow* recorded = nullptr;  // what history knows of it; null: nothing
  // What its dispatcher says; nothing: none has answered for the partition.
  std::optional<questions::DeliveryStanding> standing = {};
  std::string process = {};  // that has said so
};

// How it stands: what the dispatcher says, where that is more than what is recorded. "delivered", …, as history has it;
// "waiting" and "unrouted" as the dispatcher has it; "none": it has no delivery; "unknown": nobody can say.
std::string_view state_of(const ExplainedDelivery& delivery);

// `deliveries`: the newest last.
std::string explanation_json(const history::EventRow& event, std::string_view endpoint, const Explanation& explanation,
                             const std::vector<ExplainedDelivery>& deliveries, UnixMillis now);

}  // namespace certes::api
