#include "dispatcher/meters.hpp"

#include <spdlog/spdlog.h>

#include "common/event/notice.hpp"
#include "dispatcher/attempt_spans.hpp"
#include "dispatcher/attempt_text.hpp"
#include "dispatcher/sending/judge.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::string_view kGivenBack = "certes_dispatcher_given_back_total";
constexpr std::string_view kGivenBackHelp = "Requests that were not made, through no fault of the endpoint's";
constexpr std::string_view kTransforms = "certes_dispatcher_transforms_total";
constexpr std::string_view kTransformsHelp = "Transformations of events, by what came of them";
constexpr std::string_view kTrims = "certes_log_trim_failures_total";
constexpr std::string_view kTrimsHelp = "Times that what is finished could not be deleted from the log";
constexpr std::array<std::string_view, 4> kResolved = {"found", "failed", "silent", "local"};
constexpr std::size_t kMostReasons = 50;

}  // namespace

Meters::Meters(metrics::Metrics& metrics, const Clock& clock, std::size_t most_endpoints,
               std::function<void(std::string_view)> trace, traces::Tracer* tracer)
    : metrics_(metrics),
      clock_(clock),
      trace_(std::move(trace)),
      tracer_(tracer),
      endpoints_(metrics, most_endpoints),
      failing_endpoints_(clock, [](std::string_view line) { spdlog::warn("dispatcher: {}", line); }) {
  for (std::size_t i = 0; i < registry::kPriorities; ++i) {
    const std::string priority(to_string(static_cast<registry::Priority>(i)));
    for (std::size_t end = 0; end < kEndings; ++end)
      if (const Ending ending = ending_at(end); is_last(ending))
        deliveries_[i][end] = metrics_.counter("certes_dispatcher_deliveries_total", "Deliveries that have ended",
                                               {{"priority", priority}, {"outcome", std::string(text_of(ending))}});
    age_[i] = metrics_.histogram("certes_dispatcher_event_age_seconds", "From accepted to delivered",
                                 {{"priority", priority}});
    const auto waiting = [&](const char* where) {
      return metrics_.gauge("certes_dispatcher_waiting",
                            "Deliveries that wait: for the first attempt, with their event in memory or on the log; "
                            "for a retry, or the result of a command",
                            {{"priority", priority}, {"where", where}});
    };
    in_memory_[i] = waiting("memory");
    on_log_[i] = waiting("log");
    retrying_[i] = waiting("retry");
    oldest_[i] =
        metrics_.gauge("certes_dispatcher_oldest_waiting_seconds",
                       "Age of the oldest event that waits to be sent, or to be tried again", {{"priority", priority}});
  }
  for (std::size_t i = 0; i < kEndings; ++i)
    attempts_[i] = metrics_.counter("certes_dispatcher_attempts_total", "Attempts that have ended",
                                    {{"outcome", std::string(text_of(ending_at(i)))}});
  duration_ = metrics_.histogram("certes_dispatcher_attempt_duration_seconds", "From request to answer");
  in_flight_ = metrics_.gauge("certes_dispatcher_in_flight", "Requests out, or answered and not yet recorded");
  breakers_open_ = metrics_.gauge("certes_dispatcher_breakers_open", "Endpoints that get a probe, and nothing else");
  blocked_keys_ =
      metrics_.gauge("certes_dispatcher_blocked_keys",
                     "Keys of ordered endpoints of which the first event has failed, and others wait for it");
  blocked_seconds_ = metrics_.gauge("certes_dispatcher_blocked_key_seconds",
                                    "Since when the one of them was first tried that waits for longest");
  breakers_opened_ = metrics_.counter("certes_dispatcher_breakers_opened_total", "Times that a breaker has opened");
  reading_stopped_ = metrics_.gauge("certes_dispatcher_reading_stopped",
                                    "1: nothing is read, as the index of what is open fills dispatcher.index_bytes");
  memory_ = metrics_.gauge("certes_dispatcher_memory_bytes", "Of the deliveries' memory, what is used");
  index_ = metrics_.gauge("certes_dispatcher_index_bytes", "Of the index of what is open, what is used");
  succeeded_ = metrics_.counter("certes_dispatcher_results_total", "Results of commands written",
                                {{"status", std::string(event::kSucceeded)}});
  failed_ = metrics_.counter("certes_dispatcher_results_total", "Results of commands written",
                             {{"status", std::string(event::kFailed)}});
  const auto questions = [&](const char* outcome) {
    return metrics_.counter("certes_dispatcher_questions_total",
                            "Questions to this process: answered, of a kind it does not know, or too many",
                            {{"outcome", outcome}});
  };
  questions_answered_ = questions("answered");
  questions_unknown_ = questions("unknown");
  questions_refused_ = questions("refused");
  unresolved_ = metrics_.counter(kGivenBack, kGivenBackHelp, {{"reason", "unresolved"}});
  local_ = metrics_.counter(kGivenBack, kGivenBackHelp, {{"reason", "local"}});
  const auto tokens = [&](const char* outcome) {
    return metrics_.counter("certes_dispatcher_token_requests_total", "Requests for tokens of endpoints (OAuth2)",
                            {{"outcome", outcome}});
  };
  tokens_granted_ = tokens("granted");
  tokens_refused_ = tokens("refused");
  resolving_ = metrics_.gauge("certes_dispatcher_resolving", "Names that are being looked up");
  resolving_waiting_ = metrics_.gauge("certes_dispatcher_resolving_waiting", "Names that wait to be");
  for (std::size_t i = 0; i < kResolved.size(); ++i)
    resolved_[i] = metrics_.counter("certes_dispatcher_resolved_total", "Names that were looked up",
                                    {{"outcome", std::string(kResolved[i])}});
  unfinished_ = metrics_.gauge("certes_log_oldest_unfinished_seconds", "Age of the oldest record that is not finished",
                               {{"topic", "events"}});
  exhausted_ = metrics_.counter("certes_dispatcher_dead_letters_exhausted_total",
                                "Dead letters that are not sent again by themselves: they were as often as they may");
  unmatched_ = metrics_.counter("certes_dispatcher_unmatched_total", "Events that nobody subscribed to");
  duplicates_ = metrics_.counter("certes_dispatcher_duplicates_total", "Events that were there already");
  read_ = metrics_.counter("certes_dispatcher_read_records_total",
                           "Records of events read to be routed, those of takeovers again");
  read_back_ = metrics_.counter("certes_dispatcher_read_back_records_total", "Records read again for de-duplication");
  identities_ = metrics_.gauge("certes_deduplication_ids", "Identities remembered.", {{"role", "dispatcher"}});
  identity_bytes_ = metrics_.gauge("certes_deduplication_bytes", "Memory of their index.", {{"role", "dispatcher"}});
  trims_of_events_ = metrics_.counter(kTrims, kTrimsHelp, {{"topic", "events"}});
  trims_of_progress_ = metrics_.counter(kTrims, kTrimsHelp, {{"topic", "progress"}});
  foreign_commits_ = metrics_.counter("certes_dispatcher_foreign_commits_total",
                                      "Commits of the group that Certes did not make, and did not believe.");
  lost_deliveries_ = metrics_.counter("certes_dispatcher_lost_deliveries_total",
                                      "Open deliveries whose event is not on the log any more, or cannot be read");
  for (std::size_t i = 0; i < filter_errors_.size(); ++i)
    filter_errors_[i] = metrics_.counter(
        "certes_dispatcher_filter_errors_total", "Filters that gave neither true nor false for an event",
        {{"on_filter_error", std::string(registry::to_string(static_cast<registry::OnFilterError>(i)))}});
  transforms_.emplace("made", metrics_.counter(kTransforms, kTransformsHelp, {{"outcome", "made"}}));
  notices_lost_ = metrics_.counter(event::kNoticesLost, event::kNoticesLostHelp);
  lost_ = metrics_.counter("certes_log_lost_records_total", "Records that were gone or damaged before they were read",
                           {{"topic", "events"}});
}

void Meters::notice_lost(std::string_view why) {
  notices_lost_.add();
  if (const auto times = notices_told_.due({}, clock_.now()))
    spdlog::warn("dispatcher: events about Certes are lost, {} since the last such line, now as {}", *times, why);
}

void Meters::filter_failed(const FailedFilter& failed) {
  filter_errors_[static_cast<std::size_t>(failed.on_error)].add();
  const std::string name = std::string(failed.tenant) + "/" + std::string(failed.subscription);
  if (const auto times = filters_told_.due(name, clock_.now()))
    spdlog::warn("dispatcher: the filter of subscription {} fails, {} since the last such line, now as {}", name,
                 *times, failed.why);
}

void Meters::transformed(std::string_view outcome) {
  auto found = transforms_.find(outcome);
  if (found == transforms_.end()) {
    const std::string name(outcome);
    found = transforms_.emplace(name, metrics_.counter(kTransforms, kTransformsHelp, {{"outcome", name}})).first;
  }
  found->second.add();
}

void Meters::attempted(const AttemptSeen& attempt) {
  attempts_[attempt.ending.index()].add();
  duration_.observe(static_cast<double>(attempt.duration_us) / 1e6);
  endpoints_.attempted(attempt.meter, attempt.ending, attempt.status);
  if (attempt.sign != Sign::none) failing_endpoints_.attempted(attempt);
  if (std::holds_alternative<Delivered>(attempt.ending)) {
    const auto age = std::max<std::int64_t>(0, clock_.unix_millis() - attempt.event.appended_at);
    age_[static_cast<std::size_t>(attempt.priority)].observe(static_cast<double>(age) / 1000);
  }
  if (trace_) trace_(trace_line(attempt));
  if (tracer_ != nullptr) record_spans(*tracer_, attempt, clock_.now());
}

void Meters::breaker_closed(std::string_view, std::size_t meter) {
  breakers_open_.add(-1);
  endpoints_.breaker(meter, -1);
}

void Meters::breaker_opened(std::string_view key, std::size_t meter) {
  breakers_open_.add(1);
  endpoints_.breaker(meter, 1);
  breakers_opened_.add();
  if (breakers_told_.due(key, clock_.now()))
    spdlog::warn("dispatcher: {} does nothing but fail: its breaker is open, and it gets a probe now and then", key);
}

void Meters::workers_tripped(std::string_view key, std::size_t meter, int more, std::string_view worker) {
  endpoints_.workers_tripped(meter, more);
  if (!worker.empty() && workers_told_.due(key, clock_.now()))
    spdlog::warn(
        "dispatcher: {} of {} does nothing but fail: it gets a probe now and then, and the others what is left", worker,
        key);
}

void Meters::ended(registry::Priority priority, const Ending& ending, bool has_endpoint, std::size_t meter) {
  deliveries_[static_cast<std::size_t>(priority)][ending.index()].add();
  if (has_endpoint) endpoints_.ended(meter, ending);
}

void Meters::unmatched(const log::StoredRecord& event, std::string_view event_id) {
  unmatched_.add();
  if (trace_) trace_(unmatched_line(event, event_id));
}

// Rules may name a status; their first word is the reason.
void Meters::dead_lettered(std::string_view rule) {
  const std::string_view reason = rule.substr(0, rule.find(' '));
  auto found = dead_letters_.find(reason);
  if (found == dead_letters_.end()) {
    const std::string name(dead_letters_.size() < kMostReasons ? reason : std::string_view("_other"));
    found = dead_letters_
                .emplace(name, metrics_.counter("certes_dispatcher_dead_letters_total", "Dead letters written",
                                                {{"reason", name}}))
                .first;
  }
  found->second.add();
}

void Meters::given_back(http::TransferError error, std::string_view why) {
  (error == http::TransferError::unresolved ? unresolved_ : local_).add();
  const auto times = given_back_told_.due(http::to_string(error), clock_.now());
  if (!times) return;
  spdlog::warn("dispatcher: {} requests could not be made since the last such line, and wait: {}", *times, why);
}

void Meters::token_answered(std::string_view endpoint_key, std::string_view why_not) {
  (why_not.empty() ? tokens_granted_ : tokens_refused_).add();
  if (why_not.empty()) return;
  if (const auto times = tokens_told_.due(endpoint_key, clock_.now()))
    spdlog::warn("dispatcher: no token for endpoint {}, {} times since the last such line: {}", endpoint_key, *times,
                 why_not);
}

void Meters::trim_failed(std::int32_t partition, log::Topic topic, const Error& error) {
  (topic == log::Topic::events ? trims_of_events_ : trims_of_progress_).add();
  const auto times = trims_told_.due(to_string(topic), clock_.now());
  if (!times) return;
  spdlog::warn(
      "dispatcher: what is finished could not be deleted from {}, {} times since the last such line (now partition {}: "
      "{}): it is tried again",
      to_string(topic), *times, partition, error.message);
}

void Meters::problem(std::string_view text) { spdlog::error("dispatcher: {}", text); }

void Meters::show(const CoreGauges& gauges) {
  const UnixMillis now = clock_.unix_millis();
  for (std::size_t i = 0; i < registry::kPriorities; ++i) {
    in_memory_[i].set(static_cast<double>(gauges.waiting_in_memory[i]));
    on_log_[i].set(static_cast<double>(gauges.waiting_on_log[i]));
    retrying_[i].set(static_cast<double>(gauges.retrying[i]));
    const UnixMillis at = gauges.oldest_waiting[i];
    oldest_[i].set(at == 0 ? 0 : static_cast<double>(std::max<std::int64_t>(0, now - at)) / 1000);
  }
  blocked_keys_.set(static_cast<double>(gauges.blocked_keys));
  const UnixMillis since = gauges.blocked_since;
  blocked_seconds_.set(since == 0 ? 0 : static_cast<double>(std::max<std::int64_t>(0, now - since)) / 1000);
  in_flight_.set(static_cast<double>(gauges.in_flight));
  memory_.set(static_cast<double>(gauges.memory_bytes));
  index_.set(static_cast<double>(gauges.index_bytes));
  identities_.set(static_cast<double>(gauges.identities));
  identity_bytes_.set(static_cast<double>(gauges.identity_bytes));
  endpoints_.show_waiting(gauges.endpoint_waiting);
}

void Meters::show_failing(const FailingEndpoints::Open& open) {
  failing_endpoints_.round(open);
  endpoints_.show(failing_endpoints_);
}

void Meters::show(const http::ResolverStats& stats) {
  resolving_.set(static_cast<double>(stats.at_work));
  resolving_waiting_.set(static_cast<double>(stats.waiting));
  const std::uint64_t now[] = {stats.found, stats.failed, stats.silent, stats.local};
  const std::uint64_t before[] = {shown_.found, shown_.failed, shown_.silent, shown_.local};
  for (std::size_t i = 0; i < resolved_.size(); ++i) resolved_[i].add(static_cast<double>(now[i] - before[i]));
  shown_ = stats;
}

void Meters::oldest_unfinished(UnixMillis at) {
  const auto age = at == 0 ? 0 : std::max<std::int64_t>(0, clock_.unix_millis() - at);
  unfinished_.set(static_cast<double>(age) / 1000);
}

}  // namespace certes::dispatcher
