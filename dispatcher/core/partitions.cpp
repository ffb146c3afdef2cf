// Partitions that go: a revoked one stops sending and lets go once nothing of it is out; a lost one is forgotten.
#include "dispatcher/core/core.hpp"

namespace certes::dispatcher {

void Core::on_revoked(std::int32_t number) {
  leave(number, false);
  let_go_if_settled(number);
}

void Core::on_lost(std::int32_t number) {
  leave(number, true);
  partition(number).revoking = false;
}

void Core::leave(std::int32_t number, bool lost) {
  partition(number).revoking = true;
  for (Unrouted& unrouted : unrouted_) {
    if (!unrouted.record || unrouted.record->record->partition != number) continue;
    unrouted.record->abandoned = true;
    close_if_done(*std::exchange(unrouted.record, nullptr));
  }
  deliveries_.for_each([&](Delivery& delivery) {
    if (!delivery.record || delivery.record->record->partition != number) return;
    const bool sent = delivery.state == Stage::sending;
    const bool recording = delivery.state == Stage::recording;
    if ((sent || recording) && !lost) return;
    delivery.record->abandoned = true;
    if (sent || recording) unsettle(delivery);
    if (!sent) return end(delivery);
    // Its answer only frees the slot.
    untrack(delivery);
    OpenRecord& open = *std::exchange(delivery.record, nullptr);
    --open.open;
    ports_.sending.abort(delivery.id);
    close_if_done(open);
  });
}

void Core::let_go_if_settled(std::int32_t number) {
  Partition& leaving = partition(number);
  if (!leaving.revoking || leaving.unsettled > 0) return;
  leaving.revoking = false;
  ports_.outcomes.let_go(number);
}

void Core::abort_all() {
  deliveries_.for_each([&](Delivery& delivery) {
    if (delivery.state == Stage::sending) ports_.sending.abort(delivery.id);
  });
}

}  // namespace certes::dispatcher
