#include "api/jobs/job_request.hpp"

#include "api/jobs/event_replay.hpp"
#include "common/event/event.hpp"
#include "common/registry/job_json.hpp"

namespace certes::api::jobs {
namespace {

using registry::Fields;
using registry::Job;
using registry::JobFilter;

Result<void> check_times(const JobFilter& filter, const std::string& at) {
  if (filter.to == 0 || filter.from <= filter.to) return {};
  return fail(Code::invalid, "must not be after \"to\"", at + "/from");
}

Result<void> check_type(const JobFilter& filter, const std::string& at) {
  if (filter.type.empty() || event::valid_type(filter.type)) return {};
  return fail(Code::invalid, "is no type: words of A-Z a-z 0-9 _ / : - joined by dots", at + "/type");
}

Result<void> check_ids(const std::vector<std::string>& ids) {
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (!DeadLetterIds::parse(ids[i]))
      return fail(Code::invalid, "is no id of a dead letter: these begin with dl_", "/ids/" + std::to_string(i));
  return {};
}

// Never everything because nothing was said.
Result<void> check_choice(const JobFilter& filter, bool all, const char* which) {
  const bool filtered = filter != JobFilter();
  if (!filtered && !all) return fail(Code::invalid, which);
  if (filtered && all) return fail(Code::invalid, "contradicts the filter: give one of them", "/all");
  return {};
}

void read_pace(Fields& fields, Job& job) {
  fields.number("rate_per_second", job.rate_per_second, 0, registry::kMostJobRate);
  read_priority(fields, job.priority);
}

// Which dead letters; `read`: what is asked for besides.
Result<Job> letter_job_asked(const Call& call, registry::JobKind kind, void (*read)(Fields& fields, Job& job)) {
  const auto json = registry::parse_json(call.request.body.empty() ? "{}" : call.request.body);
  if (!json) return fail(json.error());
  Job job;
  job.tenant = call.tenant;
  job.kind = kind;
  Fields fields(*json, "");
  bool all = false;
  fields.boolean("all", all);
  read_filter_members(fields, job.filter, job.kind);
  fields.number("rate_per_second", job.rate_per_second, 0, registry::kMostJobRate);
  read(fields, job);
  if (auto error = fields.done()) return fail(std::move(*error));
  for (const auto& fits : {check_choice(job.filter, all, R"(say which: {"endpoint":…}, {"ids":[…]}, or {"all":true})"),
                           check_ids(job.filter.ids), check_type(job.filter, ""), check_times(job.filter, ""),
                           check_class(call, job.priority)})
    if (!fits) return fail(fits.error());
  return job;
}

}  // namespace

Result<void> check_class(const Call& call, const std::optional<registry::Priority>& priority) {
  const auto tenant = call.state->tenant(call.tenant);
  if (!priority || !tenant || *priority >= tenant->max_priority) return {};
  return fail(Code::invalid,
              "the highest priority of the tenant \"" + call.tenant + "\" is " +
                  std::string(to_string(tenant->max_priority)) + " (max_priority)",
              "/priority");
}

Result<void> check_target(const Call& call, const std::string& endpoint, const char* pointer) {
  if (endpoint.empty() || call.state->endpoint(call.tenant, endpoint)) return {};
  return fail(Code::invalid, "there is no endpoints/" + endpoint, pointer);
}

Result<Job> replay_asked(const Call& call, UnixMillis now) {
  const auto json = registry::parse_json(call.request.body.empty() ? "{}" : call.request.body);
  if (!json) return fail(json.error());
  Job job;
  job.tenant = call.tenant;
  Fields fields(*json, "");
  bool all = false;
  fields.boolean("all", all);
  read_filter(fields, job.filter, job.kind);
  fields.text("endpoint", job.endpoint, 128);
  read_pace(fields, job);
  if (auto error = fields.done()) return fail(std::move(*error));
  const bool by_filter = job.endpoint.empty();
  if (by_filter) job.endpoint = job.filter.endpoint;
  for (const auto& fits :
       {check_choice(job.filter, all, R"(say which: {"filter":{…}}, or {"all":true})"),
        check_target(call, job.endpoint, by_filter ? "/filter/endpoint" : "/endpoint"),
        check_type(job.filter, "/filter"), check_times(job.filter, "/filter"), check_class(call, job.priority)})
    if (!fits) return fail(fits.error());
  if (auto filter = index_filter(job); !filter) return fail(std::move(filter.error()));
  job.filter.to = job.filter.to == 0 ? now + 1 : std::min(job.filter.to, now + 1);
  return job;
}

Result<Job> letter_replay_asked(const Call& call) {
  return letter_job_asked(call, registry::JobKind::replay_letters, [](Fields& fields, Job& job) {
    fields.boolean("again", job.again);
    read_priority(fields, job.priority);
  });
}

Result<Job> letter_discard_asked(const Call& call) {
  return letter_job_asked(call, registry::JobKind::discard_letters, [](Fields&, Job&) {});
}

}  // namespace certes::api::jobs
