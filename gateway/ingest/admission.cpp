#include "gateway/ingest/admission.hpp"

#include <algorithm>

namespace certes::gateway::ingest {
namespace {

constexpr int kOverloadRetryAfterSeconds = 1;

}  // namespace

Admission::Admission(const config::GatewaySettings& settings, const config::Live* live)
    : own_(live == nullptr ? std::make_unique<const config::Live>(settings) : nullptr),
      live_(live == nullptr ? *own_ : *live),
      loops_(static_cast<std::size_t>(settings.loops)) {}

std::optional<Admission::Refusal> Admission::refusal(const Waiting& waiting, SteadyTime now) const {
  if (live_.maintenance) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(live_.maintenance_retry_after.load());
    return Refusal{"maintenance", "the gateway is in maintenance", static_cast<int>(seconds.count())};
  }
  if (waiting.requests >= std::max<std::size_t>(1, live_.max_waiting / loops_))
    return Refusal{"overload", "as many requests as gateway.max_waiting allows wait for the log",
                   kOverloadRetryAfterSeconds};
  if (waiting.any_unanswered && now - waiting.silent_since > live_.shed_after.load())
    return Refusal{"slow_log", "the log has been silent for longer than gateway.shed_after_seconds",
                   kOverloadRetryAfterSeconds};
  return std::nullopt;
}

}  // namespace certes::gateway::ingest
