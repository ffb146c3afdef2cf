#include "certes/registry_watch.hpp"

#include "certes/logging.hpp"
#include "common/base/mutex.hpp"

namespace certes {
namespace {

struct Watched {
  Mutex mutex;
  Told told CERTES_GUARDED_BY(mutex);
};

void tell(const registry::State& state, Watched& watched) {
  const Lock lock(watched.mutex);
  for (const std::string& line : lines_about(state, watched.told)) logging::warn(line);
}

}  // namespace

std::vector<std::string> lines_about(const registry::State& state, Told& told) {
  std::vector<std::string> lines;
  using registry::State;
  State::Map<registry::Unusable>::difference(
      told.unusable, state.unusable, [&](const std::string& key, const auto* was, const auto* is) {
        if (is == nullptr || (was != nullptr && (*was)->version == (*is)->version)) return;
        lines.push_back("registry: " + key +
                        " is kept, but cannot be used by this version of Certes: " + (*is)->reason);
      });
  registry::PersistentMap<std::vector<std::string>>::difference(
      told.not_understood, state.not_understood, [&](const std::string& key, const auto*, const auto* members) {
        if (members == nullptr) return;
        std::string line =
            "registry: " + key + " holds what this version of Certes does not understand, and takes for not set:";
        for (const std::string& member : *members) line += " " + member;
        lines.push_back(std::move(line));
      });
  told = {state.unusable, state.not_understood};
  return lines;
}

void watch_registry(registry::Registry& registry, metrics::Metrics& metrics) {
  const auto watched = std::make_shared<Watched>();
  registry.on_change([watched](const registry::StatePtr& state) { tell(*state, *watched); });
  tell(*registry.state(), *watched);
  metrics.on_scrape([&registry,
                     unusable = metrics.gauge("certes_registry_unusable",
                                              "Resources that are kept and cannot be used by this version"),
                     members = metrics.gauge("certes_registry_members_not_understood",
                                             "Members of others that count as not set")]() mutable {
    const registry::StatePtr state = registry.state();
    std::size_t count = 0;
    for (const auto& [key, pointers] : state->not_understood) count += pointers.size();
    unusable.set(static_cast<double>(state->unusable.size()));
    members.set(static_cast<double>(count));
  });
}

}  // namespace certes
