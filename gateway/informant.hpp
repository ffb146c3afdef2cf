#pragma once
// Informant: what a gateway answers to questions (common/questions) of its installation's processes: which requests of
// a source it has refused. Whoever may write to the topic `logs` may ask, so that no more than some are answered. Who:
// Gateway, from its making on. Any thread; does not block for long.

#include <memory>
#include <optional>

#include "common/questions/question.hpp"
#include "gateway/access/dependencies.hpp"
#include "gateway/ingest/refused_requests.hpp"
#include "gateway/limits/rate_limit.hpp"

namespace certes::gateway {

class Informant {
 public:
  static constexpr double kAnswersASecond = 50;

  explicit Informant(const Frame& frame);

  // Where loops put what they refuse.
  ingest::RefusedRequests& refused() { return *refused_; }
  // `from` is left out. Nothing: it knows no such question, or has answered as many as it does in a second.
  std::optional<questions::Answer> answer(const questions::Question& question);

 private:
  const Clock& clock_;
  const std::shared_ptr<ingest::RefusedRequests> refused_;  // metrics look at it, too
  ingest::RateLimit answers_{kAnswersASecond};
  metrics::Counter answered_, let_go_;
};

}  // namespace certes::gateway
