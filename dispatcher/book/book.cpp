#include "dispatcher/book/book.hpp"

#include <algorithm>
#include <vector>

#include "common/base/overloaded.hpp"
#include "common/event/command.hpp"
#include "common/log/names.hpp"
#include "dispatcher/book/delivery_id.hpp"

namespace certes::dispatcher {
namespace {

std::string result_name(const log::StoredRecord& command) {
  return event::result_name(event_id(command), command.headers.get(log::names::kReplay));
}

}  // namespace

Book::Book(Scheduler& scheduler, Sweep& sweep, AwaitingMemory& awaiting, Outcomes& outcomes, const Clock& clock)
    : scheduler_(scheduler),
      sweep_(sweep),
      awaiting_(awaiting),
      outcomes_(outcomes),
      clock_(clock),
      start_(clock.now()) {}

// Lists let go of what they hold before the pools do.
Book::~Book() {
  deliveries_.for_each([&](Delivery& delivery) { leave_place(delivery); });
}

OpenRecord& Book::open(log::RecordPtr record, const DeliveryStates& known) {
  OpenRecord& open = records_.take();
  open.record = std::move(record);
  open.memory = Charge(memory_, open.record->size() + sizeof(log::StoredRecord) + Pool<OpenRecord>::kBytes);
  if (!known.empty()) open.known = std::make_unique<DeliveryStates>(known);
  return open;
}

void Book::close_if_done(OpenRecord& open) {
  if (open.open > 0) return;
  if (!open.abandoned) outcomes_.finish(open.place());
  records_.give_back(open);
}

Delivery& Book::add(OpenRecord& open, Endpoint* endpoint) {
  Delivery& delivery = deliveries_.take();
  delivery.record = &open;
  ++open.open;
  open.memory.grow(Pool<Delivery>::kBytes);
  delivery.endpoint = endpoint;
  if (endpoint) ++endpoint->deliveries;
  return delivery;
}

Delivery& Book::add_command(OpenRecord& open, Endpoint* endpoint) {
  Delivery& delivery = add(open, endpoint);
  delivery.command = true;
  commands_[result_name(*open.record)] = delivery.id;
  return delivery;
}

Delivery* Book::command_of(std::string_view result_id) {
  const auto found = commands_.find(result_id);
  return found == commands_.end() ? nullptr : deliveries_.find(found->second);
}

void Book::untrack(const Delivery& delivery) {
  if (!delivery.command) return;
  const auto found = commands_.find(result_name(*delivery.record->record));
  if (found != commands_.end() && found->second == delivery.id) commands_.erase(found);
}

void Book::begin_sending(Delivery& delivery, Slot&& slot) {
  put(delivery, Sending{std::move(slot), out_of(delivery), FixedCharge<kRequestBytes>(memory_)});
}

void Book::begin_answering(Delivery& delivery) { put(delivery, Answering{take_slot(delivery), out_of(delivery)}); }

void Book::begin_recording(Delivery& delivery, const Ending& ending, std::uint8_t appends) {
  put(delivery, Recording{take_slot(delivery), out_of(delivery), ending, appends});
  if (is_last(ending)) ++delivery.record->decided;
}

Out Book::out_of(const Delivery& delivery) { return Out(of(delivery.record->record->partition).out); }

Slot Book::take_slot(Delivery& delivery) {
  return std::visit(
      Overloaded{[](Unplaced&) { return Slot(); }, [](Queued&) { return Slot(); }, [](Held&) { return Slot(); },
                 [](InWheel&) { return Slot(); }, [](AwaitingResult&) { return Slot(); },
                 [](Sending& sending) { return std::move(sending.slot); },
                 [](Answering& answering) { return std::move(answering.slot); },
                 [](Recording& recording) { return std::move(recording.slot); },
                 [](Forgotten& forgotten) { return std::move(forgotten.slot); }},
      delivery.place);
}

void Book::end(Delivery& delivery) {
  OpenRecord& open = *delivery.record;
  const auto* recording = delivery.recording();
  if (recording && is_last(recording->ending)) --open.decided;
  leave_place(delivery);
  take_from(open, delivery);
  forget(delivery);
  close_if_done(open);
}

void Book::take_from(OpenRecord& open, Delivery& delivery) {
  uncount_age(delivery);
  untrack(delivery);
  delivery.record = nullptr;
  --open.open;
  open.memory.shrink(Pool<Delivery>::kBytes);
}

void Book::forget(Delivery& delivery) {
  if (delivery.endpoint) --delivery.endpoint->deliveries;
  deliveries_.give_back(delivery);
}

void Book::leave(std::int32_t number, bool lost, const std::function<void(std::uint64_t)>& abort) {
  of(number).revoking = !lost;
  deliveries_.for_each([&](Delivery& delivery) {
    if (!delivery.record || delivery.record->record->partition != number) return;
    if (delivery.is_out() && !lost) return;
    OpenRecord& open = *delivery.record;
    open.abandoned = true;
    auto* sending = std::get_if<Sending>(&delivery.place);
    if (!sending) return end(delivery);
    // Its answer only frees the slot.
    put(delivery, Forgotten{std::move(sending->slot), std::move(sending->memory)});
    take_from(open, delivery);
    abort(delivery.id);
    close_if_done(open);
  });
}

void Book::let_go_if_settled(std::int32_t number) {
  Partition& leaving = of(number);
  if (!leaving.revoking || leaving.out.held() > 0) return;
  leaving.revoking = false;
  outcomes_.let_go(number);
}

Book::Partition& Book::of(std::int32_t number) { return partitions_.try_emplace(number, out_).first->second; }

}  // namespace certes::dispatcher
