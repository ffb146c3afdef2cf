#include "tests/dispatcher/ownership/fake_dispatcher.hpp"

#include <algorithm>

#include "common/base/hash.hpp"
#include "common/log/names.hpp"

namespace certes::dispatcher::testing {
namespace {

constexpr int kConcurrency[kEndpoints] = {2, 1};

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
  for (auto ready = sendable(); !ready.empty(); ready = sendable()) send(ready.front());
  for (const Key key : in_state(State::flying)) respond(key);
  for (const std::int32_t partition : std::set(revoked_))
    if (idle(partition)) let_go(partition);
  owner_->flush();
}

void FakeDispatcher::on_record(log::RecordPtr record, const DeliveryStates& known) {
  const int event = std::stoi(std::string(record->headers.get(log::names::kId)));
  for (int endpoint = 0; endpoint < kEndpoints; ++endpoint) {
    const Key key{record->offset, record->partition, endpoint};
    Delivery delivery{event, 0};
    const auto state = known.find(delivery_id(event, endpoint));
    if (state != known.end() && options_.mistake != Mistake::ignores_known) {
      if (state->second.done) continue;
      if (options_.mistake != Mistake::attempts_more) delivery.attempts = state->second.attempts;
    }
    deliveries_[key] = delivery;
    if (delivery.attempts >= kMaxAttempts) dead_letter(key);
  }
  finish_if_done({record->offset, record->partition, 0});
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
  if (options_.mistake == Mistake::finishes_early) owner_->finish({key.partition, key.offset});
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
  attempt.endpoint = key.endpoint == 0 ? "fast" : "slow";
  attempt.attempt = delivery.attempts;
  attempt.ending = success ? Ending(Delivered{}) : last ? Ending(DeadLettered{}) : Ending(RetryAt{});
  owner_->record_attempt({key.partition, key.offset}, attempt, [this, key, name, success, last] {
    flights_.recorded(name);
    Delivery& recorded = deliveries_.at(key);
    recorded.attempt_pending = false;
    if (success || (last && !recorded.dead_letter_pending)) return ended(key);
    if (!last) recorded.state = State::waiting;
  });
  if (options_.mistake == Mistake::does_not_wait_for_record && success) finish_if_done(key);
}

void FakeDispatcher::dead_letter(Key key) {
  Delivery& delivery = deliveries_.at(key);
  delivery.state = State::recording;
  if (options_.mistake == Mistake::drops_letters && !delivery.attempt_pending) return ended(key);
  if (options_.mistake == Mistake::drops_letters) return;
  delivery.dead_letter_pending = true;
  log::Record record;
  record.headers.add(log::names::kId, std::to_string(delivery.event));
  record.headers.add(log::names::kDelivery, delivery_id(delivery.event, key.endpoint));
  record.headers.add(log::names::kRule, "max_attempts");
  record.value = "payload";
  const auto taken = owner_->append_and_finish({key.partition, key.offset}, std::move(record),
                                               [this, key] { dead_letter_recorded(key); });
  failed_ = failed_ || !taken;
}

void FakeDispatcher::dead_letter_recorded(Key key) {
  Delivery& recorded = deliveries_.at(key);
  recorded.dead_letter_pending = false;
  if (!recorded.attempt_pending) ended(key);
}

void FakeDispatcher::ended(Key key) {
  deliveries_.erase(key);
  finish_if_done(key);
}

void FakeDispatcher::finish_if_done(Key key) {
  for (int endpoint = 0; endpoint < kEndpoints; ++endpoint) {
    const auto delivery = deliveries_.find({key.offset, key.partition, endpoint});
    if (delivery == deliveries_.end()) continue;
    const bool mistaken = options_.mistake == Mistake::does_not_wait_for_record && delivery->second.attempt_pending;
    if (!mistaken) return;
  }
  owner_->finish({key.partition, key.offset});
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
  // Who lets go too early does not know that something is out.
  if (options_.mistake != Mistake::lets_go_at_once) flights_.lost(partition);
  std::erase_if(deliveries_, [&](const auto& one) { return one.first.partition == partition; });
}

}  // namespace certes::dispatcher::testing
