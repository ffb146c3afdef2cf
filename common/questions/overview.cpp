#include "common/questions/overview.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <tuple>

namespace certes::questions {
namespace {

constexpr std::string_view kOwn = "own/", kAll = "all/";

UnixMillis earlier_of(UnixMillis a, UnixMillis b) { return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b); }

bool has_more(const EndpointLine& a, const EndpointLine& b) {
  if (a.waiting != b.waiting) return a.waiting > b.waiting;
  return std::tie(a.tenant, a.endpoint) < std::tie(b.tenant, b.endpoint);
}

}  // namespace

std::string OverviewSubject::text() const { return std::string(all_tenants ? kAll : kOwn) + std::to_string(endpoints); }

std::optional<OverviewSubject> OverviewSubject::parse(std::string_view text) {
  OverviewSubject subject;
  subject.all_tenants = text.starts_with(kAll);
  if (!subject.all_tenants && !text.starts_with(kOwn)) return std::nullopt;
  text.remove_prefix(kAll.size());
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), subject.endpoints);
  const bool is_number = error == std::errc{} && at == text.data() + text.size();
  if (!is_number || subject.endpoints == 0 || subject.endpoints > kMostEndpoints) return std::nullopt;
  return subject;
}

void Accepting::add(const Accepting& other) {
  for (std::size_t i = 0; i < accepted.size(); ++i) accepted[i] += other.accepted[i];
  duplicates += other.duplicates;
  refused += other.refused;
  append.add(other.append);
}

void Delivering::add(const Delivering& other) {
  delivered += other.delivered;
  dead_lettered += other.dead_lettered;
  cancelled += other.cancelled;
  unmatched += other.unmatched;
  attempts.add(other.attempts);
  attempt.add(other.attempt);
  age.add(other.age);
}

// The error is of who saw it fail last; where something keeps it from being sent to somewhere, the standing says that.
void EndpointLine::add(const EndpointLine& other) {
  if (other.attempts.last_failure > attempts.last_failure || error.empty()) error = other.error;
  waiting += other.waiting;
  retrying += other.retrying;
  in_flight += other.in_flight;
  oldest = earlier_of(oldest, other.oldest);
  attempts.add(other.attempts);
  standing = std::max(standing, other.standing);
}

void ProcessOverview::add(const ProcessOverview& other) {
  started = earlier_of(started, other.started);
  gateway = gateway || other.gateway;
  dispatcher = dispatcher || other.dispatcher;
  log_away = log_away || other.log_away;
  reading_stopped = reading_stopped || other.reading_stopped;
  accepting.add(other.accepting);
  delivering.add(other.delivering);
  for (std::size_t i = 0; i < classes.size(); ++i) classes[i].add(other.classes[i]);
  in_flight += other.in_flight;
  endpoints.insert(endpoints.end(), other.endpoints.begin(), other.endpoints.end());
  failing = std::max(failing, other.failing);
  open = std::max(open, other.open);
}

void fold(std::vector<EndpointLine>& endpoints) {
  std::ranges::sort(endpoints, [](const EndpointLine& a, const EndpointLine& b) {
    return std::tie(a.tenant, a.endpoint) < std::tie(b.tenant, b.endpoint);
  });
  std::vector<EndpointLine> folded;
  for (EndpointLine& line : endpoints) {
    if (!folded.empty() && folded.back().tenant == line.tenant && folded.back().endpoint == line.endpoint)
      folded.back().add(line);
    else
      folded.push_back(std::move(line));
  }
  endpoints = std::move(folded);
}

void choose(std::vector<EndpointLine>& endpoints, std::size_t most) {
  std::ranges::sort(endpoints, has_more);
  if (endpoints.size() <= most) return;
  std::vector<EndpointLine> chosen, others;
  for (EndpointLine& line : endpoints)
    (line.fails() && chosen.size() < most / 2 ? chosen : others).push_back(std::move(line));
  for (std::size_t i = 0; chosen.size() < most; ++i) chosen.push_back(std::move(others[i]));
  std::ranges::sort(chosen, has_more);
  endpoints = std::move(chosen);
}

}  // namespace certes::questions
