// What of the core metrics show.
#include <algorithm>

#include "dispatcher/core/core.hpp"

namespace certes::dispatcher {

void Core::count_age(Delivery& delivery) {
  if (delivery.attempts == 0 || delivery.counted_at != 0) return;
  delivery.counted_at = delivery.record->record->appended_at;
  if (delivery.counted_at != 0) failed_[static_cast<std::size_t>(delivery.priority)].add(delivery.counted_at);
}

void Core::uncount_age(Delivery& delivery) {
  if (delivery.counted_at == 0) return;
  failed_[static_cast<std::size_t>(delivery.priority)].remove(std::exchange(delivery.counted_at, 0));
}

CoreGauges Core::gauges() const {
  CoreGauges gauges;
  gauges.in_flight = scheduler_.in_flight();
  gauges.memory_bytes = memory_;
  gauges.awaiting_bytes = awaiting_;
  for (const Partition& partition : partitions_) {
    if (!partition.duplicates) continue;
    gauges.identities += partition.duplicates->size();
    gauges.identity_bytes += partition.duplicates->bytes();
  }
  for (std::size_t i = 0; i < registry::kPriorities; ++i) {
    const auto priority = static_cast<Priority>(i);
    gauges.waiting[i] = scheduler_.waiting(priority, false) + scheduler_.waiting(priority, true);
    gauges.retrying[i] = retrying_[i];
    gauges.oldest_waiting[i] = failed_[i].oldest();
    for (const auto& [key, entry] : endpoints_)
      for (const bool retry : {false, true})
        if (const auto* first = static_cast<const Delivery*>(entry->lanes->front(priority, retry))) {
          const UnixMillis at = first->record->record->appended_at;
          gauges.oldest_waiting[i] = gauges.oldest_waiting[i] == 0 ? at : std::min(gauges.oldest_waiting[i], at);
        }
  }
  for (const auto& [key, entry] : endpoints_) {
    if (gauges.endpoint_waiting.size() <= entry->meter) gauges.endpoint_waiting.resize(entry->meter + 1);
    const auto sent = static_cast<std::size_t>(entry->lanes->in_flight());
    gauges.endpoint_waiting[entry->meter] += entry->deliveries - std::min(entry->deliveries, sent);
  }
  return gauges;
}

std::size_t Core::open_deliveries(std::string_view endpoint_key) const {
  const auto found = endpoints_.find(endpoint_key);
  return found == endpoints_.end() ? 0 : found->second->deliveries;
}

}  // namespace certes::dispatcher
