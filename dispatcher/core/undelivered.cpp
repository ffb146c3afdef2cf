// Events that nobody received: the last of their dead letters says so, and a repeat of them is delivered again.
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "dispatcher/core/core.hpp"

namespace certes::dispatcher {
namespace {

namespace names = log::names;

constexpr std::size_t kMostBytes = 4'096;  // of endpoints' ids; with more the event stays in the dead letters

void add_undelivered(OpenRecord& open, std::string_view endpoint) {
  if (!open.undelivered)
    open.undelivered = std::make_unique<std::string>(endpoint);
  else
    open.undelivered->append(1, ',').append(endpoint);
}

// Whether a repeat would be known for one: an event whose id the client gave. What an operator replayed is the
// operator's.
bool can_come_again(const log::StoredRecord& record) {
  const std::string_view replay = record.headers.get(names::kReplay);
  return record.headers.get(names::kClientId) == "1" && record.headers.get(names::kKind) == "event" &&
         (replay.empty() || event::is_redelivery(replay));
}

}  // namespace

// Its end is known now, and goes to the log.
void Core::decide(Delivery& delivery, End end) {
  delivery.last = true;
  delivery.end = end;
  OpenRecord& open = *delivery.record;
  ++open.decided;
  if (end != End::dead_lettered)
    open.received = true;
  else if (delivery.endpoint)
    add_undelivered(open, delivery.endpoint->config().id);
}

void Core::ended_before(OpenRecord& open, const log::DeliveryState& known, std::string_view endpoint) {
  if (known.dead_lettered)
    add_undelivered(open, endpoint);
  else
    open.received = true;
}

// What the dead letter of this delivery, whose end is decided, says: nothing, if it is not the last of its event or
// someone has received it. Dead letters of a partition stand on the log in the order in which they are appended.
std::string_view Core::undelivered(const Delivery& delivery) {
  const OpenRecord& open = *delivery.record;
  const bool last = open.open == open.decided;
  if (!last || open.received || open.abandoned || !open.undelivered || open.undelivered->size() > kMostBytes) return {};
  return can_come_again(*open.record) ? std::string_view(*open.undelivered) : std::string_view();
}

}  // namespace certes::dispatcher
