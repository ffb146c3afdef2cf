#pragma once
// ProcessMetrics: what the operating system knows of this process, under the names that Prometheus' client libraries
// give it ("Writing client libraries", Standard metrics; proc(5), getrlimit(2)). Measured at each exposition. Who: each
// role. Threads: whoever scrapes, one at a time.

#include "common/metrics/metrics.hpp"

namespace certes::metrics {

// Registers them. `metrics` keeps what it needs.
void add_process_metrics(Metrics& metrics);

}  // namespace certes::metrics
