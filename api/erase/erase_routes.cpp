#include "api/erase/erase_routes.hpp"

#include "api/erase/erasure_walk.hpp"
#include "api/history_answers.hpp"
#include "api/jobs/job_routes.hpp"
#include "api/steps.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

constexpr std::size_t kMostErasedText = 8'192;
// Copies of an event come after it, and no two clocks are as far apart.
constexpr Millis kMostClocks{3'600'000};

Result<registry::Job> erasure_asked(const Call& call, Services& services) {
  const auto json = registry::parse_json(call.request.body.empty() ? "{}" : call.request.body);
  if (!json) return fail(json.error());
  std::string event, source, subject;
  registry::Fields fields(*json, "");
  fields.text("event", event, kMostErasedText);
  fields.text("source", source, kMostErasedText);
  fields.text("subject", subject, kMostErasedText);
  if (auto error = fields.done()) return fail(std::move(*error));
  if (!event.empty() && !(source.empty() && subject.empty()))
    return fail(Code::invalid, R"(contradicts "source" and "subject": give one of them)", "/event");
  if (event.empty() && (source.empty() || subject.empty()))
    return fail(Code::invalid, R"(say what: {"event":"evt_…"}, or {"source":"…","subject":"…"})");
  registry::Job job;
  job.tenant = call.tenant;
  job.kind = registry::JobKind::erase;
  if (event.empty()) {
    job.filter.subject_hash = services.erasure_macs.of_subject(call.tenant, source, subject);
    job.filter.to = services.deps.clock.unix_millis() + 1;
  } else {
    job.filter.event_hash = services.erasure_macs.of_event(call.tenant, event);
    if (const auto at = accepted_at(event)) job.filter.from = std::max<UnixMillis>(0, *at - kMostClocks.count());
  }
  return job;
}

class CountedErasure final : public LongSteps {
 public:
  CountedErasure(Services& services, const registry::Job& job)
      : services_(services),
        hash_(job.filter.event_hash.empty() ? job.filter.subject_hash : job.filter.event_hash),
        walk_(job, services.erasure_macs),
        deadline_(std::chrono::steady_clock::now() + services.deps.settings.api.scan_time) {}

  std::size_t held() const override { return 0; }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    for (;;) {
      const auto chunk = services_.history->look([this](history::Lookup& lookup) { return walk_.next(lookup); });
      if (!chunk) return std::optional(not_ready(chunk.error()));
      count_ += chunk->count;
      const SteadyTime now = std::chrono::steady_clock::now();
      if (chunk->last || now >= deadline_) return std::optional(answer(chunk->last));
      if (now >= until) return std::optional<http::Response>();
    }
  }
  http::Response answer(bool whole) {
    if (!whole) services_.cut_scans.add();
    auto response = json_response(200, R"({"count":)" + std::to_string(count_) + R"(,"complete":)" +
                                           (whole ? "true" : "false") + R"(,"hash":")" + hash_ + R"("})");
    add_members(response, reach_of(*services_.history));
    return response;
  }

  Services& services_;
  const std::string hash_;
  ErasureWalk walk_;
  const SteadyTime deadline_;
  std::int64_t count_ = 0;
};

}  // namespace

Result<std::unique_ptr<http::Steps>> create_erasure(const Call& call, Services& services) {
  auto job = erasure_asked(call, services);
  if (!job) return fail(std::move(job.error()));
  if (!services.history) return at_once(no_history());
  if (call.query("dry_run") == "true") return std::make_unique<CountedErasure>(services, *job);
  auto made = create_job(std::move(*job), call, services);
  if (!made) return fail(std::move(made.error()));
  return at_once(std::move(*made));
}

}  // namespace certes::api
