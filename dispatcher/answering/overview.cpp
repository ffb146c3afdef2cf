#include "common/questions/overview.hpp"

#include <unordered_map>

#include "dispatcher/answering/informant.hpp"
#include "dispatcher/answering/lane_waiting.hpp"

namespace certes::dispatcher {
namespace {

using questions::EndpointLine;
using questions::ProcessOverview;

// Of whom something is open, by "tenant/id".
using Lines = std::unordered_map<std::string, EndpointLine>;

std::string key_of(const book::LaneName& name) { return name.tenant + "/" + name.endpoint; }

void describe_line(const Informant::Parts& parts, const book::LaneName& name, EndpointLine& line) {
  line.tenant = name.tenant;
  line.endpoint = name.endpoint;
  const Endpoint* const endpoint = parts.endpoints.find(key_of(name));
  if (endpoint == nullptr) return;
  line.in_flight = static_cast<std::uint64_t>(endpoint->lanes->in_flight());
  line.attempts = endpoint->attempts;
  line.error = endpoint->last_error;
  line.standing = standing_of(*endpoint);
  if (!takes(endpoint->mode)) line.attempts.failing_since = 0;
}

// What nobody gets, or an endpoint that is no more, waits, too, but for no endpoint.
void add_lane(const Informant::Parts& parts, const Backlog& backlog, const book::OpenIndex& index, Lines& lines,
              ProcessOverview& overview) {
  const WaitingByClass waiting = waiting_of(backlog, index);
  const OldestWaiting oldest = oldest_waiting(backlog, index, parts.book);
  std::uint64_t all = 0, retrying = 0;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const LaneWaiting& one = waiting[i];
    overview.classes[i].add({one.first_memory, one.first_log, one.retry_memory, one.retry_log, 0});
    all += one.all();
    retrying += one.retries();
  }
  overview.classes[static_cast<std::size_t>(oldest.priority)].add({0, 0, 0, 0, oldest.appended_at});
  if (backlog.endpoint == nullptr) return;
  const auto [found, fresh] = lines.try_emplace(key_of(*backlog.name));
  EndpointLine& line = found->second;
  if (fresh) describe_line(parts, *backlog.name, line);
  line.waiting += all;
  line.retrying += retrying;
  if (line.oldest == 0 || (oldest.appended_at != 0 && oldest.appended_at < line.oldest))
    line.oldest = oldest.appended_at;
}

void name_some(Lines&& lines, std::size_t most, ProcessOverview& overview) {
  overview.open = lines.size();
  for (auto& [key, line] : lines) {
    overview.in_flight += line.in_flight;
    if (line.fails()) ++overview.failing;
    overview.endpoints.push_back(std::move(line));
  }
  choose(overview.endpoints, most);
}

}  // namespace

std::string overview(const Informant::Parts& parts, const questions::Question& question) {
  const auto subject = questions::OverviewSubject::parse(question.subject);
  if (!subject) return to_json(ProcessOverview{});
  ProcessOverview said;
  said.started = parts.started;
  said.dispatcher = true;
  said.reading_stopped = parts.is_full();
  said.delivering = subject->all_tenants ? parts.tallies.all() : parts.tallies.only(question.tenant);
  Lines lines;
  parts.book.each_index([&](std::int32_t partition, const book::OpenIndex& index) {
    if (!parts.backlogs.has(partition)) return;
    parts.backlogs.for_each(partition, [&](const Backlog& backlog) {
      if (backlog.counts->open() == 0) return;
      if (subject->all_tenants || backlog.name->tenant == question.tenant) add_lane(parts, backlog, index, lines, said);
    });
  });
  name_some(std::move(lines), subject->endpoints, said);
  return to_json(said);
}

}  // namespace certes::dispatcher
