#include "common/registry/decider.hpp"

#include "common/registry/audit_json.hpp"
#include "common/registry/codec.hpp"
#include "common/registry/kinds.hpp"
#include "common/registry/rules.hpp"

namespace certes::registry {
namespace {

std::string name_of(const Change& change) { return change.kind + "/" + change.id; }

// The version the change was made from must be the current one; 0 stands for none. The pointer tells these conflicts
// from those that span resources.
Result<void> check_version(const Change& change, std::int64_t current) {
  if (change.op == Change::Op::create && current != 0) {
    return fail(Code::conflict, name_of(change) + " exists already, in version " + std::to_string(current), "/version");
  }
  if (!change.based_on || *change.based_on == current) return {};
  const std::string now = current == 0 ? "does not exist" : "is in version " + std::to_string(current);
  return fail(Code::conflict,
              name_of(change) + " " + now + ", the change was made from version " + std::to_string(*change.based_on),
              "/version");
}

template <class T>
void index(State& state, const std::shared_ptr<const T>& resource, bool present) {
  if constexpr (std::is_same_v<T, Key>) index_key(state, resource, present);
}

// How many resources of the kind the tenant has.
template <class T>
std::size_t count(const State::Map<T>& map, const std::string& tenant) {
  std::size_t found = 0;
  (void)find_user(map, tenant, [&](const T&) { return ++found == 0; });
  return found;
}

AuditEntry entry_for(const ChangeRecord& record, UnixMillis at, std::int64_t offset) {
  AuditEntry entry;
  entry.offset = offset;
  entry.at = at;
  entry.change_id = record.change_id;
  entry.kind = record.change.kind;
  entry.tenant = record.change.tenant;
  entry.id = record.change.id;
  entry.by = record.change.by;
  const bool removal = record.change.op == Change::Op::remove;
  entry.action = removal                                  ? AuditEntry::Action::remove
                 : record.change.op == Change::Op::create ? AuditEntry::Action::create
                                                          : AuditEntry::Action::change;
  return entry;
}

}  // namespace

template <class T>
Result<Decision> Decider::put(const ChangeRecord& record, UnixMillis at, AuditEntry& entry) {
  const Change& change = record.change;
  auto& map = Kind<T>::map(state_);
  const auto it = map.find(map_key(change.tenant, change.id));
  const T* current = it == map.end() ? nullptr : it->second.get();
  if (auto ok = check_version(change, current ? current->version : 0); !ok) return fail(std::move(ok.error()));
  if (!valid_id_of<T>(change.id) || !valid_id(change.tenant)) return fail(Code::invalid, "no valid id", "/id");
  auto parsed = resource_from_json<T>(record.body, Form::stored);
  if (!parsed) return fail(std::move(parsed.error()));
  auto next = std::make_shared<T>(std::move(*parsed));
  next->tenant = change.tenant;
  next->id = change.id;
  next->version = current ? current->version + 1 : 1;
  next->created_at = current ? current->created_at : at;
  next->created_by = current ? current->created_by : change.by;
  next->updated_at = at;
  next->updated_by = change.by;
  if (auto ok = check_put(state_, *next); !ok) return fail(std::move(ok.error()));
  if (const auto most = current ? std::nullopt : quota(state_, Kind<T>::name, change.tenant))
    if (auto ok = check_quota(*most, count(map, change.tenant), Kind<T>::name, change.tenant); !ok)
      return fail(std::move(ok.error()));
  entry.action = current ? AuditEntry::Action::change : AuditEntry::Action::create;
  if (current) entry.members = changed_members(resource_to_json(*current), resource_to_json(*next));
  if (current) index<T>(state_, it->second, false);
  const bool created = current == nullptr;
  map[map_key(change.tenant, change.id)] = next;
  index<T>(state_, next, true);
  return Decision{next->version, created};
}

template <class T>
Result<Decision> Decider::remove(const Change& change, std::vector<Dependent>& dependents) {
  auto& map = Kind<T>::map(state_);
  const auto it = map.find(map_key(change.tenant, change.id));
  if (it == map.end()) return fail(Code::not_found, "there is no " + name_of(change));
  const std::shared_ptr<const T> current = it->second;
  if (auto ok = check_version(change, current->version); !ok) return fail(std::move(ok.error()));
  if (auto ok = check_remove(state_, *current, change.cascade); !ok) return fail(std::move(ok.error()));
  dependents = remove_dependents(state_, *current);
  index<T>(state_, current, false);
  map.erase(it);
  return Decision{current->version, false};
}

std::optional<Result<Decision>> Decider::decide(const ChangeRecord& record, UnixMillis at, std::int64_t offset) {
  if (decided_set_.contains(record.change_id)) return std::nullopt;
  remember(record.change_id);
  Result<Decision> result = fail(Code::invalid, "there are no resources of the kind \"" + record.change.kind + "\"");
  AuditEntry entry = entry_for(record, at, offset);
  std::vector<Dependent> dependents;
  with_kind(record.change.kind, [&](auto type) {
    using T = typename decltype(type)::type;
    result = record.change.op == Change::Op::remove ? remove<T>(record.change, dependents) : put<T>(record, at, entry);
  });
  if (record.change.kind != Kind<Installation>::name) audit(std::move(entry), result, dependents);
  return result;
}

void Decider::audit(AuditEntry entry, const Result<Decision>& result, const std::vector<Dependent>& dependents) {
  if (result) {
    entry.version = result->version;
  } else {
    entry.refused = to_string(result.error().code);
    entry.reason = result.error().message;
  }
  AuditEntry dependent = entry;
  audit_.add(std::move(entry));
  dependent.with = dependent.kind + "/" + dependent.id;
  dependent.version = 0;
  for (const Dependent& one : dependents) {
    ++dependent.part;
    dependent.kind = one.kind;
    dependent.tenant = one.tenant;
    dependent.id = one.id;
    audit_.add(dependent);
  }
}

void Decider::remember(const std::string& change_id) {
  decided_.push_back(change_id);
  decided_set_.insert(change_id);
  if (decided_.size() <= kRememberedChanges) return;
  decided_set_.erase(decided_.front());
  decided_.pop_front();
}

std::size_t Decider::resources() const {
  std::size_t count = 0;
  for_each_kind([&](auto type) { count += Kind<typename decltype(type)::type>::map(state_).size(); });
  return count;
}

template <class T>
Json snapshot_entry(const T& resource) {
  return {{"kind", Kind<T>::name},
          {"tenant", resource.tenant},
          {"id", resource.id},
          {"version", resource.version},
          {"created_at", resource.created_at},
          {"created_by", resource.created_by},
          {"updated_at", resource.updated_at},
          {"updated_by", resource.updated_by},
          {"body", resource_to_json(resource)}};
}
template Json snapshot_entry<Tenant>(const Tenant&);
template Json snapshot_entry<Source>(const Source&);
template Json snapshot_entry<Endpoint>(const Endpoint&);
template Json snapshot_entry<Subscription>(const Subscription&);
template Json snapshot_entry<BackoffPolicy>(const BackoffPolicy&);
template Json snapshot_entry<EventType>(const EventType&);
template Json snapshot_entry<Key>(const Key&);
template Json snapshot_entry<Installation>(const Installation&);

namespace {

template <class T>
bool load_entry(State& state, const Json& entry) {
  auto parsed = resource_from_json<T>(entry.at("body"), Form::stored);
  if (!parsed) return false;
  auto resource = std::make_shared<T>(std::move(*parsed));
  resource->tenant = entry.at("tenant").get<std::string>();
  resource->id = entry.at("id").get<std::string>();
  resource->version = entry.at("version").get<std::int64_t>();
  resource->created_at = entry.at("created_at").get<UnixMillis>();
  resource->created_by = entry.at("created_by").get<std::string>();
  resource->updated_at = entry.at("updated_at").get<UnixMillis>();
  resource->updated_by = entry.at("updated_by").get<std::string>();
  Kind<T>::map(state)[map_key(resource->tenant, resource->id)] = resource;
  index<T>(state, resource, true);
  return true;
}

}  // namespace

bool Decider::load(const std::vector<Json>& chunks, const std::vector<std::string>& decided) {
  State state;
  bool understood = true;
  try {
    for (const Json& chunk : chunks) {
      for (const Json& entry : chunk) {
        const bool known = with_kind(entry.at("kind").get<std::string>(), [&](auto type) {
          understood = understood && load_entry<typename decltype(type)::type>(state, entry);
        });
        understood = understood && known;
      }
    }
  } catch (const Json::exception&) {
    return false;
  }
  if (!understood) return false;
  state_ = std::move(state);
  decided_.clear();
  decided_set_.clear();
  for (const std::string& id : decided) remember(id);
  return true;
}

void Decider::load_audit(const std::vector<Json>& chunks) {
  audit_.clear();
  for (const Json& chunk : chunks) {
    for (const Json& json : chunk) {
      if (auto entry = entry_of(json)) audit_.add(std::move(*entry));
    }
  }
}

}  // namespace certes::registry
