#include "certes/registry_watch.hpp"

#include "certes/logging.hpp"
#include "common/base/mutex.hpp"

namespace certes {
namespace {

struct Watched {
  Mutex mutex;
  Told told CERTES_GUARDED_BY(mutex);
};

// Whether this version of it is told of for the first time.
bool is_new(Told& told, const std::string& key, std::int64_t version) {
  const auto [it, added] = told.try_emplace(key, version);
  return added || std::exchange(it->second, version) != version;
}

void tell(const registry::State& state, Watched& watched) {
  const Lock lock(watched.mutex);
  for (const std::string& line : lines_about(state, watched.told)) logging::warn(line);
}

}  // namespace

std::vector<std::string> lines_about(const registry::State& state, Told& told) {
  std::vector<std::string> lines;
  std::erase_if(told, [&](const auto& one) {
    return !state.unusable.contains(one.first) && !state.not_understood.contains(one.first);
  });
  for (const auto& [key, resource] : state.unusable)
    if (is_new(told, key, resource->version))
      lines.push_back("registry: " + key +
                      " is kept, but cannot be used by this version of Certes: " + resource->reason);
  for (const auto& [key, members] : state.not_understood) {
    if (!is_new(told, key, 0)) continue;
    std::string line =
        "registry: " + key + " holds what this version of Certes does not understand, and takes for not set:";
    for (const std::string& member : members) line += " " + member;
    lines.push_back(std::move(line));
  }
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
