#include "dispatcher/outcome/undelivered.hpp"

#include "common/event/own_names.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"

namespace certes::dispatcher {
namespace {

namespace names = log::names;

constexpr std::size_t kMostBytes = 4'096;  // of endpoints' ids; with more the event stays in the dead letters

// Whether a repeat would be known for one: an event whose id the client gave. What an operator replayed is the
// operator's; what Certes itself has published nobody can send again.
bool can_come_again(const log::StoredRecord& record) {
  const std::string_view replay = record.headers.get(names::kReplay);
  return record.headers.get(names::kClientId) == "1" && record.headers.get(names::kKind) == "event" &&
         !event::is_own_type(record.headers.get("ce_type")) && (replay.empty() || event::is_redelivery(replay));
}

bool lists(std::string_view all, std::string_view endpoint) {
  for (std::size_t at = all.find(endpoint); at != std::string_view::npos; at = all.find(endpoint, at + 1)) {
    const std::size_t behind = at + endpoint.size();
    if ((at == 0 || all[at - 1] == ',') && (behind == all.size() || all[behind] == ',')) return true;
  }
  return false;
}

}  // namespace

void note_end(LoadedRecord& record, bool dead_lettered, std::string_view endpoint) {
  if (!dead_lettered) {
    record.received = true;
  } else if (endpoint.empty()) {
    return;
  } else if (!record.undelivered) {
    record.undelivered = std::make_unique<std::string>(endpoint);
  } else {
    record.undelivered->append(1, ',').append(endpoint);
  }
}

// Dead letters of a partition stand on the log in the order in which they are appended.
std::string undelivered_of(const Delivery& delivery, const book::OpenIndex& index) {
  const LoadedRecord& record = *delivery.record;
  if (record.received || !record.undelivered || !can_come_again(*record.record)) return {};
  const book::EventState event = index.event(delivery.offset());
  if (event.received || event.open.size() > record.decided) return {};
  std::string all;
  for (const book::LaneNumber lane : event.dead_lettered)
    if (const std::string& endpoint = index.lanes().at(lane)->name.endpoint; !lists(*record.undelivered, endpoint))
      all.append(endpoint).append(1, ',');
  all.append(*record.undelivered);
  return all.size() > kMostBytes ? std::string() : all;
}

}  // namespace certes::dispatcher
