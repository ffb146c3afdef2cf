#pragma once
// Informant: what a gateway answers to questions (common/questions) of its installation's processes: which requests of
// a source it has refused, and what it has accepted in all. Whoever may write to the topic `logs` may ask, so that no
// more than some are answered. Who: Gateway, from its making on. Any thread; does not block for long.

#include <memory>
#include <optional>
#include <string>

#include "common/questions/question.hpp"
#include "gateway/access/dependencies.hpp"
#include "gateway/ingest/refused_requests.hpp"
#include "gateway/ingest/tallies.hpp"
#include "gateway/limits/rate_limit.hpp"

namespace certes::gateway {

class Informant {
 public:
  static constexpr double kAnswersASecond = 50;

  // `tallies` outlives it.
  Informant(const Frame& frame, const ingest::Tallies& tallies);

  // Where loops put what they refuse.
  ingest::RefusedRequests& refused() { return *refused_; }
  // `from` is left out. Nothing: it knows no such question, or has answered as many as it does in a second.
  std::optional<questions::Answer> answer(const questions::Question& question);

 private:
  std::optional<std::string> value(const questions::Question& question) const;

  const Clock& clock_;
  const UnixMillis started_;
  const ingest::Tallies& tallies_;
  const std::shared_ptr<ingest::RefusedRequests> refused_;  // metrics look at it, too
  ingest::RateLimit answers_{kAnswersASecond};
  metrics::Counter answered_, let_go_;
};

}  // namespace certes::gateway
