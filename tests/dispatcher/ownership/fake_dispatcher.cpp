#include "tests/dispatcher/ownership/fake_dispatcher.hpp"

#include <algorithm>

#include "common/base/hash.hpp"
#include "common/log/names.hpp"

namespace certes::dispatcher::testing {
namespace {

constexpr int kConcurrency[kEndpoints] = {2, 1};
constexpr std::string_view kNames[kEndpoints] = {"fast", "slow"};

}  // namespace

FakeDispatcher::FakeDispatcher(std::shared_ptr<log::memory::Cluster> cluster, Ledger& ledger, const ManualClock& clock,
                               FakeOptions options)
    : cluster_(std::move(cluster)),
      ledger_(ledger),
      options_(std::move(options)),
      flights_(ledger),
      log_(log::memory::make(cluster_, options_.id)) {
  OwnerOptions of_owner;
  of_owner.checkpoint_every = Millis{1'000};
  of_owner.group = "one";
  of_owner.lets_go = LetsGo::between;
  of_owner.events_retention = std::chrono::hours(1);
  of_owner.background = options_.background;
  owner_ = std::make_unique<Owner>(*log_, *this, clock, of_owner, [] {});
}

FakeDispatcher::~FakeDispatcher() {
  owner_.reset();
  log_.reset();
}

void FakeDispatcher::poll(std::size_t records) {
  failed_ = !owner_->poll(records) || failed_;
  owner_->flush();
}

void FakeDispatcher::act(Dice& dice) {
  for (auto& [partition, owned] : owned_)
    if (!owned.unrouted.empty() && dice.chance(0.6)) route_next(owned);
  const auto ready = sendable();
  if (!ready.empty() && dice.chance(0.5)) send(dice.of(ready));
  const auto flying = in_state(State::flying);
  if (!flying.empty() && dice.chance(0.5)) respond(dice.of(flying));
  for (const std::int32_t partition : std::set(revoked_)) {
    const bool at_once = options_.mistake == Mistake::lets_go_at_once;
    if (at_once || (idle(partition) ? dice.chance(0.7) : dice.chance(0.05))) let_go(partition);
  }
}

void FakeDispatcher::settle() {
  poll(50);
  for (auto& [partition, owned] : owned_)
    while (!owned.unrouted.empty()) route_next(owned);
  for (auto ready = sendable(); !ready.empty(); ready = sendable()) send(ready.front());
  for (const Key key : in_state(State::flying)) respond(key);
  for (const std::int32_t partition : std::set(revoked_))
    if (idle(partition)) let_go(partition);
  owner_->flush();
}

void FakeDispatcher::on_running(std::int32_t partition, book::OpenIndex& index) {
  Owned owned{&index, {}, index.position(), {}};
  for (std::size_t i = 0; i < kEndpoints; ++i)
    owned.lanes[i] = index.lanes().number({"t", std::string(kNames[i]), 1, registry::Priority::normal, false});
  owned_[partition] = owned;
  for (int endpoint = 0; endpoint < kEndpoints; ++endpoint) {
    const book::LaneNumber lane = owned.lanes[static_cast<std::size_t>(endpoint)];
    for (auto at = index.next_open(lane, 0); at; at = index.next_open(lane, *at + 1)) load({*at, partition, endpoint});
  }
}

void FakeDispatcher::on_record(log::RecordPtr record) {
  Owned& owned = owned_.at(record->partition);
  if (record->offset < owned.given) ledger_.violate("TWICE: a record is given twice in an assignment");
  owned.given = record->offset + 1;
  owned.unrouted.push_back(std::move(record));
}

void FakeDispatcher::route_next(Owned& owned) {
  const log::RecordPtr record = owned.unrouted.front();
  owned.unrouted.pop_front();
  std::vector<book::Routed> deliveries;
  for (const book::LaneNumber lane : owned.lanes) deliveries.push_back({lane});
  owned.index->route({record->offset, record->appended_at}, deliveries);
  for (int endpoint = 0; endpoint < kEndpoints; ++endpoint) {
    const Key key{record->offset, record->partition, endpoint};
    if (owned.index->open(place_of(key)) || options_.mistake == Mistake::ignores_known) load(key);
  }
}

book::OpenPlace FakeDispatcher::place_of(Key key) const {
  return {key.offset, owned_.at(key.partition).lanes[static_cast<std::size_t>(key.endpoint)]};
}

void FakeDispatcher::load(Key key) {
  const log::RecordPtr record = cluster_->at(log::Topic::events, key.partition, key.offset);
  if (!record) return gone(key);
  Delivery delivery{std::stoi(std::string(record->headers.get(log::names::kId)))};
  const auto known = owned_.at(key.partition).index->find(place_of(key));
  if (known && known->tried && options_.mistake != Mistake::attempts_more) delivery.attempts = known->tried->attempts;
  deliveries_[key] = delivery;
  if (delivery.attempts >= kMaxAttempts) dead_letter(key);
}

// What the log has no more.
void FakeDispatcher::gone(Key key) {
  AttemptRecord attempt;
  attempt.delivery = "gone";
  attempt.tenant = "t";
  attempt.endpoint = kNames[key.endpoint];
  attempt.ending = Cancelled{};
  owner_->record_attempt({key.partition, key.offset}, place_of(key).lane, attempt, {});
}

std::vector<FakeDispatcher::Key> FakeDispatcher::in_state(State state) const {
  std::vector<Key> keys;
  for (const auto& [key, delivery] : deliveries_)
    if (delivery.state == state) keys.push_back(key);
  return keys;
}

bool FakeDispatcher::full(int endpoint) const {
  return std::ranges::count_if(deliveries_, [&](const auto& one) {
           return one.first.endpoint == endpoint && (one.second.state == State::flying || one.second.attempt_pending);
         }) >= kConcurrency[endpoint];
}

std::vector<FakeDispatcher::Key> FakeDispatcher::sendable() const {
  const bool full_of[kEndpoints] = {full(0), full(1)};
  auto keys = in_state(State::waiting);
  std::erase_if(keys, [&](const Key& key) { return full_of[key.endpoint] || !owner_->may_act(key.partition); });
  return keys;
}

void FakeDispatcher::send(Key key) {
  Delivery& delivery = deliveries_.at(key);
  delivery.state = State::flying;
  const std::string name = delivery_id(delivery.event, key.endpoint);
  const bool current = cluster_->owner(key.partition) == options_.id;
  ledger_.check_attempts(name, current);
  flights_.begin(name, key.partition, current);
  if (options_.mistake == Mistake::finishes_early) end_unrecorded(key);
}

void FakeDispatcher::respond(Key key) {
  Delivery& delivery = deliveries_.at(key);
  const std::uint32_t attempt = ++delivery.attempts;
  const std::string name = delivery_id(delivery.event, key.endpoint);
  const bool success = Dice(options_.seed, hash64(name) + attempt).chance(0.6);
  const bool last = !success && attempt >= kMaxAttempts;
  delivery.state = State::recording;
  delivery.attempt_pending = true;
  if (last) dead_letter(key);
  record(key, success, last);
}

void FakeDispatcher::record(Key key, bool success, bool last) {
  const Delivery& delivery = deliveries_.at(key);
  const std::string name = delivery_id(delivery.event, key.endpoint);
  const std::string event = std::to_string(delivery.event);
  AttemptRecord attempt;
  attempt.delivery = name;
  attempt.event_id = event;
  attempt.tenant = "t";
  attempt.endpoint = kNames[key.endpoint];
  attempt.attempt = delivery.attempts;
  attempt.ending = success ? Ending(Delivered{}) : last ? Ending(DeadLettered{}) : Ending(RetryAt{});
  owner_->record_attempt({key.partition, key.offset}, place_of(key).lane, attempt, [this, key, name, success, last] {
    flights_.recorded(name);
    Delivery& recorded = deliveries_.at(key);
    recorded.attempt_pending = false;
    if (success || (last && !recorded.dead_letter_pending)) {
      deliveries_.erase(key);
      return;
    }
    if (!last) recorded.state = State::waiting;
  });
  if (options_.mistake == Mistake::does_not_wait_for_record && success) end_unrecorded(key);
}

void FakeDispatcher::dead_letter(Key key) {
  Delivery& delivery = deliveries_.at(key);
  delivery.state = State::recording;
  if (options_.mistake == Mistake::drops_letters) {
    end_unrecorded(key);
    if (!delivery.attempt_pending) deliveries_.erase(key);
    return;
  }
  delivery.dead_letter_pending = true;
  log::Record record;
  record.headers.add(log::names::kId, std::to_string(delivery.event));
  record.headers.add(log::names::kDelivery, delivery_id(delivery.event, key.endpoint));
  record.headers.add(log::names::kTenant, "t");
  record.headers.add(log::names::kEndpoint, kNames[key.endpoint]);
  record.headers.add(log::names::kRule, "max_attempts");
  record.value = "payload";
  const auto taken = owner_->append_and_finish({key.partition, key.offset}, place_of(key).lane, std::move(record),
                                               [this, key] { dead_letter_recorded(key); });
  failed_ = failed_ || !taken;
}

void FakeDispatcher::dead_letter_recorded(Key key) {
  Delivery& recorded = deliveries_.at(key);
  recorded.dead_letter_pending = false;
  if (!recorded.attempt_pending) deliveries_.erase(key);
}

void FakeDispatcher::end_unrecorded(Key key) {
  owned_.at(key.partition).index->finish(place_of(key), book::Ended::delivered);
}

bool FakeDispatcher::idle(std::int32_t partition) const {
  return std::ranges::none_of(deliveries_, [&](const auto& one) {
    return one.first.partition == partition && one.second.state != State::waiting;
  });
}

void FakeDispatcher::let_go(std::int32_t partition) {
  forget(partition);
  owner_->let_go(partition);
}

void FakeDispatcher::forget(std::int32_t partition) {
  revoked_.erase(partition);
  owned_.erase(partition);
  // Who lets go too early does not know that something is out.
  if (options_.mistake != Mistake::lets_go_at_once) flights_.lost(partition);
  std::erase_if(deliveries_, [&](const auto& one) { return one.first.partition == partition; });
}

}  // namespace certes::dispatcher::testing
