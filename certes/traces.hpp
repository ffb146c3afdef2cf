#pragma once
// The traces of this process: where `traces.endpoint` names a collector. Who: Runtime.

#include <memory>

#include "certes/options.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/traces/tracer.hpp"

namespace certes {

// Null: there are none. Error: invalid, what it names is no URL.
Result<std::unique_ptr<traces::Tracer>> open_tracer(const config::Settings& settings, command::Role role,
                                                    const Clock& clock, metrics::Metrics& metrics);

}  // namespace certes
