#include "tests/common/log/owner/fake_dispatcher.hpp"

#include "common/log/names.hpp"

namespace certes::log::testing {
using namespace dispatcher;
namespace {

constexpr int kConcurrency[kEndpoints] = {2, 1};

}  // namespace

FakeDispatcher::FakeDispatcher(std::shared_ptr<memory::Cluster> cluster, std::uint64_t process, Ledger& ledger,
                               const ManualClock& clock, Mistake mistake, std::vector<std::function<void()>>& jobs)
    : cluster_(std::move(cluster)), process_(process), ledger_(ledger), mistake_(mistake) {
  log_ = memory::make(cluster_, process_);
  OwnerOptions options;
  options.checkpoint_every = Millis{1'000};
  options.group = "one";
  options.background = [&jobs](std::function<void()> job) { jobs.push_back(std::move(job)); };
  owner_ = std::make_unique<Owner>(*log_, *this, clock, options, [] {});
}

FakeDispatcher::~FakeDispatcher() {
  for (auto& [key, delivery] : deliveries_) count_lost(key, delivery);
  owner_.reset();
  log_.reset();
}

void FakeDispatcher::poll(std::size_t records) {
  failed_ = !owner_->poll(records) || failed_;
  owner_->flush();
}

void FakeDispatcher::on_record(RecordPtr record, const DeliveryStates& known) {
  const int event = std::stoi(std::string(record->headers.get(names::kId)));
  for (int endpoint = 0; endpoint < kEndpoints; ++endpoint) {
    const Key key{record->offset, record->partition, endpoint};
    Delivery delivery{event, 0};
    const auto state = known.find(delivery_id(event, endpoint));
    if (state != known.end() && mistake_ != Mistake::ignores_known) {
      if (state->second.done) continue;
      delivery.attempts = state->second.attempts;
    }
    deliveries_[key] = delivery;
    if (delivery.attempts >= kMaxAttempts) dead_letter(key);
  }
  finish_if_done({record->offset, record->partition, 0});
}

int FakeDispatcher::in_flight(int endpoint) const {
  int count = 0;
  for (const auto& [key, delivery] : deliveries_)
    count += key.endpoint == endpoint && (delivery.state == State::flying || delivery.attempt_pending) ? 1 : 0;
  return count;
}

std::vector<FakeDispatcher::Key> FakeDispatcher::sendable() const {
  std::vector<Key> keys;
  for (int endpoint = 0; endpoint < kEndpoints; ++endpoint) {
    if (in_flight(endpoint) >= kConcurrency[endpoint]) continue;
    for (const auto& [key, delivery] : deliveries_)
      if (key.endpoint == endpoint && delivery.state == State::waiting && owner_->may_act(key.partition))
        keys.push_back(key);
  }
  return keys;
}

std::vector<FakeDispatcher::Key> FakeDispatcher::flying() const {
  std::vector<Key> keys;
  for (const auto& [key, delivery] : deliveries_)
    if (delivery.state == State::flying) keys.push_back(key);
  return keys;
}

void FakeDispatcher::send(Key key) {
  Delivery& delivery = deliveries_.at(key);
  delivery.state = State::flying;
  const bool current = cluster_->owner(key.partition) == process_;
  delivery.counted = !current;
  ledger_.sent(delivery.event, key.endpoint, current);
  if (mistake_ == Mistake::finishes_early) owner_->finish({key.partition, key.offset});
}

void FakeDispatcher::respond(Key key, bool success) {
  Delivery& delivery = deliveries_.at(key);
  if (success) ledger_.received(delivery.event, key.endpoint);
  const std::uint32_t attempt = ++delivery.attempts;
  const bool last = !success && attempt >= kMaxAttempts;
  delivery.state = State::recording;
  delivery.attempt_pending = true;
  const std::string id = delivery_id(delivery.event, key.endpoint);
  const std::string event = std::to_string(delivery.event);
  AttemptRecord record;
  record.delivery = id;
  record.event_id = event;
  record.endpoint = key.endpoint == 0 ? "fast" : "slow";
  record.attempt = attempt;
  record.ending = success ? Ending(Delivered{}) : last ? Ending(DeadLettered{}) : Ending(RetryAt{});
  if (last) dead_letter(key);
  owner_->record_attempt({key.partition, key.offset}, record, [this, key, success, last] {
    Delivery& recorded = deliveries_.at(key);
    recorded.attempt_pending = recorded.counted = false;
    if (success || (last && !recorded.dead_letter_pending)) return ended(key);
    if (!last) recorded.state = State::waiting;
  });
  if (mistake_ == Mistake::does_not_wait_for_record && success) finish_if_done(key);
}

void FakeDispatcher::dead_letter(Key key) {
  Delivery& delivery = deliveries_.at(key);
  delivery.state = State::recording;
  delivery.dead_letter_pending = true;
  Record record;
  record.headers.add(names::kId, std::to_string(delivery.event));
  record.headers.add(names::kDelivery, delivery_id(delivery.event, key.endpoint));
  record.value = "payload";
  const auto taken = owner_->append_and_finish({key.partition, key.offset}, std::move(record), [this, key] {
    Delivery& recorded = deliveries_.at(key);
    recorded.dead_letter_pending = false;
    if (!recorded.attempt_pending) ended(key);
  });
  failed_ = failed_ || !taken;
}

void FakeDispatcher::ended(Key key) {
  deliveries_.erase(key);
  finish_if_done(key);
}

void FakeDispatcher::finish_if_done(Key key) {
  for (int endpoint = 0; endpoint < kEndpoints; ++endpoint) {
    const auto delivery = deliveries_.find({key.offset, key.partition, endpoint});
    if (delivery == deliveries_.end()) continue;
    const bool mistaken = mistake_ == Mistake::does_not_wait_for_record && delivery->second.attempt_pending;
    if (!mistaken) return;
  }
  owner_->finish({key.partition, key.offset});
}

bool FakeDispatcher::idle(std::int32_t partition) const {
  for (const auto& [key, delivery] : deliveries_)
    if (key.partition == partition && delivery.state != State::waiting) return false;
  return true;
}

void FakeDispatcher::let_go(std::int32_t partition) {
  forget(partition);
  owner_->let_go(partition);
}

void FakeDispatcher::superseded() {
  for (auto& [key, delivery] : deliveries_) count_lost(key, delivery);
}

void FakeDispatcher::count_lost(Key key, Delivery& delivery) {
  if (delivery.counted || !(delivery.state == State::flying || delivery.attempt_pending)) return;
  delivery.counted = true;
  ledger_.lost_in_flight(delivery.event, key.endpoint);
}

void FakeDispatcher::forget(std::int32_t partition) {
  revoked_.erase(partition);
  for (auto at = deliveries_.begin(); at != deliveries_.end();) {
    if (at->first.partition != partition) {
      ++at;
      continue;
    }
    count_lost(at->first, at->second);
    at = deliveries_.erase(at);
  }
}

}  // namespace certes::log::testing
