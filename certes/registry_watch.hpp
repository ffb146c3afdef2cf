#pragma once
// What the registry holds and this version does not understand: a log line for each, once, and metrics. Who: Runtime,
// once the registry has caught up. The lines are written on the registry's thread.

#include "common/metrics/metrics.hpp"
#include "common/registry/registry.hpp"

namespace certes {

// Lives on in both, which must both outlive the last change and scrape.
void watch_registry(registry::Registry& registry, metrics::Metrics& metrics);

// The lines for what `told`, which it is added to, does not have yet.
using Told = std::map<std::string, std::int64_t, std::less<>>;  // version by registry_key
std::vector<std::string> lines_about(const registry::State& state, Told& told);

}  // namespace certes
