#include "gateway/informant.hpp"

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

}  // namespace

Informant::Informant(const Frame& frame)
    : clock_(frame.clock),
      refused_(remembered(frame)),
      answered_(questions(frame, "answered")),
      let_go_(questions(frame, "refused")) {}

std::optional<questions::Answer> Informant::answer(const questions::Question& question) {
  if (question.kind != questions::kRefusedRequests) return std::nullopt;
  const auto subject = questions::RefusedSubject::parse(question.subject);
  if (!subject) return std::nullopt;
  const SteadyTime now = clock_.now();
  if (!answers_.allows(now)) {
    let_go_.add();
    return std::nullopt;
  }
  answers_.take(now, 1);
  answered_.add();
  return questions::Answer{question.id, {}, {}, to_json(refused_->of(question.tenant, *subject))};
}

}  // namespace certes::gateway
