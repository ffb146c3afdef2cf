#include "dispatcher/book/book.hpp"

#include <algorithm>

#include "common/base/overloaded.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::uint32_t kFewDeliveries = 32;  // of a record
constexpr std::size_t kLaneBytes = 48;        // in its DeliveriesByLane

}  // namespace

Book::Book(Scheduler& scheduler, Sweep& sweep, Outcomes& outcomes, const Clock& clock, std::size_t memory_bytes)
    : scheduler_(scheduler),
      sweep_(sweep),
      outcomes_(outcomes),
      clock_(clock),
      memory_bytes_(memory_bytes),
      start_(clock.now()) {}

// Lists let go of what they hold before the pools do.
Book::~Book() {
  deliveries_.for_each([&](Delivery& delivery) { leave_place(delivery); });
}

void Book::begin(std::int32_t number, book::OpenIndex& index) {
  Partition& partition = of(number);
  partition.index = &index;
  partition.revoking = false;
}

LoadedRecord& Book::load(log::RecordPtr record, Backlog& backlog) {
  LoadedRecord*& known = of(record->partition).records[record->offset];
  if (known == nullptr) {
    known = &records_.take();
    known->record = std::move(record);
    known->memory =
        Charge(tenant_of(backlog).held, known->record->size() + sizeof(log::StoredRecord) + Pool<LoadedRecord>::kBytes);
  }
  pin(*known);
  return *known;
}

LoadedRecord* Book::loaded(std::int32_t partition, std::int64_t offset) {
  const auto& records = of(partition).records;
  const auto found = records.find(offset);
  return found == records.end() ? nullptr : found->second;
}

void Book::unpin(LoadedRecord& record) {
  if (--record.loaded > 0) return;
  of(record.record->partition).records.erase(record.record->offset);
  records_.give_back(record);
}

Delivery& Book::add(LoadedRecord& record, Backlog& backlog, Endpoint* endpoint) {
  Delivery& delivery = deliveries_.take();
  delivery.record = &record;
  delivery.backlog = &backlog;
  delivery.priority = delivery.own_priority = backlog.priority;
  pin(record);
  record.deliveries.push_back(delivery);
  record.memory.grow(Pool<Delivery>::kBytes);
  name_lane(record, delivery);
  delivery.endpoint = endpoint;
  if (endpoint) ++endpoint->deliveries;
  return delivery;
}

// Of an event for very many endpoints, each delivery is looked for.
void Book::name_lane(LoadedRecord& record, Delivery& delivery) {
  if (record.by_lane) {
    record.by_lane->emplace(delivery.backlog->lane, &delivery);
    record.memory.grow(kLaneBytes);
  } else if (record.loaded > kFewDeliveries) {
    record.by_lane = std::make_unique<DeliveriesByLane>();
    record.deliveries.for_each([&](Delivery& each) { record.by_lane->emplace(each.backlog->lane, &each); });
    record.memory.grow(kLaneBytes * record.by_lane->size());
  }
}

Delivery* Book::find(const LoadedRecord& record, book::LaneNumber lane) {
  if (record.by_lane) {
    const auto found = record.by_lane->find(lane);
    return found == record.by_lane->end() ? nullptr : found->second;
  }
  return record.deliveries.find([lane](const Delivery& delivery) { return delivery.backlog->lane == lane; });
}

void Book::begin_sending(Delivery& delivery, Slot&& slot) {
  put(delivery,
      Sending{std::move(slot), out_of(delivery), FixedCharge<kRequestBytes>(tenant_of(*delivery.backlog).held)});
}

void Book::wait_for_worker(Delivery& delivery) {
  auto& sending = std::get<Sending>(delivery.place);
  put(delivery, BetweenWorkers{std::move(sending.slot), out_of(delivery), std::move(sending.tries)});
  between_workers_.push_back(delivery);
}

void Book::go_on(Delivery& delivery, Seat&& seat) {
  auto& between = std::get<BetweenWorkers>(delivery.place);
  put(delivery,
      Sending{std::move(between.slot), out_of(delivery), FixedCharge<kRequestBytes>(tenant_of(*delivery.backlog).held),
              std::move(seat), std::move(between.tries)});
}

void Book::begin_answering(Delivery& delivery) { put(delivery, Answering{take_slot(delivery), out_of(delivery)}); }

void Book::begin_recording(Delivery& delivery, const Ending& ending, std::uint8_t appends) {
  put(delivery, Recording{take_slot(delivery), out_of(delivery), ending, appends});
  if (is_last(ending)) ++delivery.record->decided;
}

Out Book::out_of(const Delivery& delivery) { return Out(of(delivery.partition()).out); }

Slot Book::take_slot(Delivery& delivery) {
  return std::visit(
      Overloaded{[](Unplaced&) { return Slot(); }, [](Queued&) { return Slot(); }, [](Held&) { return Slot(); },
                 [](InWheel&) { return Slot(); }, [](BehindKey&) { return Slot(); },
                 [](AwaitingResult&) { return Slot(); }, [](Sending& sending) { return std::move(sending.slot); },
                 [](BetweenWorkers& between) { return std::move(between.slot); },
                 [](Answering& answering) { return std::move(answering.slot); },
                 [](Recording& recording) { return std::move(recording.slot); },
                 [](Forgotten& forgotten) { return std::move(forgotten.slot); }},
      delivery.place);
}

void Book::remove(Delivery& delivery) {
  LoadedRecord& record = *delivery.record;
  const auto* recording = delivery.recording();
  if (recording && is_last(recording->ending)) --record.decided;
  leave_place(delivery);
  take_from(record, delivery);
  forget(delivery);
}

void Book::take_from(LoadedRecord& record, Delivery& delivery) {
  static_cast<NodeOf<RecordDeliveries>&>(delivery).unlink();
  if (record.by_lane && record.by_lane->erase(delivery.backlog->lane) > 0) record.memory.shrink(kLaneBytes);
  delivery.record = nullptr;
  delivery.backlog = nullptr;
  record.memory.shrink(Pool<Delivery>::kBytes);
  unpin(record);
}

void Book::forget(Delivery& delivery) {
  if (delivery.endpoint) --delivery.endpoint->deliveries;
  deliveries_.give_back(delivery);
}

void Book::leave(std::int32_t number, bool lost, const std::function<void(std::uint64_t)>& abort) {
  Partition& leaving = of(number);
  leaving.revoking = !lost;
  if (lost) leaving.index = nullptr;
  deliveries_.for_each([&](Delivery& delivery) {
    if (!delivery.record || delivery.partition() != number) return;
    const bool waits_for_worker = std::holds_alternative<BetweenWorkers>(delivery.place);
    if (delivery.is_out() && !lost && !waits_for_worker) return;
    auto* sending = std::get_if<Sending>(&delivery.place);
    if (!sending) return remove(delivery);
    // Its answer only frees the slot.
    put(delivery, Forgotten{std::move(sending->slot), std::move(sending->memory), std::move(sending->seat)});
    take_from(*delivery.record, delivery);
    abort(delivery.id);
  });
  if (lost) left_.push_back(number);
}

void Book::let_go_if_settled(std::int32_t number) {
  Partition& leaving = of(number);
  if (!leaving.revoking || leaving.out.held() > 0) return;
  leaving.revoking = false;
  leaving.index = nullptr;
  left_.push_back(number);
  outcomes_.let_go(number);
}

Book::Partition& Book::of(std::int32_t number) { return partitions_.try_emplace(number, out_).first->second; }

}  // namespace certes::dispatcher
