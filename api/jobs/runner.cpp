#include "api/jobs/runner.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "api/change.hpp"
#include "api/jobs/reprocess.hpp"
#include "api/replay_steps.hpp"
#include "common/event/notice.hpp"
#include "common/registry/takers.hpp"

namespace certes::api::jobs {
namespace {

using registry::Job;
using registry::JobRunning;

constexpr Millis kIdle{60'000};
constexpr Millis kLook{500};  // while there is something that another process goes on with, or that cannot begin here
constexpr Millis kForget{60'000};
// A job that nothing has changed of is noted all the same, so that nobody takes it up.
constexpr int kSignsOfLife = 3;

// What was looked at, and not sent.
std::int64_t left_out(const registry::JobProgress& progress) {
  return progress.repeated + progress.refused + progress.skipped;
}

}  // namespace

Runner::Runner(Services& services)
    : services_(services),
      name_(services.new_id("prc_")),
      held_count_(services.deps.metrics.gauge("certes_jobs_held", "Jobs that this process goes on with")),
      running_(
          services.deps.metrics.gauge("certes_jobs", "Jobs in the registry, of all tenants", {{"state", "running"}})),
      paused_(
          services.deps.metrics.gauge("certes_jobs", "Jobs in the registry, of all tenants", {{"state", "paused"}})),
      ended_(services.deps.metrics.gauge("certes_jobs", "Jobs in the registry, of all tenants", {{"state", "ended"}})),
      taken_over_(services.deps.metrics.counter("certes_jobs_taken_over_total",
                                                "Jobs that another process did not go on with any more")),
      done_(services.deps.metrics.counter("certes_job_items_total", "What jobs of this process were about",
                                          {{"outcome", "done"}})),
      skipped_(services.deps.metrics.counter("certes_job_items_total", "What jobs of this process were about",
                                             {{"outcome", "skipped"}})),
      untold_(services.deps.metrics.counter(event::kNoticesLost, event::kNoticesLostHelp)),
      payloads_(services.deps.log) {
  services_.deps.registry.on_change([signal = signal_](const registry::StatePtr&) { signal->wake(); });
  thread_ = std::thread([this] { run(); });
}

Runner::~Runner() {
  stopping_ = true;
  signal_->wake();
  thread_.join();
}

void Runner::run() {
  while (!stopping_) {
    if (services_.deps.registry.caught_up()) {
      const SteadyTime now = services_.deps.clock.now();
      const bool changed = follow();
      if (services_.history) keep_reprocess();
      if (changed || now >= look_at_) take_up(now);
      go_on_all();
      forget_old();
    }
    const auto wait = std::chrono::ceil<Millis>(next_due() - services_.deps.clock.now());
    if (!stopping_ && wait > Millis{0}) signal_->wait(wait);
  }
  let_go_all();
}

// What has changed in the registry since the last look. False: nothing.
bool Runner::follow() {
  const registry::StatePtr state = services_.deps.registry.state();
  if (jobs_.same_as(state->jobs)) return false;
  using Jobs = decltype(jobs_);
  Jobs::difference(jobs_, state->jobs, [this](const std::string& key, const JobPtr* was, const JobPtr* is) {
    if (was != nullptr) gauge_of((*was)->state).add(-1);
    if (is != nullptr) gauge_of((*is)->state).add(1);
    if (is != nullptr && std::holds_alternative<JobRunning>((*is)->state)) {
      open_[key] = *is;
      return;
    }
    open_.erase(key);
    watched_.erase(key);
  });
  jobs_ = state->jobs;
  return true;
}

// The job of Certes itself is there while it has something to do.
void Runner::keep_reprocess() {
  const registry::StatePtr state = services_.deps.registry.state();
  if (!policies_.same_as(state->backoff_policies)) {
    policies_ = state->backoff_policies;
    reprocesses_ = std::ranges::any_of(policies_, [](const auto& one) { return one.second->reprocess.has_value(); });
  }
  const JobPtr there = state->job(registry::kDefaultTenant, kReprocessJob);
  keeps_reprocess_ = reprocesses_ == (there != nullptr);
  if (keeps_reprocess_) return;
  Job made;
  made.id = kReprocessJob;
  made.kind = registry::JobKind::reprocess_letters;
  registry::Change change = registry::change_to(there ? *there : made, there.get());
  change.op = there ? registry::Change::Op::remove : registry::Change::Op::create;
  if (there) change.body.clear();
  if (there) change.based_on = there->version;
  change.by = registry::kByCertes;
  const auto decision = decide(change, services_);
  if (decision || !told_.due(made.id, services_.deps.clock.now())) return;
  spdlog::warn("the job {} of dead letters that are sent again by themselves: {}", made.id, decision.error().message);
}

metrics::Gauge& Runner::gauge_of(const registry::JobState& state) {
  if (has_ended(state)) return ended_;
  return std::holds_alternative<registry::JobPaused>(state) ? paused_ : running_;
}

void Runner::take_up(SteadyTime now) {
  look_at_ = now + kLook;
  std::vector<JobPtr> free;
  for (const auto& [key, job] : open_)
    if (!held_.contains(key) && may_take(*job, now)) free.push_back(job);
  while (!free.empty() && held_.size() < services_.deps.settings.jobs.running) {
    const JobPtr* const next = fewest_held(free);
    claim(**next, now);
    free.erase(free.begin() + (next - free.data()));
  }
  held_count_.set(static_cast<double>(held_.size()));
}

// Of the tenant that has the fewest here.
const Runner::JobPtr* Runner::fewest_held(const std::vector<JobPtr>& jobs) const {
  const auto of_tenant = [this](const JobPtr& job) {
    return std::ranges::count_if(held_, [&](const auto& one) { return one.second->tenant() == job->tenant; });
  };
  return &*std::ranges::min_element(jobs, {}, of_tenant);
}

// The embedded log is one process's at a time: what another has begun, it goes on with no more.
bool Runner::may_take(const Job& job, SteadyTime now) {
  if (!is_covered(job, services_.history.get())) return false;
  const std::string& runner = std::get<JobRunning>(job.state).runner;
  if (runner.empty() || runner == name_ || services_.deps.log.engine() != "kafka") return true;
  Watched& watched = watched_[registry::map_key(job.tenant, job.id)];
  if (watched.version != job.version) watched = {job.version, now};
  return now - watched.since >= services_.deps.settings.jobs.takeover_after;
}

void Runner::claim(const Job& job, SteadyTime now) {
  auto work = make_work(job, services_, payloads_);
  auto held = std::make_unique<HeldJob>(job, work ? std::move(*work) : nullptr, now);
  if (!work) {
    note(*held, job, registry::JobFailed{work.error().pointer + " " + work.error().message});
    return;
  }
  if (!note(*held, job, JobRunning{name_})) return;
  if (!std::get<JobRunning>(job.state).runner.empty()) taken_over_.add();
  const std::string key = registry::map_key(job.tenant, job.id);
  watched_.erase(key);
  held_.insert_or_assign(key, std::move(held));
}

void Runner::go_on_all() {
  std::erase_if(held_, [this](auto& one) { return !stays(*one.second); });
  held_count_.set(static_cast<double>(held_.size()));
}

// A step of it, where it is due. False: it is this process's no more.
bool Runner::stays(HeldJob& held) {
  if (stopping_) return true;
  const auto current = services_.deps.registry.state()->job(held.tenant(), held.id());
  if (!current) return false;
  if (!is_mine(*current)) return settle(held, *current);
  const SteadyTime now = services_.deps.clock.now();
  if (held.is_counted()) {
    if (held.due() <= now) note(held, *current, current->state);
    return true;
  }
  if (!held.end() && held.due() <= now) {
    const registry::JobProgress before = held.progress();
    if (const auto error = held.step(now)) tell(held, *error);
    done_.add(static_cast<double>(held.progress().done - before.done));
    skipped_.add(static_cast<double>(left_out(held.progress()) - left_out(before)));
  }
  if (held.end()) {
    tell_if_failed(held, *current);
    return !note(held, *current, *held.end());
  }
  note_if_due(held);
  return true;
}

bool Runner::is_mine(const Job& job) const {
  const auto* running = std::get_if<JobRunning>(&job.state);
  return running != nullptr && running->runner == name_;
}

// Somebody has asked something of it, or goes on with it: a last note of how far it is, then it is let go. What was
// paused and resumed meanwhile stays.
bool Runner::settle(HeldJob& held, const Job& current) {
  const auto* running = std::get_if<JobRunning>(&current.state);
  if (running != nullptr && running->runner.empty()) {
    note(held, current, JobRunning{name_});
    return true;
  }
  if (running != nullptr || current.progress == held.progress()) return false;
  return !note(held, current, current.state);
}

void Runner::note_if_due(HeldJob& held) {
  if (services_.deps.clock.now() < note_due(held)) return;
  const auto current = services_.deps.registry.state()->job(held.tenant(), held.id());
  if (current && is_mine(*current)) note(held, *current, current->state);
}

SteadyTime Runner::note_due(const HeldJob& held) const {
  const config::JobSettings& settings = services_.deps.settings.jobs;
  if (held.has_news()) return held.noted_at() + settings.progress_every;
  const bool shared = services_.deps.log.engine() == "kafka";
  return shared ? held.noted_at() + settings.takeover_after / kSignsOfLife : SteadyTime::max();
}

// False: another change came between, or the log is away: the next look says what is to be done.
bool Runner::note(HeldJob& held, const Job& current, registry::JobState state) {
  Job next = current;
  next.progress = held.progress();
  next.state = std::move(state);
  if (has_ended(next.state) && next.ended_at == 0) next.ended_at = services_.deps.clock.unix_millis();
  registry::Change change = registry::change_to(next, &current);
  change.by = registry::kByCertes;
  change.based_on = current.version;
  const bool decided = decide(change, services_).has_value();
  const SteadyTime now = services_.deps.clock.now();
  decided ? held.noted(now) : held.not_noted(now);
  return decided;
}

// Where the log does not take one note, it takes no other either: who waits for this process to end does not wait more.
void Runner::let_go_all() {
  for (auto& [key, held] : held_) {
    const auto current = services_.deps.registry.state()->job(held->tenant(), held->id());
    if (!current) continue;
    const bool let_go =
        is_mine(*current) ? note(*held, *current, held->end().value_or(JobRunning())) : !settle(*held, *current);
    if (!let_go) break;
  }
  held_.clear();
}

void Runner::forget_old() {
  const SteadyTime now = services_.deps.clock.now();
  if (now - forgot_at_ < kForget) return;
  forgot_at_ = now;
  const UnixMillis before = services_.deps.clock.unix_millis() - services_.deps.settings.jobs.retention.count();
  for (const auto& [key, job] : jobs_) {
    if (!has_ended(job->state) || job->ended_at >= before) continue;
    registry::Change change = registry::change_to(*job, job.get());
    change.op = registry::Change::Op::remove;
    change.body.clear();
    change.by = registry::kByCertes;
    change.based_on = job->version;
    if (!decide(change, services_)) return;  // another process does so, too, or the log is away
  }
}

// Before that is noted: where this process ends in between, it is told once more, under the same name.
void Runner::tell_if_failed(const HeldJob& held, const Job& current) {
  const auto* failed = std::get_if<registry::JobFailed>(&*held.end());
  constexpr auto kKind = event::NoticeKind::replay_failed;
  if (failed == nullptr || !has_taker(*services_.deps.registry.state(), current.tenant, type_of(kKind))) return;
  event::Notice notice{.kind = kKind, .tenant = current.tenant};
  notice.job = current.id;
  notice.endpoint = current.endpoint;
  notice.error = failed->error;
  notice.done = held.progress().done;
  notice.left = held.progress().left();
  ReplaySteps steps(services_, current.tenant);
  const std::string once = std::to_string(current.version);
  steps.add(log::kAnyPartition,
            to_record(notice_event(notice, once, services_.new_id("evt_"), services_.deps.clock.unix_millis())));
  if (!steps.finish()) untold_.add();
}

SteadyTime Runner::next_due() const {
  const SteadyTime now = services_.deps.clock.now();
  SteadyTime next = now + kIdle;
  for (const auto& [key, held] : held_) next = std::min({next, held->due(), note_due(*held)});
  if (open_.size() > held_.size() || !keeps_reprocess_) next = std::min(next, now + kLook);
  if (!services_.deps.registry.caught_up()) next = std::min(next, now + kLook);
  return next;
}

void Runner::tell(const HeldJob& held, const Error& error) {
  if (const auto times = told_.due(held.id() + error.message, services_.deps.clock.now()))
    spdlog::warn("job {} of the tenant {} waits: {} ({} times since this was told last)", held.id(), held.tenant(),
                 error.message, *times);
}

}  // namespace certes::api::jobs
