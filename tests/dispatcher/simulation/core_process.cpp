#include "tests/dispatcher/simulation/core_process.hpp"

#include <algorithm>

namespace certes::dispatcher::simulation {
namespace {

CoreOptions core_options(std::uint64_t seed) {
  CoreOptions options;
  options.seed = seed;
  auto policy = std::make_shared<registry::BackoffPolicy>();
  policy->strategy = registry::BackoffPolicy::Strategy::constant;
  policy->base_seconds = 1;
  policy->max_attempts = 3;
  options.routing.fallback = std::move(policy);
  return options;
}

std::string header(const http::Transfer& transfer, std::string_view name) {
  for (const std::string& line : transfer.headers)
    if (line.starts_with(name) && line.substr(name.size(), 2) == ": ") return line.substr(name.size() + 2);
  return {};
}

}  // namespace

CoreProcess::CoreProcess(const std::shared_ptr<log::memory::Cluster>& cluster, std::uint64_t id, Judge& judge,
                         RegistryScript& registry, const ManualClock& clock, const crypto::Sealer& sealer,
                         Mistake mistake, std::vector<Job>& jobs)
    : id_(id), judge_(judge), registry_(registry), mistake_(mistake), log_(log::memory::make(cluster, id)) {
  core_ = std::make_unique<Core>(core_options(id), CorePorts{*this, *this, *this, *this, sealer, clock});
  follow();
  dispatcher::OwnerOptions options;
  options.checkpoint_every = Millis{1'000};
  options.background = [&jobs, id](std::function<void()> job) { jobs.push_back({id, std::move(job)}); };
  owner_ = std::make_unique<dispatcher::Owner>(*log_, *this, clock, options, [] {});
}

CoreProcess::~CoreProcess() {
  owner_.reset();
  core_.reset();
}

// As CoreLoop's: membership first.
void CoreProcess::round() {
  const auto room = core_->room();
  failed_ = !owner_->poll(room.records, room.bytes) || failed_;
  for (const dispatcher::Place& origin : std::exchange(early_, {})) owner_->finish(origin);
  for (const std::uint64_t id : std::exchange(aborted_, {})) {
    http::TransferResult result;
    result.error = http::TransferError::aborted;
    end(id, std::move(result));
  }
  core_->run();
  owner_->flush();
}

registry::StatePtr CoreProcess::seen(const registry::StatePtr& state) {
  if (mistake_ != Mistake::ignores_intervals) return state;
  auto without = std::make_shared<registry::State>(*state);
  for (auto& [key, endpoint] : without->endpoints) {
    auto bare = std::make_shared<registry::Endpoint>(*endpoint);
    bare->intervals.clear();
    endpoint = std::move(bare);
  }
  return without;
}

void CoreProcess::follow() {
  state_ = registry_.now();
  core_->on_state(seen(state_));
}

registry::StatePtr CoreProcess::fence() {
  fence_asked_ = true;
  return nullptr;
}

void CoreProcess::answer_fence() {
  if (!std::exchange(fence_asked_, false)) return;
  state_ = registry_.now();
  core_->on_fence(seen(state_));
}

void CoreProcess::on_record(log::RecordPtr record, const dispatcher::DeliveryStates& known) {
  if (mistake_ == Mistake::finishes_early) early_.push_back({record->partition, record->offset});
  core_->on_record(std::move(record), mistake_ == Mistake::forgets_states ? dispatcher::DeliveryStates{} : known);
}

void CoreProcess::record_attempt(dispatcher::Place origin, const dispatcher::AttemptRecord& attempt,
                                 std::function<void()> recorded) {
  if (mistake_ != Mistake::believes_records) return owner_->record_attempt(origin, attempt, std::move(recorded));
  owner_->record_attempt(origin, attempt, [] {});
  recorded();
}

Result<void> CoreProcess::append_and_finish(dispatcher::Place origin, log::Record&& letter,
                                            std::function<void()> recorded) {
  return owner_->append_and_finish(origin, std::move(letter), std::move(recorded));
}

Result<void> CoreProcess::append_event(dispatcher::Place origin, log::Record&& event, std::function<void()> recorded) {
  return owner_->append_event(origin, std::move(event), std::move(recorded));
}

void CoreProcess::submit(http::Transfer&& transfer) {
  judge_.sent(header(transfer, "webhook-id"), transfer.url.substr(transfer.url.rfind('/') + 1), *state_);
  flying_.push_back(std::move(transfer));
}

void CoreProcess::end(std::uint64_t id, http::TransferResult&& result) {
  const auto found = std::ranges::find(flying_, id, &http::Transfer::id);
  if (found == flying_.end()) return;
  flying_.erase(found);
  result.id = id;
  core_->on_result(std::move(result));
}

void CoreProcess::respond(std::size_t which, int status) {
  http::TransferResult result;
  result.status = status;
  end(flying_.at(which).id, std::move(result));
}

void CoreProcess::break_off(std::size_t which) {
  http::TransferResult result;
  result.error = http::TransferError::reset;
  end(flying_.at(which).id, std::move(result));
}

void CoreProcess::decide_gone(bool accepted) {
  for (const registry::Endpoint& endpoint : std::exchange(gone_, {})) {
    const bool done = accepted && registry_.disable_gone(endpoint);
    judge_.say("endpoint " + endpoint.id + (done ? " is disabled" : " is not disabled") + ", as it was gone");
    if (!done) core_->on_disable_failed("default/" + endpoint.id);
  }
}

}  // namespace certes::dispatcher::simulation
