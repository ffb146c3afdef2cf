#pragma once
// Redeliveries: an event that nobody received (all its deliveries are dead letters) and that comes again is not
// dropped, but replayed to the same endpoints. Its replay's id names the dead letter that said so, and it has an
// identity: whoever takes the repeat makes the same one, which is delivered once. Used by gateways, which make them,
// and dispatchers. Pure; any thread.

#include <string>
#include <string_view>

#include "common/event/event.hpp"

namespace certes::event {

inline constexpr std::string_view kRedelivery = "rpl_again_";
// Header of the last dead letter of an event that nobody received: the endpoints of all its deliveries, with commas. In
// names::kEndpoint of a redelivery they stand in the same way.
inline constexpr std::string_view kUndelivered = "certes-undelivered";

// By where the dead letter stands.
inline std::string redelivery_id(std::int32_t partition, std::int64_t offset) {
  return std::string(kRedelivery).append(std::to_string(partition)).append("-").append(std::to_string(offset));
}
inline bool is_redelivery(std::string_view replay) { return replay.starts_with(kRedelivery); }

// No client's: a source cannot hold a line feed.
inline log::Identity redelivery_identity(std::string_view tenant, std::string_view replay, std::string_view event_id) {
  return identity(tenant, std::string("\n").append(replay), event_id);
}

}  // namespace certes::event
