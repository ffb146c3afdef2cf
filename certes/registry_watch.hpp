#pragma once
// What the registry holds and this version does not understand: a log line for each, once, and metrics. Who: Runtime,
// once the registry has caught up. The lines are written on the registry's thread.

#include "common/metrics/metrics.hpp"
#include "common/registry/registry.hpp"

namespace certes {

// Lives on in both, which must both outlive the last change and scrape.
void watch_registry(registry::Registry& registry, metrics::Metrics& metrics);

// What was told of, by registry_key.
struct Told {
  registry::State::Map<registry::Unusable> unusable;
  registry::PersistentMap<std::vector<std::string>> not_understood;
};
// The lines for what `told`, which then has it, does not have yet.
std::vector<std::string> lines_about(const registry::State& state, Told& told);

}  // namespace certes
