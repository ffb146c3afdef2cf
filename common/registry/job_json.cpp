#include "common/registry/job_json.hpp"

#include "common/base/overloaded.hpp"
#include "common/registry/codec.hpp"

namespace certes::registry {
namespace {

constexpr std::size_t kMostJobText = 1'024;
constexpr std::size_t kMostJobCursor = 64u << 10;  // it may name each partition

// Which kinds of jobs may ask for it.
enum class Asked : std::uint8_t { of_events, of_letters, of_both };
struct FilterText {
  const char* name;
  std::string JobFilter::*member;
  Asked asked;
};
constexpr FilterText kFilterTexts[] = {
    {"type", &JobFilter::type, Asked::of_both},
    {"source", &JobFilter::source, Asked::of_events},
    {"source_id", &JobFilter::source_id, Asked::of_events},
    {"state", &JobFilter::state, Asked::of_events},
    {"endpoint", &JobFilter::endpoint, Asked::of_both},
    {"conversation", &JobFilter::conversation, Asked::of_events},
    {"event", &JobFilter::event, Asked::of_letters},
    {"rule", &JobFilter::rule, Asked::of_letters},
};

// Of an erasure. As hex.
constexpr std::pair<const char*, std::string JobFilter::*> kHashes[] = {{"event_hash", &JobFilter::event_hash},
                                                                        {"subject_hash", &JobFilter::subject_hash}};

void read_moment(Fields& fields, const char* name, UnixMillis& at) {
  if (!fields.has(name)) return;
  std::string text;
  fields.text(name, text, 64);
  if (!fields.ok()) return;
  at = parse_rfc3339(text);
  if (at <= 0) fields.refuse(name, "must be a time as of RFC 3339, like 2026-01-31T08:00:00Z");
}

void write_moment(OrderedJson& out, const char* name, UnixMillis at) {
  if (at != 0) out[name] = format_rfc3339(at);
}

OrderedJson filter_json(const JobFilter& filter) {
  OrderedJson json = OrderedJson::object();
  for (const FilterText& one : kFilterTexts)
    if (!(filter.*one.member).empty()) json[one.name] = filter.*one.member;
  if (!filter.ids.empty()) json["ids"] = filter.ids;
  for (const auto& [name, member] : kHashes)
    if (!(filter.*member).empty()) json[name] = filter.*member;
  write_moment(json, "from", filter.from);
  write_moment(json, "to", filter.to);
  return json;
}

void read_state(Fields& fields, JobState& state) {
  std::size_t which = 0;
  fields.required("state");
  fields.choice(
      "state", which,
      {name_of(JobRunning()), name_of(JobPaused()), name_of(JobDone()), name_of(JobCancelled()), name_of(JobFailed())});
  JobRunning running;
  JobFailed failed;
  fields.text("runner", running.runner, 128);
  fields.text("error", failed.error, 4 * kMostJobText);
  const JobState states[] = {running, JobPaused(), JobDone(), JobCancelled(), failed};
  if (fields.ok()) state = states[which];
}

void read_remains(Fields& fields, std::vector<JobRemains>& remains) {
  const Json* const json = fields.take("remains");
  if (json == nullptr || !json->is_array()) return;
  for (const Json& one : *json) {
    Fields inside = fields.inside(one, "remains");
    JobRemains& each = remains.emplace_back();
    inside.text("where", each.where, kMostJobText);
    read_moment(inside, "until", each.until);
    if (auto error = inside.done()) fields.refuse(std::move(*error));
  }
}

OrderedJson remains_json(const std::vector<JobRemains>& remains) {
  OrderedJson all = OrderedJson::array();
  for (const JobRemains& one : remains) {
    OrderedJson json = {{"where", one.where}};
    write_moment(json, "until", one.until);
    all.push_back(std::move(json));
  }
  return all;
}

void read_progress(Fields& fields, JobProgress& progress) {
  if (fields.has("total")) fields.integer<std::int64_t>("total", progress.total.emplace(0), 0, INT64_MAX);
  fields.integer<std::int64_t>("done", progress.done, 0, INT64_MAX);
  fields.integer<std::int64_t>("repeated", progress.repeated, 0, INT64_MAX);
  fields.integer<std::int64_t>("refused", progress.refused, 0, INT64_MAX);
  fields.integer<std::int64_t>("skipped", progress.skipped, 0, INT64_MAX);
  fields.integer<std::int64_t>("waiting", progress.waiting, 0, INT64_MAX);
  read_remains(fields, progress.remains);
  fields.text("cursor", progress.cursor, kMostJobCursor);
}

void write_state(OrderedJson& out, const JobState& state) {
  out["state"] = name_of(state);
  std::visit(Overloaded{[&](const JobRunning& running) {
                          if (!running.runner.empty()) out["runner"] = running.runner;
                        },
                        [&](const JobFailed& failed) { out["error"] = failed.error; }, [](const auto&) {}},
             state);
}

}  // namespace

void read_filter_members(Fields& fields, JobFilter& filter, JobKind kind) {
  if (kind == JobKind::erase) {
    for (const auto& [name, member] : kHashes) fields.text(name, filter.*member, kMostJobText);
    read_moment(fields, "from", filter.from);
    read_moment(fields, "to", filter.to);
    return;
  }
  const Asked others = kind == JobKind::replay_events ? Asked::of_letters : Asked::of_events;
  for (const FilterText& one : kFilterTexts)
    if (one.asked != others) fields.text(one.name, filter.*one.member, kMostJobText);
  if (others == Asked::of_events) fields.texts("ids", filter.ids, kMostJobIds, 128);
  read_moment(fields, "from", filter.from);
  read_moment(fields, "to", filter.to);
}

void read_filter(Fields& fields, JobFilter& filter, JobKind kind) {
  const Json* const json = fields.take("filter");
  if (json == nullptr) return;
  Fields inside = fields.inside(*json, "filter");
  read_filter_members(inside, filter, kind);
  if (auto error = inside.done()) fields.refuse(std::move(*error));
}

void read_priority(Fields& fields, std::optional<Priority>& priority) {
  std::string name;
  fields.text("priority", name, 16);
  if (!fields.ok() || name.empty()) return;
  priority = parse_priority(name);
  if (!priority) fields.refuse("priority", "must be critical, high, normal, low or bulk");
}

// Of a job there is no declaration: only the log's form is read.
void read(Fields& fields, Job& job, Form) {
  fields.required("kind");
  fields.choice(
      "kind", job.kind,
      {to_string(JobKind::replay_events), to_string(JobKind::replay_letters), to_string(JobKind::discard_letters),
       to_string(JobKind::reprocess_letters), to_string(JobKind::erase)});
  read_filter(fields, job.filter, job.kind);
  fields.text("endpoint", job.endpoint, 128);
  fields.number("rate_per_second", job.rate_per_second, 0, kMostJobRate);
  read_priority(fields, job.priority);
  fields.boolean("again", job.again);
  read_state(fields, job.state);
  read_progress(fields, job.progress);
  read_moment(fields, "ended_at", job.ended_at);
}

void write(OrderedJson& out, const Job& job, bool stored) {
  out["kind"] = to_string(job.kind);
  out["filter"] = filter_json(job.filter);
  if (!job.endpoint.empty()) out["endpoint"] = job.endpoint;
  if (job.rate_per_second > 0) out["rate_per_second"] = job.rate_per_second;
  if (job.priority) out["priority"] = to_string(*job.priority);
  if (job.again) out["again"] = true;
  write_state(out, job.state);
  const bool ends = job.kind != JobKind::reprocess_letters;  // else there is no number of what it is about
  if (job.progress.total && (ends || stored)) out["total"] = *job.progress.total;
  out["done"] = job.progress.done;
  if (job.kind == JobKind::replay_letters || job.kind == JobKind::reprocess_letters)
    out["repeated"] = job.progress.repeated;
  if (job.kind == JobKind::replay_letters) out["refused"] = job.progress.refused;
  out["skipped"] = job.progress.skipped;
  if (job.kind == JobKind::erase) {
    out["waiting"] = job.progress.waiting;
    out["remains"] = remains_json(job.progress.remains);
  }
  if (stored && !job.progress.cursor.empty()) out["cursor"] = job.progress.cursor;
  if (const auto left = job.progress.left(); !stored && ends && left) out["left"] = *left;
  write_moment(out, "ended_at", job.ended_at);
}

}  // namespace certes::registry
