#include "gateway/stream/audience.hpp"

#include <algorithm>
#include <functional>

namespace certes::gateway::stream {

Watcher& Audience::add(Watcher watcher) {
  auto& place = watchers_[watcher.id];
  place = std::make_unique<Watcher>(std::move(watcher));
  groups_[place->interest].push_back(place.get());
  return *place;
}

void Audience::remove(WatcherId id) {
  const auto found = watchers_.find(id);
  if (found == watchers_.end()) return;
  const auto group = groups_.find(found->second->interest);
  std::erase(group->second, found->second.get());
  if (group->second.empty()) groups_.erase(group);
  watchers_.erase(found);
}

Watcher* Audience::find(WatcherId id) {
  const auto found = watchers_.find(id);
  return found == watchers_.end() ? nullptr : found->second.get();
}

void Audience::hand(const Watcher& watcher, Chunk::What what, Text id, Text text) {
  auto& chunks = collected_[watcher.outlet];
  chunks.push_back({watcher.id, what, std::move(id), std::move(text)});
  watcher.gauge->unwritten.fetch_add(chunks.back().size());
}

void Audience::crowd_out(std::string_view tenant, std::size_t bytes) {
  std::vector<std::pair<std::size_t, const Watcher*>> behind;
  for (const auto& [interest, watchers] : groups_) {
    if (interest.tenant != tenant) continue;
    for (const Watcher* watcher : watchers) behind.emplace_back(watcher->gauge->waiting(), watcher);
  }
  std::ranges::sort(behind, std::greater<>(), [](const auto& one) { return one.first; });
  for (const auto& [waiting, watcher] : behind) {
    hand(*watcher, Chunk::What::crowded, nullptr, nullptr);
    if (waiting >= bytes) return;
    bytes -= waiting;
  }
}

void Audience::flush() {
  for (auto& [outlet, chunks] : collected_) {
    if (chunks.empty()) continue;
    outlet->behind.fetch_add(1);
    outlet->hand(std::move(chunks));
    chunks = {};
  }
}

bool Audience::keeps_up() const {
  return std::none_of(collected_.begin(), collected_.end(),
                      [](const auto& one) { return one.first->behind.load() > 0; });
}

}  // namespace certes::gateway::stream
