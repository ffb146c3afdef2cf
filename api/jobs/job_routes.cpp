#include "api/jobs/job_routes.hpp"

#include <algorithm>

#include "api/change.hpp"
#include "api/history_answers.hpp"
#include "api/jobs/dry_run.hpp"
#include "api/jobs/event_replay.hpp"
#include "api/jobs/job_request.hpp"
#include "api/page.hpp"

namespace certes::api {
namespace {

using registry::Job;
using registry::JobState;
using JobPtr = std::shared_ptr<const Job>;

constexpr std::string_view kJobStates = "running, paused, done, cancelled, failed";

http::Response shown_job(int status, const Job& job) {
  http::Response response = json_response(status, registry::shown_json(job));
  response.headers.emplace_back("ETag", "\"" + std::to_string(job.version) + "\"");
  if (status == 202) response.headers.emplace_back("Location", std::string(kApiRoot) + "/jobs/" + job.id);
  return response;
}

Result<void> check_state_asked(const std::optional<std::string>& state) {
  const JobState all[] = {registry::JobRunning(), registry::JobPaused(), registry::JobDone(), registry::JobCancelled(),
                          registry::JobFailed()};
  if (!state || std::ranges::any_of(all, [&](const JobState& one) { return name_of(one) == *state; })) return {};
  return fail(Code::invalid, "is none of " + std::string(kJobStates), "state");
}

// The newest first.
std::vector<JobPtr> jobs_of(const registry::State& state, const std::string& tenant) {
  std::vector<JobPtr> all;
  const std::string prefix = tenant + "/";
  for (auto at = state.jobs.lower_bound(prefix); at != state.jobs.end() && at->first.starts_with(prefix); ++at)
    all.push_back(at->second);
  std::reverse(all.begin(), all.end());
  return all;
}

// Of /jobs all, of /replays those that send something again.
bool is_shown(const Call& call, const Job& job) {
  const bool of_replays = call.pattern.find("/replays") != call.pattern.npos;
  return !of_replays || job.kind == registry::JobKind::replay_events || job.kind == registry::JobKind::replay_letters;
}

JobPtr shown_job_of(const Call& call, const registry::State& state, const std::string& id) {
  JobPtr job = state.job(call.tenant, id);
  return job && is_shown(call, *job) ? job : nullptr;
}

using Next = Result<JobState> (*)(const Job& current);

Result<JobState> pause_of(const Job& current) {
  if (has_ended(current.state))
    return fail(Code::conflict, "jobs/" + current.id + " has ended: " + std::string(name_of(current.state)));
  return registry::JobPaused();
}

// What has failed goes on from where it was.
Result<JobState> resume_of(const Job& current) {
  if (std::holds_alternative<registry::JobRunning>(current.state)) return current.state;
  if (std::holds_alternative<registry::JobPaused>(current.state) ||
      std::holds_alternative<registry::JobFailed>(current.state))
    return registry::JobRunning();
  return fail(Code::conflict, "jobs/" + current.id + " has ended: " + std::string(name_of(current.state)));
}

Result<JobState> cancel_of(const Job& current) {
  if (current.kind == registry::JobKind::reprocess_letters)
    return fail(Code::conflict, "jobs/" + current.id +
                                    " lasts as long as a back-off policy has \"reprocess\": it can be paused, or that "
                                    "taken out of the policies");
  const bool may = !has_ended(current.state) || std::holds_alternative<registry::JobFailed>(current.state) ||
                   std::holds_alternative<registry::JobCancelled>(current.state);
  if (may) return registry::JobCancelled();
  return fail(Code::conflict, "jobs/" + current.id + " has ended: " + std::string(name_of(current.state)));
}

Error no_job(const std::string& id) { return Error(Code::not_found, "there is no jobs/" + id.substr(0, 128)); }

Result<http::Response> steer(const Call& call, Services& services, Next next_of) {
  const std::string id = call.path("id").value_or("");
  registry::StatePtr state = call.state;
  for (int tries = 1;; ++tries) {
    const JobPtr current = shown_job_of(call, *state, id);
    if (!current) return fail(no_job(id));
    Job next = *current;
    auto asked = next_of(*current);
    if (!asked) return fail(std::move(asked.error()));
    if (asked->index() == current->state.index()) return shown_job(200, *current);
    next.state = std::move(*asked);
    next.ended_at = has_ended(next.state) ? services.deps.clock.unix_millis() : 0;
    registry::Change change = registry::change_to(next, current.get());
    change.by = call.by(call.tenant);
    change.based_on = current->version;
    const auto decision = decide(change, services);
    if (decision) {
      next.version = decision->version;
      return shown_job(200, next);
    }
    if (!is_stale(decision.error()) || tries == kTries) return fail(decision.error());
    state = services.fresh_state();
  }
}

// Room for one more: the one that ended first leaves.
Result<void> make_room(const Call& call, Services& services) {
  const std::size_t most = services.deps.settings.jobs.most;
  const std::vector<JobPtr> all = jobs_of(*call.state, call.tenant);
  if (all.size() < most) return {};
  const JobPtr* first = nullptr;
  for (const JobPtr& job : all)
    if (has_ended(job->state) && (first == nullptr || job->ended_at < (*first)->ended_at)) first = &job;
  if (first == nullptr) {
    services.jobs_refused.add();
    return fail(Code::conflict, "the tenant \"" + call.tenant + "\" has " + std::to_string(all.size()) +
                                    " jobs that have not ended, as many as it may (jobs.most)");
  }
  registry::Change change = registry::change_to(**first, first->get());
  change.op = registry::Change::Op::remove;
  change.body.clear();
  change.by = registry::kByCertes;
  const auto decision = decide(change, services);
  if (decision || decision.error().code == Code::not_found) return {};
  return fail(decision.error());
}

// A job on dead letters, or how many it would be about.
Result<std::unique_ptr<http::Steps>> create_letter_job(Result<Job>&& job, const Call& call, Services& services) {
  if (!job) return fail(std::move(job.error()));
  if (!services.history) return at_once(no_history());
  if (call.query("dry_run") == "true") {
    if (!job->filter.ids.empty()) return at_once(jobs::counted(job->filter.ids.size(), true));
    return jobs::count_letters(services, std::move(*job));
  }
  auto made = create_job(std::move(*job), call, services);
  if (!made) return fail(std::move(made.error()));
  return at_once(std::move(*made));
}

}  // namespace

Result<http::Response> create_job(Job&& job, const Call& call, Services& services) {
  if (auto room = make_room(call, services); !room) return fail(std::move(room.error()));
  job.id = services.new_id("job_");
  registry::Change change = registry::change_to(job);
  change.op = registry::Change::Op::create;
  change.by = call.by(call.tenant);
  const auto decision = decide(change, services);
  if (!decision) return fail(decision.error());
  const JobPtr stored = services.deps.registry.state()->job(job.tenant, job.id);
  return shown_job(202, stored ? *stored : job);
}

Result<http::Response> list_jobs(const Call& call, Services& services) {
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  const auto state = call.query("state"), after = call.query("after");
  if (auto known = check_state_asked(state); !known) return fail(std::move(known.error()));
  Page page(*limit, services);
  std::string last;
  for (const JobPtr& job : jobs_of(*call.state, call.tenant)) {
    if ((after && !after->empty() && job->id >= *after) || (state && name_of(job->state) != *state)) continue;
    if (!is_shown(call, *job)) continue;
    if (page.full()) return std::move(page).answer(last);
    page.add(registry::shown_json(*job));
    last = job->id;
  }
  return std::move(page).answer(std::nullopt);
}

Result<http::Response> show_job(const Call& call, Services&) {
  const std::string id = call.path("id").value_or("");
  const JobPtr job = shown_job_of(call, *call.state, id);
  if (!job) return fail(no_job(id));
  return shown_job(200, *job);
}

Result<http::Response> pause_job(const Call& call, Services& services) { return steer(call, services, pause_of); }
Result<http::Response> resume_job(const Call& call, Services& services) { return steer(call, services, resume_of); }
Result<http::Response> cancel_job(const Call& call, Services& services) { return steer(call, services, cancel_of); }

Result<std::unique_ptr<http::Steps>> create_replay(const Call& call, Services& services) {
  if (!services.history) return at_once(no_history());
  auto job = jobs::replay_asked(call, services.deps.clock.unix_millis());
  if (!job) return fail(std::move(job.error()));
  if (call.query("dry_run") == "true") return jobs::count_events(services, *jobs::index_filter(*job));
  auto made = create_job(std::move(*job), call, services);
  if (!made) return fail(std::move(made.error()));
  return at_once(std::move(*made));
}

Result<std::unique_ptr<http::Steps>> create_letter_replay(const Call& call, Services& services) {
  return create_letter_job(jobs::letter_replay_asked(call), call, services);
}

Result<std::unique_ptr<http::Steps>> create_letter_discard(const Call& call, Services& services) {
  return create_letter_job(jobs::letter_discard_asked(call), call, services);
}

}  // namespace certes::api
