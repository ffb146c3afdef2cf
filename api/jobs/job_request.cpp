#include "api/jobs/job_request.hpp"

#include "api/jobs/event_replay.hpp"
#include "common/event/event.hpp"
#include "common/registry/job_json.hpp"

namespace certes::api::jobs {
namespace {

using registry::Fields;
using registry::Job;
using registry::JobFilter;

Result<void> check_filter(const Job& job) {
  const JobFilter& filter = job.filter;
  if (!filter.type.empty() && !event::valid_type(filter.type))
    return fail(Code::invalid, "is no type: words of A-Z a-z 0-9 _ / : - joined by dots", "/filter/type");
  if (filter.to != 0 && filter.from > filter.to) return fail(Code::invalid, "must not be after \"to\"", "/filter/from");
  if (auto filter_of_index = index_filter(job); !filter_of_index) return fail(std::move(filter_of_index.error()));
  return {};
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
  read_filter(fields, job.filter);
  fields.text("endpoint", job.endpoint, 128);
  fields.number("rate_per_second", job.rate_per_second, 0, registry::kMostJobRate);
  read_priority(fields, job.priority);
  if (auto error = fields.done()) return fail(std::move(*error));
  const bool filtered = job.filter != JobFilter();
  if (!filtered && !all) return fail(Code::invalid, R"(say which: {"filter":{…}}, or {"all":true})");
  if (filtered && all) return fail(Code::invalid, "contradicts the filter: give one of them", "/all");
  const bool by_filter = job.endpoint.empty();
  if (by_filter) job.endpoint = job.filter.endpoint;
  if (auto known = check_target(call, job.endpoint, by_filter ? "/filter/endpoint" : "/endpoint"); !known)
    return fail(std::move(known.error()));
  if (auto fits = check_filter(job); !fits) return fail(std::move(fits.error()));
  if (auto may = check_class(call, job.priority); !may) return fail(std::move(may.error()));
  job.filter.to = job.filter.to == 0 ? now : std::min(job.filter.to, now);
  return job;
}

}  // namespace certes::api::jobs
