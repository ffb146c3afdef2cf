#pragma once
// certes_setting{name}: each setting that is a number, as it stands, so that alerts and dashboards go by what is set
// and not by what is usual. Who: Runtime, once. Both outlive the metrics' use.

#include "common/config/running.hpp"
#include "common/metrics/metrics.hpp"

namespace certes {

void add_setting_metrics(metrics::Metrics& metrics, const config::Running& running);

}  // namespace certes
