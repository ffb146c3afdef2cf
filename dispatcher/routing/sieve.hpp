#pragma once
// Sieve: what the filters of subscriptions make of one event. Of an endpoint's matching subscriptions, the highest
// priority first, the first that takes the event decides; where none does and one has failed that says so, it is a dead
// letter. The same event and registry give the same, now and after a restart. Who: intake, arrivals and attempts, for
// the event that they have at hand. Confined to the core loop.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event/filter.hpp"
#include "dispatcher/routing/filter_health.hpp"
#include "dispatcher/routing/router.hpp"

namespace certes::dispatcher {

// A filter that gave neither true nor false.
struct FailedFilter {
  std::string_view tenant, endpoint, subscription;
  registry::OnFilterError on_error = registry::OnFilterError::skip;
  std::string why = {};
  bool is_failing = false;  // as it does of late, where that is known
};

class Sieve {
 public:
  // All outlive it. Nothing is parsed before a filter looks at it. `health`: where what filters do is counted; null:
  // nowhere, as the event was asked about before.
  Sieve(event::JsonDocument& document, const log::StoredRecord& record, const event::EventView& view,
        FilterHealth* health = nullptr)
      : document_(document), record_(record), view_(view), health_(health) {}

  // The match as its deciding subscription has it; nothing: none takes the event. Precondition: it has choices.
  std::optional<Match> through(const Match& match);
  // Those that have failed so far; they view what was asked.
  const std::vector<FailedFilter>& failed() const { return failed_; }

 private:
  event::JsonDocument& document_;
  const log::StoredRecord& record_;
  const event::EventView& view_;
  FilterHealth* const health_;
  std::optional<event::FilterEvent> event_;
  std::vector<FailedFilter> failed_;
};

}  // namespace certes::dispatcher
