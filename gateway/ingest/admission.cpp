#include "gateway/ingest/admission.hpp"

#include <algorithm>

namespace certes::gateway::ingest {
namespace {

constexpr int kOverloadRetryAfterSeconds = 1;

}  // namespace

Admission::Admission(const config::GatewaySettings& settings)
    : maintenance_(settings.maintenance),
      maintenance_retry_after_seconds_(
          static_cast<int>(std::chrono::ceil<std::chrono::seconds>(settings.maintenance_retry_after).count())),
      max_waiting_(std::max<std::size_t>(1, settings.max_waiting / static_cast<std::size_t>(settings.loops))),
      patience_(settings.shed_after) {}

std::optional<Admission::Refusal> Admission::refusal(const Waiting& waiting, SteadyTime now) const {
  if (maintenance_) return Refusal{"maintenance", "the gateway is in maintenance", maintenance_retry_after_seconds_};
  if (waiting.requests >= max_waiting_)
    return Refusal{"overload", "as many requests as gateway.max_waiting allows wait for the log",
                   kOverloadRetryAfterSeconds};
  if (waiting.any_unanswered && now - waiting.silent_since > patience_)
    return Refusal{"slow_log", "the log has been silent for longer than gateway.shed_after_seconds",
                   kOverloadRetryAfterSeconds};
  return std::nullopt;
}

}  // namespace certes::gateway::ingest
