#pragma once
// Explanation: what the configuration makes of an event for one endpoint: which of its subscriptions take the event,
// what speaks against each of the others, and what decides. It goes by the configuration as it is now, and by how the
// dispatcher decides (registry/takers, filtering, fate, nearest_policy): whoever asks later than the event was routed
// is told which subscription is newer than the event. Who: GET /events/{id}/explain. Pure; any thread.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "common/log/record.hpp"
#include "common/registry/filtering.hpp"
#include "common/registry/nearest_policy.hpp"
#include "common/registry/resources.hpp"
#include "common/registry/takers.hpp"

namespace certes::api {

// The first that applies, in this order.
enum class Decision : std::uint8_t {
  no_endpoint,      // there is none of that id
  not_named,        // a replay, to other endpoints
  no_subscription,  // there is none to the endpoint
  not_taken,        // there are, and none takes the event
  filtered,         // some take its type, and their filters do not take the event
  disabled_then,    // it came while an operator had disabled the endpoint
  disabled,         // it came before the endpoint was disabled, or while Certes had disabled it: a dead letter
  purged,           // it came before the endpoint was purged of such as this
  filter_failed,    // a filter fails, and says that the event is a dead letter then
  deliver,
};
std::string_view to_string(Decision decision);

// Beside when the event was accepted.
enum class Newer : std::uint8_t { no, changed, created };

// What the filter of a subscription that takes the event's type says. unknown: the log has the event no more; it counts
// as taken.
enum class ByFilter : std::uint8_t { none, yes, no, failed, unknown };
std::string_view to_string(ByFilter says);

struct Considered {
  std::shared_ptr<const registry::Subscription> subscription;
  registry::Takes takes = registry::Takes::yes;
  Newer newer = Newer::no;
  ByFilter filter = ByFilter::none;
  registry::Filtered filtered = {};  // what becomes of the event by it

  bool takes_it() const { return decides() && filtered.takes == registry::Filtered::Takes::yes; }
  // It takes it, or makes it a dead letter.
  bool decides() const { return takes == registry::Takes::yes && filtered.takes != registry::Filtered::Takes::no; }
};

// An event of the endpoint's tenant, as its record says.
struct ExplainedEvent {
  registry::Taken taken;
  std::string_view named;           // whom it is for, where it is a replay to some: ids with commas
  const log::StoredRecord& record;  // of one that the log has no more: its append time and type alone
  bool whole = true;                // it is as the log has it
};

struct Explanation {
  static constexpr std::size_t kMostConsidered = 100;

  Decision decision = Decision::no_endpoint;
  std::shared_ptr<const registry::Endpoint> endpoint;  // null: none
  Newer endpoint_newer = Newer::no;
  // Of the subscriptions to the endpoint: those that take the event first, of them the one by which it goes; then by
  // id.
  std::vector<Considered> considered;
  std::size_t left_out = 0;  // more than kMostConsidered
  // Once it is to be delivered.
  registry::Priority priority = registry::Priority::normal;
  bool capped = false;  // its subscription's is higher, and its tenant may have no higher one
  registry::NearestPolicy policy;

  // By which it goes; null: by none.
  const registry::Subscription* subscription() const {
    const bool any = !considered.empty() && considered.front().decides();
    return any ? considered.front().subscription.get() : nullptr;
  }
  // Whose transformation is run: "subscription", "endpoint"; null: nobody's. Precondition: there is an endpoint.
  const char* transform_from() const {
    if (subscription() != nullptr && subscription()->transform) return "subscription";
    return endpoint->transform ? "endpoint" : nullptr;
  }
};

// Whether a list of ids with commas has that one, as the records of repeats name their endpoints.
bool names(std::string_view ids, std::string_view id);

// `global_policy`: its id in the settings. Takes as long as the tenant's subscriptions are many.
Explanation explain(const registry::State& state, const ExplainedEvent& event, std::string_view endpoint,
                    std::string_view global_policy);

}  // namespace certes::api
