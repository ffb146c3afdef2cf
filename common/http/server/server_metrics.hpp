#pragma once
// A server's counters as metrics: certes_http_…{listener="gateway"}. Who: Pages, for every listener. Any thread.

#include <memory>
#include <string>

#include "common/metrics/metrics.hpp"

namespace certes::http {

struct ServerCounters;

// Servers of the same name that follow each other are counted on.
void expose(std::shared_ptr<const ServerCounters> counters, const std::string& listener, metrics::Metrics& metrics);

}  // namespace certes::http
