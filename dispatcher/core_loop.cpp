#include "dispatcher/core_loop.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "common/registry/proposal.hpp"
#include "dispatcher/core_loop_options.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kShowEvery{1'000};
constexpr Millis kWarmWithin{2'000};
constexpr Millis kLeaveLimit{6'000};  // the owner needs two seconds at most for a partition, and its commit
constexpr Millis kLastMoment{1'000};  // behind the end of draining
constexpr Millis kProposeTimeout{10'000};
constexpr std::size_t kPickedARound = 2'048;

}  // namespace

CoreLoop::CoreLoop(const Dependencies& dependencies)
    : dependencies_(dependencies),
      inbox_(std::make_shared<Inbox>()),
      meters_(dependencies.metrics, dependencies.clock, dependencies.settings.metrics_endpoints, dependencies.trace,
              dependencies.tracer),
      warm_at_(dependencies.clock.now() + kWarmWithin),
      questions_(answered_questions(dependencies.clock.now())),
      reading_stopped_([](std::string_view line) { spdlog::warn("dispatcher: {}", line); }),
      long_policies_(dependencies.settings.retention.max_wait, dependencies.settings.backoff_policy) {}

CoreLoop::~CoreLoop() { stop(Millis{0}); }

void CoreLoop::start() {
  running_ = true;
  dependencies_.registry.on_change(
      [inbox = inbox_](registry::StatePtr state) { inbox->post(StateChanged{std::move(state)}); });
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "certes-core");
}

void CoreLoop::stop(Millis limit) {
  running_ = false;
  inbox_->post(StopAsked{limit});
  if (thread_.joinable()) thread_.join();
}

// The log's objects belong to the thread that makes them.
void CoreLoop::run() {
  const log::Wake wake = [inbox = inbox_] { inbox->wake(); };
  core_ = std::make_unique<Core>(core_options(dependencies_), CorePorts{*this, *this, *this, *this, meters_,
                                                                        dependencies_.sealer, dependencies_.clock});
  core_->on_state(dependencies_.registry.state());
  sender_ =
      std::make_unique<http::Sender>(sender_options(dependencies_.settings.dispatcher), dependencies_.addresses, wake);
  picker_ = dependencies_.log.picker(wake);
  OwnerHandler& handler = *this;
  owner_ = std::make_unique<Owner>(dependencies_.log, handler, dependencies_.clock, owner_options(dependencies_), wake);
  while (!done_) round();
  owner_.reset();
  picker_.reset();
  sender_.reset();
  core_.reset();
}

// Membership first: what follows may act only for partitions that are still owned.
void CoreLoop::round() {
  inbox_->begin_round();
  read_log();
  read_mail();
  take_answers();
  take_picked();
  core_->run();
  in_flight_.store(core_->unsettled(), std::memory_order_relaxed);
  owner_->flush();
  show();
  advance_stop();
  if (!done_ && !more_ && !may_read_again()) inbox_->wait(dependencies_.clock.now(), wake_at());
}

// The log rings for what comes, once: it has rung for what found no room.
bool CoreLoop::may_read_again() const { return had_no_room_ && core_->room().records > 0; }

void CoreLoop::read_log() {
  const auto room = core_->room();
  had_no_room_ = room.records == 0;
  auto read = owner_->poll(room.records, room.bytes);
  more_ = read && room.records > 0 && *read == room.records;
  read_ += read.value_or(0);
  if (!read) fail_with(read.error());
}

void CoreLoop::fail_with(const Error& error) {
  spdlog::critical("dispatcher: {}", error.message);
  running_ = false;
  done_ = true;
  if (dependencies_.failed) dependencies_.failed(error);
}

void CoreLoop::read_mail() {
  mails_.clear();
  inbox_->drain(mails_);
  for (Mail& mail : mails_) std::visit([this](auto& one) { on_mail(one); }, mail);
  if (!newest_) return;
  look_at_policies(newest_);
  core_->on_state(std::exchange(newest_, nullptr));
}

// Those that are there once the registry is known, and then what changes.
void CoreLoop::look_at_policies(registry::StatePtr state) {
  if (!dependencies_.registry.caught_up()) return;
  if (!std::exchange(started_, true))
    if (auto refusal = long_policies_.refusal(*state)) return fail_with(Error(Code::invalid, std::move(*refusal)));
  const auto line = long_policies_.follow(std::move(state));
  if (line && told_policies_.due({}, dependencies_.clock.now())) spdlog::warn("dispatcher: {}", *line);
}

void CoreLoop::take_answers() {
  answers_.clear();
  sender_->poll(answers_);
  for (const auto& answer : answers_) core_->on_result(answer);
}

void CoreLoop::take_picked() {
  picked_.clear();
  more_ = picker_->poll(kPickedARound, picked_) == kPickedARound || more_;
  for (const log::Picked& picked : picked_) core_->on_picked(picked);
  picked_.clear();  // lets go of records
}

// A run that the log refuses is asked for again, which is told.
void CoreLoop::ask(log::PickRun&& run) {
  log::Picked refused{run.id, run.topic, run.partition, 0, log::PickFate::again, nullptr, {}};
  auto taken = picker_->ask(std::move(run));
  if (taken) return;
  refused.error = std::move(taken.error());
  core_->on_picked(refused);
}

void CoreLoop::show() {
  const SteadyTime now = dependencies_.clock.now();
  if (now < show_at_) return;
  show_at_ = now + kShowEvery;
  if (!started_) look_at_policies(dependencies_.registry.state());
  core_->on_partitions(dependencies_.log.partitions());
  const CoreGauges gauges = core_->gauges();
  meters_.show(gauges);
  meters_.reading_stopped(reading_stopped_.round(core_->is_full(), std::exchange(read_, 0), gauges.index_bytes, now));
  meters_.show_failing([this](std::string_view key) { return core_->open_deliveries(key); });
  meters_.show(sender_->resolver_stats());
  meters_.questions_refused(refused_.exchange(0));
  UnixMillis oldest = 0;
  auto partitions = owner_->partitions();
  for (const auto& partition : partitions)
    if (partition.oldest_open != 0 && (oldest == 0 || partition.oldest_open < oldest)) oldest = partition.oldest_open;
  meters_.oldest_unfinished(oldest);
  const Lock lock(partitions_mutex_);
  partitions_.swap(partitions);
}

std::vector<Owner::Partition> CoreLoop::partitions() const {
  const Lock lock(partitions_mutex_);
  return partitions_;
}

void CoreLoop::advance_stop() {
  if (!drain_until_) return;
  const SteadyTime now = dependencies_.clock.now();
  if (!leave_until_) {
    if (!core_->settled() && now < *drain_until_) return;
    if (!core_->settled())
      spdlog::warn("dispatcher: {} are still in flight: they are broken off, and will be sent again",
                   core_->unsettled());
    core_->abort_all();
    owner_->leave();
    leave_until_ = std::min(now + kLeaveLimit, *drain_until_ + kLastMoment);
    more_ = true;  // at once
    return;
  }
  done_ = done_ || owner_->left() || now >= *leave_until_;
}

SteadyTime CoreLoop::wake_at() {
  SteadyTime at = std::min(owner_->next_deadline(), show_at_);
  if (const auto next = core_->next_at()) at = std::min(at, *next);
  if (leave_until_)
    at = std::min(at, *leave_until_);
  else if (drain_until_)
    at = std::min(at, *drain_until_);
  return at;
}

void CoreLoop::on_mail(StopAsked& mail) {
  if (drain_until_) return;
  // A part of the time is for what comes after: checkpoints, commits, the group.
  const Millis leaving = std::min(mail.limit / 5, Millis{5'000});
  drain_until_ = dependencies_.clock.now() + mail.limit - leaving;
  core_->drain();
}

void CoreLoop::on_mail(DisableDecided& mail) {
  // The change itself comes as a state, also where another dispatcher was first.
  const auto state = dependencies_.registry.state();
  const auto* endpoint = state->endpoints.find(mail.key);
  const bool disabled = endpoint != nullptr && (*endpoint)->state == registry::EndpointState::disabled;
  if (!mail.error || disabled)
    return spdlog::warn(
        "dispatcher: endpoint {} answered 410 and is disabled: what waits for it becomes dead letters. To take it "
        "back: "
        "certes endpoints resume",
        mail.key);
  spdlog::warn("dispatcher: endpoint {} answered 410 and could not be disabled: {}", mail.key, mail.error->message);
  core_->on_disable_failed(mail.key);
}

void CoreLoop::on_past_read(std::int32_t partition, const log::ReadBack& read) {
  spdlog::info("dispatcher: {} events of partition {} read back, {} MiB, bounded by {}", read.records(), partition,
               read.bytes() >> 20, log::to_string(read.bound()));
}

// It is warm once it has taken over all that it was given.
void CoreLoop::on_running(std::int32_t partition, book::OpenIndex& index) {
  core_->on_running(partition, index);
  if (!warm_) warm_ = !owner_->is_taking_over();
}

void CoreLoop::on_log_lost(std::int32_t partition, std::int64_t records) {
  spdlog::error("dispatcher: {} events or open deliveries of partition {} are lost: the log has them no more", records,
                partition);
  meters_.lost(records);
  core_->on_log_lost(partition, records);
}

void CoreLoop::on_unreadable_checkpoint(std::int32_t partition, std::string_view what) {
  spdlog::error("dispatcher: a checkpoint of partition {} cannot be read: {}", partition, what);
}

void CoreLoop::on_commit_disbelieved(std::int32_t partition, std::int64_t offset, std::int64_t instead) {
  const auto shown = [](std::int64_t at, const char* none) { return at == log::kNoOffset ? none : std::to_string(at); };
  spdlog::error("dispatcher: what is committed for partition {} ({}) was not committed by Certes: going on from {}",
                partition, shown(offset, "nothing any more"), shown(instead, "the log's begin"));
  if (offset != log::kNoOffset) meters_.foreign_commit();
}

void CoreLoop::on_other_group(std::int32_t partition, const std::string& group) {
  spdlog::error(
      "dispatcher: partition {} is the group {}'s, and this is {}: all dispatchers of a prefix have one kafka.group. "
      "It "
      "is left alone; certes progress skip takes it over",
      partition, group, dependencies_.log.group());
}

// Where the end is simply known, the answer comes within the call: no round is lost over it.
registry::StatePtr CoreLoop::fence() {
  registry::StatePtr at_once;
  dependencies_.registry.fence(
      [inbox = inbox_, caller = std::this_thread::get_id(), place = &at_once](registry::StatePtr state) {
        // The caller's own thread runs this within the call, or not at all.
        if (std::this_thread::get_id() == caller)
          *place = std::move(state);
        else
          inbox->post(FenceReached{std::move(state)});
      });
  return at_once;
}

void CoreLoop::disable(const registry::Endpoint& endpoint, std::string_view reason) {
  registry::Endpoint disabled = endpoint;
  disabled.state = registry::EndpointState::disabled;
  disabled.disabled_reason = reason;
  registry::Change change = registry::change_to(disabled, &endpoint);
  change.by = registry::kByCertes;
  change.based_on = endpoint.version;
  dependencies_.registry.propose_async(
      std::move(change), kProposeTimeout,
      [inbox = inbox_, key = endpoint.tenant + "/" + endpoint.id](Result<registry::Decision> decision) {
        DisableDecided mail{key, std::nullopt};
        if (!decision) mail.error = decision.error();
        inbox->post(std::move(mail));
      });
}

}  // namespace certes::dispatcher
