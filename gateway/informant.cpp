#include "gateway/informant.hpp"

#include "common/questions/overview.hpp"
#include "common/questions/refused_requests.hpp"

namespace certes::gateway {
namespace {

std::shared_ptr<ingest::RefusedRequests> remembered(const Frame& frame) {
  auto refused = std::make_shared<ingest::RefusedRequests>(
      frame.settings.gateway.refused_bytes,
      frame.metrics.counter("certes_gateway_refused_requests_dropped_total",
                            "Refused requests that are remembered no more, for want of room."));
  auto bytes = frame.metrics.gauge("certes_gateway_refused_requests_bytes",
                                   "Memory of the requests of sources that were refused.");
  frame.metrics.on_scrape([refused, bytes]() mutable { bytes.set(static_cast<double>(refused->bytes())); });
  return refused;
}

metrics::Counter questions(const Frame& frame, const char* outcome) {
  return frame.metrics.counter("certes_gateway_questions_total",
                               "Questions of other processes, by what became of them.", {{"outcome", outcome}});
}

std::optional<std::string> refused_value(const ingest::RefusedRequests& refused, const questions::Question& question) {
  const auto subject = questions::RefusedSubject::parse(question.subject);
  if (!subject) return std::nullopt;
  return to_json(refused.of(question.tenant, *subject));
}

std::optional<std::string> overview_value(const ingest::Tallies& tallies, UnixMillis started,
                                          const questions::Question& question) {
  const auto subject = questions::OverviewSubject::parse(question.subject);
  if (!subject) return std::nullopt;
  questions::ProcessOverview said;
  said.started = started;
  said.gateway = true;
  said.accepting = subject->all_tenants ? tallies.all() : tallies.only(question.tenant);
  return to_json(said);
}

}  // namespace

Informant::Informant(const Frame& frame, const ingest::Tallies& tallies)
    : clock_(frame.clock),
      started_(frame.clock.unix_millis()),
      tallies_(tallies),
      refused_(remembered(frame)),
      answered_(questions(frame, "answered")),
      let_go_(questions(frame, "refused")) {}

std::optional<questions::Answer> Informant::answer(const questions::Question& question) {
  const bool known = question.kind == questions::kRefusedRequests || question.kind == questions::kOverview;
  if (!known) return std::nullopt;
  const SteadyTime now = clock_.now();
  if (!answers_.allows(now)) {
    let_go_.add();
    return std::nullopt;
  }
  auto said = value(question);
  if (!said) return std::nullopt;
  answers_.take(now, 1);
  answered_.add();
  return questions::Answer{question.id, {}, {}, std::move(*said)};
}

std::optional<std::string> Informant::value(const questions::Question& question) const {
  if (question.kind == questions::kOverview) return overview_value(tallies_, started_, question);
  return refused_value(*refused_, question);
}

}  // namespace certes::gateway
