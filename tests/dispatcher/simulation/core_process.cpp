#include "tests/dispatcher/simulation/core_process.hpp"

#include <algorithm>

#include "common/event/stamp.hpp"
#include "common/log/names.hpp"
#include "tests/dispatcher/simulation/endpoint_answers.hpp"

namespace certes::dispatcher::simulation {
namespace {

namespace names = log::names;

CoreOptions core_options(std::uint64_t seed, const Life& life) {
  CoreOptions options;
  options.seed = seed;
  options.memory_bytes = life.memory_bytes;
  options.deduplicate = true;
  options.first_in_flight = 4;
  options.shares.reserves = true;
  options.result_timeout = Millis{5'000};
  auto policy = std::make_shared<registry::BackoffPolicy>();
  policy->strategy = registry::BackoffPolicy::Strategy::constant;
  policy->base_seconds = static_cast<double>(life.retry_delay.count()) / 1'000;
  policy->jitter = registry::BackoffPolicy::Jitter::none;
  policy->max_attempts = kMaxAttempts;
  options.routing.fallback = std::move(policy);
  return options;
}

dispatcher::OwnerOptions owner_options(const ProcessOptions& process) {
  dispatcher::OwnerOptions options;
  options.group = "one";
  options.checkpoint_every = Millis{1'000};
  options.read_back.records = 10'000;
  options.background = process.background;
  return options;
}

std::string header(const http::Transfer& transfer, std::string_view name) {
  for (const std::string& line : transfer.headers)
    if (line.starts_with(name) && line.substr(name.size(), 2) == ": ") return line.substr(name.size() + 2);
  return {};
}

// http://127.0.0.1/default/a
std::string endpoint_of(const std::string& url) { return url.substr(url.rfind('/', url.rfind('/') - 1) + 1); }

}  // namespace

CoreProcess::CoreProcess(Surroundings around, ProcessOptions options)
    : around_(std::move(around)),
      options_(std::move(options)),
      flights_(around_.judge),
      log_(log::memory::make(around_.cluster, options_.id)) {
  core_ = std::make_unique<Core>(core_options(options_.id, options_.life),
                                 CorePorts{*this, *this, *this, *this, *this, around_.sealer, around_.clock});
  follow();
  picker_ = log_->picker([] {});
  owner_ = std::make_unique<dispatcher::Owner>(*log_, *this, around_.clock, owner_options(options_), [] {});
}

CoreProcess::~CoreProcess() {
  owner_.reset();
  picker_.reset();
  core_.reset();
}

// As CoreLoop's: membership first.
void CoreProcess::round() {
  const auto room = core_->room();
  failed_ = !owner_->poll(room.records, room.bytes) || failed_;
  auto what = std::exchange(later_, {});
  if (mistaken(Mistake::overtakes)) std::ranges::reverse(what);
  for (const auto& one : what) one();
  for (const std::uint64_t id : std::exchange(aborted_, {})) {
    const auto which = std::ranges::find(flying_, id, &Flying::id);
    if (which == flying_.end()) continue;
    flights_.lost(which->request.delivery);
    http::TransferResult result;
    result.error = http::TransferError::aborted;
    end(static_cast<std::size_t>(which - flying_.begin()), std::move(result));
  }
  std::vector<log::Picked> picked;
  picker_->poll(1'000, picked);
  for (const log::Picked& one : picked) core_->on_picked(one);
  core_->run();
  owner_->flush();
}

void CoreProcess::act(Dice& dice) {
  if (dice.chance(0.5)) answer_fence();
  if (dice.chance(0.3)) follow();
  if (dice.chance(0.2)) decide_gone(dice.chance(0.8));
  if (flying_.empty() || dice.chance(0.3)) return;
  const std::size_t which = dice.pick(flying_.size());
  if (dice.chance(0.03)) return give_back(which);
  if (options_.life.workers > 1 && dice.chance(0.2)) return die(which);
  respond(which);
}

void CoreProcess::settle() {
  follow();
  answer_fence();
  decide_gone(false);
  round();
  while (!flying_.empty()) respond(0);
  round();
}

registry::StatePtr CoreProcess::seen(const registry::StatePtr& state) const {
  const bool paused_is_active = mistaken(Mistake::sends_to_paused);
  const bool ignores_purges = mistaken(Mistake::ignores_purges), ignores_order = mistaken(Mistake::ignores_order);
  if (!paused_is_active && !ignores_purges && !ignores_order && !mistaken(Mistake::ignores_intervals) &&
      !mistaken(Mistake::ignores_pauses))
    return state;
  return tests::with_endpoints(*state, [&](registry::Endpoint& endpoint) {
    using registry::EndpointState;
    if (paused_is_active && endpoint.state == EndpointState::paused) endpoint.state = EndpointState::active;
    if (ignores_purges) endpoint.purges.clear();
    if (ignores_order) endpoint.ordering = registry::Ordering::none;
    if (paused_is_active || ignores_purges || ignores_order) return;
    const bool pauses_alone = mistaken(Mistake::ignores_pauses);
    std::erase_if(endpoint.intervals,
                  [&](const auto& one) { return !pauses_alone || one.state == EndpointState::paused; });
  });
}

void CoreProcess::follow() {
  state_ = around_.registry.now();
  core_->on_state(seen(state_));
}

registry::StatePtr CoreProcess::fence() {
  if (mistaken(Mistake::stale_fence)) return seen(state_);
  fence_asked_ = true;
  return nullptr;
}

void CoreProcess::answer_fence() {
  if (!std::exchange(fence_asked_, false)) return;
  state_ = around_.registry.now();
  core_->on_fence(seen(state_));
}

void CoreProcess::on_running(std::int32_t partition, book::OpenIndex& index) {
  indexes_[partition] = &index;
  forget(index);
  core_->on_running(partition, index);
}

// Mistakes about what is known from before.
void CoreProcess::forget(book::OpenIndex& index) const {
  auto& ahead = const_cast<book::Ahead&>(index.ahead());
  if (mistaken(Mistake::forgets_states)) ahead.drop_from(0);
  const auto blur = [this](book::Tried& tried) {
    const book::Tried before = tried;
    if (mistaken(Mistake::forgets_attempts)) tried.attempts = 0;
    if (mistaken(Mistake::forgets_letters) && tried.what == Due::dead_letter) tried.what = Due::attempt;
    if (mistaken(Mistake::forgets_times)) tried.due = 0;
    if (mistaken(Mistake::forgets_first)) tried.first_at = 0;
    return tried != before;
  };
  ahead.for_each([&](std::int64_t, const book::AheadDelivery& one) {
    if (one.tried) blur(*const_cast<book::AheadDelivery&>(one).tried);
  });
  index.lanes().for_each([&](book::LaneNumber lane, const book::Lane&) {
    std::int64_t from = 0;
    while (const auto at = index.next_tried(lane, from)) {
      from = *at + 1;
      book::Tried tried = *index.find({*at, lane})->tried;
      if (blur(tried)) index.tried({*at, lane}, tried);
    }
  });
  index.rebuild_calendar();
}

void CoreProcess::on_past_record(const log::StoredRecord& record) {
  if (!mistaken(Mistake::forgets_past)) core_->on_past_record(record);
}

void CoreProcess::on_revoked(std::int32_t partition) {
  around_.judge.left(options_.id, partition);
  if (!mistaken(Mistake::lets_go_at_once)) return core_->on_revoked(partition);
  core_->on_lost(partition);
  owner_->let_go(partition);
}

void CoreProcess::on_lost(std::int32_t partition) {
  around_.judge.left(options_.id, partition);
  forget_broken_off(partition);
  flights_.lost(partition);
  core_->on_lost(partition);
}

void CoreProcess::ask(log::PickRun&& run) {
  if (!picker_->ask(std::move(run))) around_.judge.violate("PICK: a run that the log refuses");
}

void CoreProcess::record_attempt(dispatcher::Place origin, std::optional<book::LaneNumber> lane,
                                 const dispatcher::AttemptRecord& attempt, std::function<void()> recorded) {
  if (mistaken(Mistake::finishes_early) && lane)
    indexes_.at(origin.partition)->finish({origin.offset, *lane}, book::Ended::delivered);
  if (const auto broken = broken_off_.extract(std::string(attempt.delivery)))
    around_.judge.answered(broken.mapped(), options_.life.retry_delay);
  around_.judge.decided(attempt, *state_);
  const bool believed = mistaken(Mistake::believes_records);
  owner_->record_attempt(origin, lane, attempt, [this, believed, delivery = std::string(attempt.delivery), recorded] {
    flights_.recorded(delivery);
    if (!believed) recorded();
  });
  if (believed) recorded();
}

Result<void> CoreProcess::append_and_finish(dispatcher::Place origin, book::LaneNumber lane, log::Record&& letter,
                                            std::function<void()> recorded) {
  if (!mistaken(Mistake::drops_letters)) return owner_->append_and_finish(origin, lane, std::move(letter), recorded);
  later(std::move(recorded));
  return {};
}

Result<void> CoreProcess::append_event(dispatcher::Place origin, log::Record&& event, std::function<void()> recorded) {
  const bool dropped = mistaken(Mistake::drops_results), believed = mistaken(Mistake::believes_results);
  event::stamp(event, [this] { return state_->position; });
  if (!dropped && !believed) return owner_->append_event(origin, std::move(event), std::move(recorded));
  if (!dropped)
    if (auto taken = owner_->append_event(origin, std::move(event), [] {}); !taken) return taken;
  later(std::move(recorded));
  return {};
}

void CoreProcess::submit(http::Transfer&& transfer) {
  if (!mistaken(Mistake::overtakes)) return fly(transfer);
  later([this, transfer = std::move(transfer)] { fly(transfer); });
}

void CoreProcess::fly(const http::Transfer& transfer) {
  Judge& judge = around_.judge;
  Request request{header(transfer, names::kDelivery), endpoint_of(transfer.url),
                  static_cast<std::uint32_t>(std::stoul(header(transfer, names::kAttempt))), options_.id};
  const std::int32_t partition = judge.partition_of(request.delivery);
  request.current = around_.cluster->owner(partition) == options_.id;
  judge.check(request, *state_);
  for (const registry::Endpoint& gone : gone_)
    if (const auto stands = state_->endpoint(gone.tenant, gone.id);
        request.endpoint == gone.tenant + "/" + gone.id && stands && stands->version == gone.version)
      judge.violate("GONE: " + request.endpoint + " is sent to, and what its 410 asked for is not decided");
  if (broken_off_.erase(request.delivery) > 0) flights_.lost(request.delivery);
  flights_.begin(request.delivery, partition, request.current);
  flying_.push_back({transfer.id, std::move(request)});
}

void CoreProcess::end(std::size_t which, http::TransferResult&& result) {
  result.id = flying_.at(which).id;
  flying_.erase(flying_.begin() + static_cast<std::ptrdiff_t>(which));
  core_->on_result(std::move(result));
}

void CoreProcess::respond(std::size_t which) {
  const Request request = flying_.at(which).request;
  const Answerer who{options_.seed, around_.judge.is_command(request.delivery), options_.gone};
  auto answer = answer_of(who, request.delivery, request.attempt);
  if (answer.error != http::TransferError::none && options_.life.workers > 1)
    return break_off(which, std::move(answer));
  const Millis next = std::max(options_.life.retry_delay, delay_asked(answer));
  around_.judge.answered(request, is_last(answer) ? std::nullopt : std::optional(next),
                         delay_asked(answer) > Millis{0});
  end(which, std::move(answer));
}

void CoreProcess::die(std::size_t which) {
  http::TransferResult result;
  result.error = http::TransferError::connect;
  break_off(which, std::move(result));
}

// Nobody but the core knows yet whether another gets it.
void CoreProcess::break_off(std::size_t which, http::TransferResult&& result) {
  const Request& request = flying_.at(which).request;
  broken_off_.insert_or_assign(request.delivery, request);
  end(which, std::move(result));
}

void CoreProcess::let_go(std::int32_t partition) {
  forget_broken_off(partition);
  owner_->let_go(partition);
}

// What waited for a worker is the next owner's.
void CoreProcess::forget_broken_off(std::int32_t partition) {
  std::erase_if(broken_off_, [&](const auto& one) {
    if (around_.judge.partition_of(one.first) != partition) return false;
    flights_.lost(one.first);
    return true;
  });
}

void CoreProcess::give_back(std::size_t which) {
  http::TransferResult result;
  result.error = http::TransferError::local;
  result.retry_in = Millis{300};
  flights_.lost(flying_.at(which).request.delivery);
  end(which, std::move(result));
}

void CoreProcess::disable(const registry::Endpoint& endpoint, std::string_view) {
  gone_.push_back(endpoint);
  const std::string key = endpoint.tenant + "/" + endpoint.id;
  if (mistaken(Mistake::sends_to_gone)) later([this, key] { core_->on_disable_failed(key); });
}

void CoreProcess::decide_gone(bool accepted) {
  for (const registry::Endpoint& endpoint : std::exchange(gone_, {})) {
    const std::string key = endpoint.tenant + "/" + endpoint.id;
    const bool done = accepted && around_.registry.disable_gone(endpoint);
    around_.judge.say("endpoint " + key + (done ? " is disabled" : " is not disabled") + ", as it was gone");
    if (!done) core_->on_disable_failed(key);
  }
}

}  // namespace certes::dispatcher::simulation
