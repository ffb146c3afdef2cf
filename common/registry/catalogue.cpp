#include "common/registry/catalogue.hpp"

#include "common/registry/built_in.hpp"
#include "common/registry/kinds.hpp"
#include "common/registry/stored_json.hpp"

namespace certes::registry {
namespace {

struct Name {
  std::string_view tenant, kind, id;
};

Name name_of(std::string_view key) {
  const std::size_t kind = key.find('/') + 1;
  const std::size_t id = key.find('/', kind) + 1;
  return {key.substr(0, kind - 1), key.substr(kind, id - kind - 1), key.substr(id)};
}

std::shared_ptr<const Unusable> unusable(const Entry& entry, std::string reason) {
  auto made = std::make_shared<Unusable>();
  static_cast<Meta&>(*made) = entry;
  made->kind = entry.kind;
  made->reason = std::move(reason);
  return made;
}

}  // namespace

Catalogue::Catalogue() {
  for (const auto& type : built_in_types()) state_.event_types.set(map_key(type->tenant, type->id), type);
}

void Catalogue::update(const std::string& key, const EntryPtr& entry) {
  const Name name = name_of(key);
  if (is_built_in(name.tenant, name.kind, name.id)) return;
  with_kind(name.kind, [&](auto type) {
    using T = typename decltype(type)::type;
    const std::string in_map = map_key(name.tenant, name.id);
    take_out<T>(key, in_map);
    if (entry) put_in<T>(in_map, *entry);
  });
}

template <class T>
void Catalogue::take_out(const std::string& key, const std::string& name) {
  state_.unusable.erase(key);
  state_.not_understood.erase(key);
  auto& map = Kind<T>::map(state_);
  const auto* found = map.find(name);
  if (found == nullptr) return;
  const std::shared_ptr<const T> gone = *found;
  map.erase(name);
  if constexpr (std::is_same_v<T, Key>) index(name, *gone, false);
}

template <class T>
void Catalogue::put_in(const std::string& name, const Entry& entry) {
  auto reading = read_stored<T>(entry);
  auto& map = Kind<T>::map(state_);
  if (!reading) {
    state_.unusable.set(registry_key(entry.tenant, entry.kind, entry.id), unusable(entry, reading.error().message));
    if constexpr (std::is_same_v<T, Endpoint>) {
      auto waiting = std::make_shared<Endpoint>();
      static_cast<Meta&>(*waiting) = entry;
      waiting->state = EndpointState::paused;
      waiting->intervals.push_back({EndpointState::paused, entry.updated_at, 0, entry.updated_by});
      map.set(name, std::move(waiting));
    }
    return;
  }
  const auto resource = std::make_shared<const T>(std::move(*reading));
  if (!resource->not_understood.empty())
    state_.not_understood.set(registry_key(entry.tenant, entry.kind, entry.id), resource->not_understood);
  map.set(name, resource);
  if constexpr (std::is_same_v<T, Key>) index(name, *resource, true);
}

// By its texts. The API gives no text to two keys; should the log have it twice, the first by name has it.
void Catalogue::index(const std::string& name, const Key& key, bool present) {
  const auto settle = [&](const std::string& hash) {
    std::set<std::string>& holders = holders_[hash];
    if (present)
      holders.insert(name);
    else
      holders.erase(name);
    if (!holders.empty()) return state_.keys_by_hash.set(hash, state_.keys.at(*holders.begin()));
    holders_.erase(hash);
    state_.keys_by_hash.erase(hash);
  };
  settle(key.hash);
  for (const Key::Former& one : key.former) settle(one.hash);
}

}  // namespace certes::registry
