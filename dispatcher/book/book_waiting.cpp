// The ways in which deliveries wait, and how they leave them.
#include <algorithm>
#include <cassert>
#include <vector>

#include "common/base/overloaded.hpp"
#include "dispatcher/book/book.hpp"
#include "dispatcher/book/ways.hpp"

namespace certes::dispatcher {
namespace {

NodeOf<EndpointDeliveries>& node_of(Delivery& delivery) { return delivery; }

}  // namespace

void Book::queue(Delivery& delivery) {
  put(delivery, Queued{});
  uncount_age(delivery);
  delivery.priority = std::max(delivery.priority, delivery.endpoint->limits->highest);
  list(delivery);
  scheduler_.push(*delivery.endpoint->lanes, delivery, delivery.priority, delivery.attempts > 0, clock_.now());
}

void Book::wait_until(Delivery& delivery, UnixMillis due) {
  put(delivery, InWheel{});
  const Millis delay{std::max<std::int64_t>(0, due - clock_.unix_millis())};
  list(delivery);
  ++retrying_[static_cast<std::size_t>(delivery.priority)];
  // Rounded up, so that no retry is a fraction of a millisecond early.
  wheel_.add(delivery, tick(clock_.now() + delay) + 1);
}

void Book::await_result(Delivery& delivery, UnixMillis until) {
  put(delivery, AwaitingResult{});
  const Millis delay{std::max<std::int64_t>(0, until - clock_.unix_millis())};
  uncount_age(delivery);
  ++waiting_of(delivery);
  Budget& memory = awaiting_.of(delivery.endpoint->config().tenant);
  delivery.record->memory.move_to(memory);
  wheel_.add(delivery, tick(clock_.now() + delay) + 1);
}

void Book::hold(Delivery& delivery) {
  put(delivery, Held{});
  list(delivery);
  of(delivery.record->record->partition).held.push_back(delivery);
}

void Book::rest(Delivery& delivery) {
  put(delivery, Held{});
  list(delivery);
  delivery.endpoint->given_back.push_back(delivery);
}

void Book::list(Delivery& delivery) {
  delivery.endpoint->waiting.push_back(delivery);
  ++waiting_of(delivery);
  count_age(delivery);
  if (doomed(delivery)) sweep_.begin(*delivery.endpoint);
}

void Book::unlist(Delivery& delivery) {
  node_of(delivery).unlink();
  --waiting_of(delivery);
  if (delivery.attempts == 0) uncount_age(delivery);
}

std::size_t& Book::waiting_of(const Delivery& delivery) {
  const std::size_t meter = delivery.endpoint->meter;
  if (waiting_.size() <= meter) waiting_.resize(meter + 1);
  return waiting_[meter];
}

void Book::release_held() {
  for (auto& [number, partition] : partitions_)
    if (!partition.held.empty() && outcomes_.may_act(number)) put_back(partition.held);
}

void Book::release_rested(Endpoint& endpoint) { put_back(endpoint.given_back); }

void Book::put_back(HeldList& held) {
  std::vector<Delivery*> back;
  while (Waiting* item = held.pop_front()) back.push_back(static_cast<Delivery*>(item));
  const SteadyTime now = clock_.now();
  for (auto at = back.rbegin(); at != back.rend(); ++at) {
    Delivery& delivery = **at;
    assert(is_way(delivery.place.index(), index_of<Queued>()));
    delivery.place = Queued{};
    scheduler_.push_front(*delivery.endpoint->lanes, delivery, delivery.priority, delivery.attempts > 0, now);
  }
}

Delivery* Book::next(SteadyTime now, Slot& slot) {
  Waiting* item = scheduler_.next(now);
  if (item == nullptr) return nullptr;
  auto& delivery = static_cast<Delivery&>(*item);
  slot = Slot(*delivery.endpoint->lanes);
  return &delivery;
}

Delivery* Book::expire(SteadyTime now) { return static_cast<Delivery*>(wheel_.expire(tick(now))); }

std::optional<SteadyTime> Book::next_expiry() const {
  const auto next = wheel_.next();
  if (!next) return std::nullopt;
  return start_ + Millis{static_cast<std::int64_t>(*next)};
}

void Book::put(Delivery& delivery, DeliveryPlace place) {
  assert(is_way(delivery.place.index(), place.index()));
  leave_place(delivery);
  delivery.place = std::move(place);
}

void Book::leave_place(Delivery& delivery) {
  std::visit(Overloaded{[](Unplaced&) {},
                        [&](Queued&) {
                          unlist(delivery);
                          scheduler_.erase(delivery);
                        },
                        [&](Held&) {
                          unlist(delivery);
                          static_cast<Waiting&>(delivery).unlink();
                        },
                        [&](InWheel&) {
                          unlist(delivery);
                          wheel_.cancel(delivery);
                          --retrying_[static_cast<std::size_t>(delivery.priority)];
                        },
                        [&](AwaitingResult&) {
                          --waiting_of(delivery);
                          wheel_.cancel(delivery);
                          delivery.record->memory.move_to(memory_);
                        },
                        [](Sending&) {}, [](Answering&) {}, [](Recording&) {}, [](Forgotten&) {}},
             delivery.place);
  delivery.place = Unplaced{};
}

UnixMillis Book::oldest_waiting(registry::Priority priority) const {
  return waiting_since_[static_cast<std::size_t>(priority)].oldest();
}

void Book::count_age(Delivery& delivery) {
  const UnixMillis at = delivery.record->record->appended_at;
  if (at == 0 || std::exchange(delivery.counted, true)) return;
  waiting_since_[static_cast<std::size_t>(delivery.priority)].add(at);
}

void Book::uncount_age(Delivery& delivery) {
  if (!std::exchange(delivery.counted, false)) return;
  waiting_since_[static_cast<std::size_t>(delivery.priority)].remove(delivery.record->record->appended_at);
}

std::uint64_t Book::tick(SteadyTime at) const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::duration_cast<Millis>(at - start_).count()));
}

}  // namespace certes::dispatcher
