#include "dispatcher/outcome/undelivered.hpp"

#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"

namespace certes::dispatcher {
namespace {

namespace names = log::names;

constexpr std::size_t kMostBytes = 4'096;  // of endpoints' ids; with more the event stays in the dead letters

// Whether a repeat would be known for one: an event whose id the client gave. What an operator replayed is the
// operator's.
bool can_come_again(const log::StoredRecord& record) {
  const std::string_view replay = record.headers.get(names::kReplay);
  return record.headers.get(names::kClientId) == "1" && record.headers.get(names::kKind) == "event" &&
         (replay.empty() || event::is_redelivery(replay));
}

}  // namespace

void note_end(OpenRecord& open, bool dead_lettered, std::string_view endpoint) {
  if (!dead_lettered) {
    open.received = true;
  } else if (endpoint.empty()) {
    return;
  } else if (!open.undelivered) {
    open.undelivered = std::make_unique<std::string>(endpoint);
  } else {
    open.undelivered->append(1, ',').append(endpoint);
  }
}

// Dead letters of a partition stand on the log in the order in which they are appended.
std::string_view undelivered(const Delivery& delivery) {
  const OpenRecord& open = *delivery.record;
  const bool last = open.open == open.decided;
  if (!last || open.received || open.abandoned || !open.undelivered || open.undelivered->size() > kMostBytes) return {};
  return can_come_again(*open.record) ? std::string_view(*open.undelivered) : std::string_view();
}

}  // namespace certes::dispatcher
