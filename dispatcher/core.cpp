#include "dispatcher/core.hpp"

#include <algorithm>

#include "dispatcher/answering/lane_waiting.hpp"

namespace certes::dispatcher {
namespace {
constexpr std::size_t kSentARound = 2u << 20;  // bytes of events: they are signed

// Requests take at most half of the memory, and what is not routed a quarter.
CoreOptions fitted(CoreOptions options) {
  options.in_flight_max = std::clamp<std::size_t>(options.memory_bytes / 2 / kRequestBytes, 1,
                                                  std::max<std::size_t>(1, options.in_flight_max));
  options.shares.in_flight_max = options.in_flight_max;
  options.unrouted_bytes = std::min(options.unrouted_bytes, options.memory_bytes / 4);
  return options;
}

}  // namespace

Core::Core(CoreOptions options, CorePorts ports)
    : options_(fitted(std::move(options))),
      ports_(ports),
      scheduler_(options_.shares, ports.clock.now()),
      routes_(options_.routing),
      notices_(routes_, ports.outcomes, ports.observer, ports.clock, options_.seed),
      endpoints_(scheduler_, sweep_, ports.observer, notices_, ports.sealer, ports.clock, options_.first_in_flight),
      book_(scheduler_, sweep_, ports.outcomes, ports.clock, options_.memory_bytes),
      recorder_(options_, book_, commands_, ports.outcomes, ports.observer, notices_, tallies_, ports.clock),
      attempts_(options_, {book_, endpoints_, recorder_, routes_, ports.outcomes, ports.transfers, ports.registrar,
                           ports.observer, ports.sealer, ports.clock}),
      replies_(options_, routes_, ports.sealer),
      arrivals_(options_, {book_, recorder_, routes_, replies_, ports.clock}),
      loader_(options_, {book_, backlogs_, commands_, arrivals_, endpoints_, recorder_, routes_, replies_,
                         ports.outcomes, ports.picks, ports.observer, ports.clock}),
      intake_(options_, {book_, backlogs_, commands_, loader_, arrivals_, endpoints_, recorder_, notices_, routes_,
                         replies_, ports.registrar, ports.observer, tallies_}),
      informant_({book_, backlogs_, endpoints_, routes_, scheduler_, ports.outcomes, tallies_, ports.clock,
                  ports.clock.unix_millis(), [this] { return is_full(); }}) {}

void Core::on_running(std::int32_t partition, book::OpenIndex& index) {
  leave_settled();
  book_.begin(partition, index);
  loader_.begin(partition);
}

void Core::on_record(log::RecordPtr record) {
  notices_.read(record->appended_at);
  intake_.take(std::move(record));
}

void Core::run() {
  const SteadyTime now = ports_.clock.now();
  leave_settled();
  book_.each_index([now](std::int32_t, book::OpenIndex& index) { index.set_now(now); });
  endpoints_.use(share());
  intake_.ask_fence();
  expire(now);
  wake_rested(now);
  attempts_.step();
  book_.release_held();
  if (draining_) return;
  loader_.step();
  sweep();
  send_waiting(now);
}

void Core::leave_settled() {
  for (const std::int32_t partition : book_.take_left()) loader_.leave(partition);
}

Share Core::share() const {
  Share share{0, partitions_};
  book_.each_index([&share](std::int32_t, const book::OpenIndex&) { ++share.owned; });
  return share;
}

void Core::expire(SteadyTime now) {
  while (Delivery* due = book_.expire(now)) {
    if (std::holds_alternative<AwaitingResult>(due->place))
      recorder_.no_result(*due);
    else if (due->endpoint->mode == Mode::paused)
      book_.set_aside(*due);
    else
      book_.queue(*due);
  }
}

// One that is back gets what is most urgent first, though the rest is in memory sooner.
void Core::wake_rested(SteadyTime now) {
  static constexpr Millis kBrought{100};
  while (Endpoint* endpoint = endpoints_.wake(now)) {
    book_.release_rested(*endpoint);
    if (loader_.woke(*endpoint)) endpoints_.rest(*endpoint, now + kBrought);
  }
}

void Core::sweep() {
  sweep_.run([this](Delivery& delivery) { recorder_.end_unsent(delivery); }, [this] { return loader_.may_end_more(); });
  endpoints_.drop_left();
}

// What comes meanwhile and is more urgent waits for no more than the sender has not begun, and for a round.
void Core::send_waiting(SteadyTime now) {
  sends_on_ = false;
  for (std::size_t bytes = 0; scheduler_.in_flight() < options_.in_flight_max;) {
    if (sender_busy_ = ports_.transfers.is_busy(); sender_busy_) return;
    if (sends_on_ = bytes >= kSentARound; sends_on_) return;
    Slot slot;
    Delivery* delivery = book_.next(now, slot);
    if (delivery == nullptr) return;
    bytes += delivery->record->record->size();
    if (ports_.outcomes.may_act(delivery->partition()))
      attempts_.start(*delivery, std::move(slot));
    else
      book_.hold(*delivery);
  }
}

Core::Room Core::room() const {
  static constexpr std::size_t kBatch = 512;
  if (draining_ || is_full() || intake_.is_full()) return {};
  return {kBatch, options_.unrouted_bytes};
}

std::optional<SteadyTime> Core::next_at() {
  const SteadyTime now = ports_.clock.now();
  if (draining_) return std::nullopt;
  if (sweep_.running() && loader_.may_end_more()) return now;
  std::optional<SteadyTime> when;
  const auto earlier = [&](std::optional<SteadyTime> other) {
    if (other) when = when ? std::min(*when, *other) : *other;
  };
  if (sends_on_) return now;
  if (!sender_busy_ && scheduler_.in_flight() < options_.in_flight_max) earlier(scheduler_.next_at(now));
  earlier(book_.next_expiry());
  earlier(endpoints_.next_wake());
  earlier(loader_.next_at());
  return when;
}

void Core::on_fence(registry::StatePtr state) {
  on_state(std::move(state));
  intake_.on_fence();
}

void Core::on_state(registry::StatePtr state) {
  if (routes_.use(state)) endpoints_.use(std::move(state));
}

// A partition that goes: a revoked one stops sending and lets go once nothing of it is out; a lost one is forgotten.
void Core::on_revoked(std::int32_t partition) {
  leave(partition, false);
  book_.let_go_if_settled(partition);
}

void Core::on_lost(std::int32_t partition) { leave(partition, true); }

void Core::leave(std::int32_t partition, bool lost) {
  intake_.leave(partition);
  loader_.stop(partition);
  book_.leave(partition, lost, [this](std::uint64_t id) { ports_.transfers.abort(id); });
}

void Core::abort_all() {
  book_.each_delivery([this](Delivery& delivery) { attempts_.abort(delivery); });
}

std::size_t Core::index_bytes() const {
  std::size_t bytes = backlogs_.order_bytes();
  book_.each_index([&](std::int32_t, const book::OpenIndex& index) { bytes += index.bytes(); });
  return bytes;
}

// What is ahead does not count: only reading on makes it less.
bool Core::is_full() const {
  std::size_t bytes = backlogs_.order_bytes();
  book_.each_index([&](std::int32_t, const book::OpenIndex& index) { bytes += index.bytes() - index.ahead().bytes(); });
  return bytes >= options_.index_bytes;
}

CoreGauges Core::gauges() {
  CoreGauges gauges;
  gauges.in_flight = scheduler_.in_flight();
  gauges.memory_bytes = memory_bytes();
  gauges.index_bytes = index_bytes();
  gauges.identities = intake_.identities();
  gauges.identity_bytes = intake_.identity_bytes();
  show_open(gauges);
  return gauges;
}

// What waits, wherever.
void Core::show_open(CoreGauges& gauges) {
  book_.each_index([&](std::int32_t partition, const book::OpenIndex& index) {
    backlogs_.for_each(partition, [&](const Backlog& backlog) {
      if (backlog.counts->open() == 0) return;
      std::uint64_t all = 0;
      const WaitingByClass waiting = waiting_of(backlog, index);
      for (std::size_t at = 0; at < waiting.size(); ++at) {
        gauges.waiting_in_memory[at] += waiting[at].first_memory;
        gauges.waiting_on_log[at] += waiting[at].first_log;
        gauges.retrying[at] += waiting[at].retries();
        all += waiting[at].all();
      }
      const OldestWaiting oldest = oldest_waiting(backlog, index, book_);
      UnixMillis& oldest_of_class = gauges.oldest_waiting[static_cast<std::size_t>(oldest.priority)];
      if (oldest.appended_at != 0 && (oldest_of_class == 0 || oldest.appended_at < oldest_of_class))
        oldest_of_class = oldest.appended_at;
      const BlockedKeys blocked = blocked_keys(backlog, index);
      gauges.blocked_keys += blocked.keys;
      if (blocked.since != 0 && (gauges.blocked_since == 0 || blocked.since < gauges.blocked_since))
        gauges.blocked_since = blocked.since;
      if (backlog.endpoint == nullptr) return;
      auto& of_endpoint = gauges.endpoint_waiting;
      if (of_endpoint.size() <= backlog.endpoint->meter) of_endpoint.resize(backlog.endpoint->meter + 1);
      of_endpoint[backlog.endpoint->meter] += all;
    });
  });
}

std::size_t Core::open_deliveries(std::string_view endpoint_key) const {
  const std::size_t slash = endpoint_key.find('/');
  std::size_t open = 0;
  book_.each_index([&](std::int32_t, const book::OpenIndex& index) {
    for (const book::LaneNumber lane : index.lanes().of(endpoint_key.substr(0, slash), endpoint_key.substr(slash + 1)))
      open += index.lanes().at(lane)->counts.open();
  });
  return open;
}

}  // namespace certes::dispatcher
