// The ways in which deliveries wait, how they leave them, and who leaves memory when that is full.
#include <algorithm>
#include <cassert>
#include <vector>

#include "common/base/overloaded.hpp"
#include "dispatcher/book/book.hpp"
#include "dispatcher/book/ways.hpp"
#include "dispatcher/loading/backlogs.hpp"

namespace certes::dispatcher {
namespace {

std::size_t at(registry::Priority priority) { return static_cast<std::size_t>(priority); }

constexpr Millis kKeptLongest{600'000};  // in memory until its next attempt
constexpr double kShareOfWaiting = 0.5;  // of memory, above which nothing is kept longer than it must

NodeOf<EndpointDeliveries>& of_endpoint(Delivery& delivery) { return delivery; }

// Where its lane counts it, while it is in the wheel.
std::size_t* in_wheel_of(const Delivery& delivery) {
  if (const auto* waits = std::get_if<InWheel>(&delivery.place)) return &delivery.backlog->in_wheel[waits->tried];
  return std::holds_alternative<AwaitingResult>(delivery.place) ? &delivery.backlog->in_wheel[true] : nullptr;
}

}  // namespace

void Book::queue(Delivery& delivery) {
  if (!is_first(delivery)) return wait_behind(delivery);
  const bool retry = is_retry(delivery);
  put(delivery, Queued{retry});
  if (const KeyOrder* const order = delivery.backlog->order.get())
    delivery.priority = order->priority_of(entry_of(delivery));
  delivery.priority = std::max(delivery.priority, delivery.endpoint->limits->highest);
  list(delivery);
  enter_ready(delivery, retry);
  scheduler_.push(*delivery.endpoint->lanes, delivery, delivery.priority, retry, clock_.now());
}

bool Book::is_retry(const Delivery& delivery) const {
  return delivery.attempts > 0 && !delivery.endpoint->probes.contains({delivery.partition(), open_place(delivery)});
}

void Book::wait_behind(Delivery& delivery) {
  put(delivery, BehindKey{});
  list(delivery);
  ++delivery.backlog->order->waiting_behind;
}

void Book::wait_for_retry(Delivery& delivery, UnixMillis due) {
  if (keeps(due)) return wait_until(delivery, due);
  set_aside(delivery);
}

bool Book::keeps(UnixMillis due) const {
  const Millis delay{due - clock_.unix_millis()};
  return delay <= kLoadedBefore || (delay <= kKeptLongest && !is_full(kShareOfWaiting));
}

void Book::wait_until(Delivery& delivery, UnixMillis due) {
  put(delivery, InWheel{delivery.attempts > 0});
  const Millis delay{std::max<std::int64_t>(0, due - clock_.unix_millis())};
  list(delivery);
  // Rounded up, so that no retry is a fraction of a millisecond early.
  wheel_.add(delivery, tick(clock_.now() + delay) + 1);
}

void Book::await_result(Delivery& delivery, UnixMillis until) {
  if (is_full(kShareOfWaiting) || purged(delivery)) return set_aside(delivery);
  put(delivery, AwaitingResult{});
  may_leave(delivery);
  const Millis delay{std::max<std::int64_t>(0, until - clock_.unix_millis())};
  wheel_.add(delivery, tick(clock_.now() + delay) + 1);
}

// It keeps its place among those that may leave memory.
void Book::hold(Delivery& delivery) {
  assert(is_way(delivery.place.index(), index_of<Held>()));
  delivery.place = Held{std::get<Queued>(delivery.place).tried};
  of(delivery.partition()).held.push_back(delivery);
}

void Book::rest(Delivery& delivery) {
  const bool retry = is_retry(delivery);
  put(delivery, Held{retry});
  list(delivery);
  leave_last(delivery);
  enter_ready(delivery, retry);
  delivery.endpoint->given_back.push_back(delivery);
}

void Book::set_aside(Endpoint& endpoint) {
  endpoint.waiting.for_each([this](Delivery& delivery) { set_aside(delivery); });
}

void Book::set_aside(Delivery& delivery) {
  leave_place(delivery);
  drop(delivery);
}

void Book::list(Delivery& delivery) {
  delivery.endpoint->waiting.push_back(delivery);
  may_leave(delivery);
  if (doomed(delivery)) sweep_.begin(*delivery.endpoint);
}

void Book::unlist(Delivery& delivery) {
  of_endpoint(delivery).unlink();
  stays(delivery);
}

std::size_t& Book::ready_of(const Delivery& delivery, bool tried) {
  return tried ? delivery.backlog->ready_tried : delivery.backlog->ready;
}

void Book::enter_ready(Delivery& delivery, bool tried) {
  ++ready_of(delivery, tried);
  if (KeyOrder* const order = delivery.backlog->order.get()) ++order->ready[at(delivery.priority)];
}

void Book::leave_ready(const Delivery& delivery, bool tried) {
  --ready_of(delivery, tried);
  if (KeyOrder* const order = delivery.backlog->order.get()) --order->ready[at(delivery.priority)];
  if (delivery.backlog->is_behind()) stirred_.push_back(delivery.backlog);
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
    const bool retry = std::get<Held>(delivery.place).tried;
    delivery.place = Queued{retry};
    scheduler_.push_front(*delivery.endpoint->lanes, delivery, delivery.priority, retry, now);
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
  if (delivery.is_out()) delivery.backlog->out.push_back(delivery);
  if (std::size_t* const count = in_wheel_of(delivery)) ++*count;
}

void Book::leave_place(Delivery& delivery) {
  if (delivery.is_out()) of_endpoint(delivery).unlink();
  if (std::size_t* const count = in_wheel_of(delivery)) --*count;
  KeyOrder* const order = delivery.backlog ? delivery.backlog->order.get() : nullptr;
  std::visit(Overloaded{[](Unplaced&) {},
                        [&](Queued& queued) {
                          unlist(delivery);
                          leave_ready(delivery, queued.tried);
                          scheduler_.erase(delivery);
                        },
                        [&](Held& held) {
                          unlist(delivery);
                          leave_ready(delivery, held.tried);
                          static_cast<Waiting&>(delivery).unlink();
                        },
                        [&](InWheel&) {
                          unlist(delivery);
                          wheel_.cancel(delivery);
                        },
                        [&](BehindKey&) {
                          unlist(delivery);
                          if (order) --order->waiting_behind;
                        },
                        [&](AwaitingResult&) {
                          stays(delivery);
                          wheel_.cancel(delivery);
                        },
                        [](Sending&) {}, [&](BetweenWorkers&) { static_cast<Waiting&>(delivery).unlink(); },
                        [](Answering&) {}, [](Recording&) {}, [](Forgotten&) {}},
             delivery.place);
  delivery.place = Unplaced{};
}

// It waits on in the index alone. Precondition: it has left its place.
void Book::drop(Delivery& delivery) {
  book::OpenIndex* const index = of(delivery.partition()).index;
  const book::OpenPlace place = open_place(delivery);
  Backlog& backlog = *delivery.backlog;
  const bool ends = delivery.endpoint != nullptr && doomed(delivery), ends_awaiting = ends && purged(delivery);
  remove(delivery);
  if (index == nullptr) return;
  const auto known = index->find(place);
  if (!known) return;
  // The sweep of what waits on the log may have passed it, and that of what is in memory does not come to it.
  const Due what = known->tried ? known->tried->what : Due::attempt;
  if ((ends && what == Due::attempt) || (ends_awaiting && what == Due::result)) backlog.sweep_from(place.offset);
  wait_on_log(backlog, *index, place.offset, *known);
  stirred_.push_back(&backlog);
}

std::uint64_t Book::tick(SteadyTime at) const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::duration_cast<Millis>(at - start_).count()));
}

}  // namespace certes::dispatcher
