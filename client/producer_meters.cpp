#include "client/producer_meters.hpp"

#include <algorithm>
#include <string_view>

namespace certes::client {
namespace {

constexpr const char* kRefused = "certes_producer_not_spooled_total";
constexpr const char* kRefusedHelp = "Events that publish refused, or the disk did not take";
constexpr const char* kAnswers = "certes_producer_requests_total";
constexpr const char* kAnswersHelp = "Requests to the gateway, by what came of them";

}  // namespace

ProducerMeters::ProducerMeters(metrics::Metrics& metrics, std::size_t max_events, std::size_t max_bytes)
    : published_(metrics.counter("certes_producer_spooled_total", "Events made durable in the spool")),
      full_(metrics.counter(kRefused, kRefusedHelp, {{"reason", "full"}})),
      closing_(metrics.counter(kRefused, kRefusedHelp, {{"reason", "closing"}})),
      unwritten_(metrics.counter(kRefused, kRefusedHelp, {{"reason", "disk"}})),
      accepted_(metrics.counter("certes_producer_accepted_total", "Events that the gateway accepted")),
      retried_(metrics.counter("certes_producer_retries_total", "Failed attempts of events that are tried again")),
      refused_(metrics.counter("certes_producer_rejected_total", "Events given up", {{"reason", "refused"}})),
      given_up_(metrics.counter("certes_producer_rejected_total", "Events given up", {{"reason", "policy"}})),
      answers_{metrics.counter(kAnswers, kAnswersHelp, {{"outcome", "accepted"}}),
               metrics.counter(kAnswers, kAnswersHelp, {{"outcome", "refused"}}),
               metrics.counter(kAnswers, kAnswersHelp, {{"outcome", "failed"}}),
               metrics.counter(kAnswers, kAnswersHelp, {{"outcome", "away"}}),
               metrics.counter(kAnswers, kAnswersHelp, {{"outcome", "denied"}})},
      waiting_(metrics.gauge("certes_producer_waiting", "Events in the spool that the gateway has not accepted yet")),
      rejected_(metrics.gauge("certes_producer_rejected", "Rejected events that are kept")),
      bytes_(metrics.gauge("certes_producer_spool_bytes", "Of both")) {
  metrics.gauge("certes_producer_spool_limit_events", "Most that the spool takes").set(static_cast<double>(max_events));
  metrics.gauge("certes_producer_spool_limit_bytes", "Most that the spool takes").set(static_cast<double>(max_bytes));
}

void ProducerMeters::stored(std::size_t events, bool well) {
  if (events > 0) (well ? published_ : unwritten_).add(static_cast<double>(events));
}

void ProducerMeters::refused(const char* why) { (std::string_view(why) == "full" ? full_ : closing_).add(); }

void ProducerMeters::answered(Verdict verdict, const Outcome& outcome) {
  answers_[static_cast<std::size_t>(verdict)].add();
  accepted_.add(static_cast<double>(outcome.accepted.size()));
  retried_.add(static_cast<double>(outcome.retried.size()));
  const auto refused = static_cast<double>(std::count_if(outcome.refused.begin(), outcome.refused.end(),
                                                         [](const Refusal& r) { return r.rule == "refused"; }));
  refused_.add(refused);
  given_up_.add(static_cast<double>(outcome.refused.size()) - refused);
}

void ProducerMeters::spool(std::size_t waiting, std::size_t rejected, std::size_t bytes) {
  waiting_.set(static_cast<double>(waiting));
  rejected_.set(static_cast<double>(rejected));
  bytes_.set(static_cast<double>(bytes));
}

}  // namespace certes::client
