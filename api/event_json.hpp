#pragma once
// Events, their deliveries and attempts as the Master API shows them: JSON. Who: the routes of events. Pure; any
// thread.

#include <string>
#include <vector>

#include "api/history/rows.hpp"
#include "common/log/record.hpp"

namespace certes::api {

// Of a list.
std::string event_json(const history::EventRow& event);

// Alone: with what its record holds, and its deliveries. `record`: null, as it is not on the log any more.
struct ShownDelivery {
  history::DeliveryRow row;
  std::string replay;  // of a repeat; empty: of the event as it came
};
std::string event_json(const history::EventRow& event, const log::StoredRecord* record,
                       const std::vector<ShownDelivery>& deliveries);

// `endpoint`: whose delivery it is of.
std::string attempt_json(const history::AttemptRow& attempt, const std::string& endpoint);

}  // namespace certes::api
