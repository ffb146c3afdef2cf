#pragma once
// Which engine of the log a process runs on. Main thread.

#include <memory>
#include <optional>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/log/log.hpp"

namespace certes {

// The clock must outlive the log. Errors: those of the engine's open.
Result<std::unique_ptr<log::Log>> open_engine(const config::Settings& settings, const Clock& clock);

// What the process must end with: the embedded log writes no more. Passing trouble, and Kafka's, is none.
std::optional<Error> fatal_trouble(const log::Log& log);

}  // namespace certes
