#pragma once
// What a subscription's filter makes of an event that the subscription matches. Who: the dispatcher's routing, and the
// Master API, which explains: both by the same rules. Pure but for what the event keeps of its payload; as the event,
// confined to one thread.

#include <cstdint>
#include <string>

#include "common/event/filter.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

struct Filtered {
  enum class Takes : std::uint8_t { yes, no, dead_letter };
  Takes takes = Takes::yes;
  std::string failure = {};  // why it has failed; empty: it has not
};

// Without a filter all is taken.
Filtered filtered(const filter::Program* filter, OnFilterError on_error, event::FilterEvent& event);

// The rule of dead letters that are there for it.
inline constexpr std::string_view kFilterFailed = "filter_failed";

}  // namespace certes::registry
