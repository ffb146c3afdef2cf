#pragma once
// Which engine of the log a process runs on. Main thread.

#include <memory>
#include <optional>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/log/log.hpp"
#include "common/metrics/metrics.hpp"

namespace certes {

// The clock and the metrics must outlive the log. Errors: those of the engine's open.
Result<std::unique_ptr<log::Log>> open_engine(const config::Settings& settings, const Clock& clock,
                                              metrics::Metrics& metrics);

// What the process must end with: the embedded log writes no more. Passing trouble, and Kafka's, is none.
std::optional<Error> fatal_trouble(const log::Log& log);

}  // namespace certes
