#include "common/registry/resources.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace certes::registry {
namespace {

constexpr std::array<std::string_view, kPriorities> kPriorityNames = {"critical", "high", "normal", "low", "bulk"};
constexpr std::array<std::string_view, 3> kOnErrorNames = {"skip", "deliver", "dead_letter"};
constexpr std::array<std::string_view, kEventKinds> kKindNames = {"event", "command", "result"};
constexpr std::array<std::string_view, 3> kStateNames = {"active", "paused", "disabled"};
// Of a tenant and of any resource: an event type's id is a type.
constexpr std::size_t kLongestTenant = 128, kLongestId = 255;

// Found without allocating: routes and requests look resources up.
template <class T>
std::shared_ptr<const T> find(const State::Map<T>& map, std::string_view tenant, std::string_view id) {
  if (tenant.size() > kLongestTenant || id.size() > kLongestId) return nullptr;
  char name[kLongestTenant + 1 + kLongestId];
  std::memcpy(name, tenant.data(), tenant.size());
  name[tenant.size()] = '/';
  std::memcpy(name + tenant.size() + 1, id.data(), id.size());
  const auto* found = map.find(std::string_view(name, tenant.size() + 1 + id.size()));
  return found == nullptr ? nullptr : *found;
}

}  // namespace

std::string_view to_string(Priority priority) { return kPriorityNames[static_cast<std::size_t>(priority)]; }

std::optional<Priority> parse_priority(std::string_view text) {
  for (std::size_t i = 0; i < kPriorityNames.size(); ++i) {
    if (kPriorityNames[i] == text) return static_cast<Priority>(i);
  }
  return std::nullopt;
}

std::string_view to_string(EventKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

std::optional<EventKind> parse_event_kind(std::string_view text) {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == text) return static_cast<EventKind>(i);
  }
  return std::nullopt;
}

std::string_view to_string(BodyFormat format) {
  switch (format) {
    case BodyFormat::binary: break;
    case BodyFormat::structured: return "structured";
    case BodyFormat::standard: return "standard";
  }
  return "binary";
}

std::string_view to_string(OnFilterError on_error) { return kOnErrorNames[static_cast<std::size_t>(on_error)]; }

std::string_view to_string(Ordering ordering) {
  switch (ordering) {
    case Ordering::none: break;
    case Ordering::key: return "key";
    case Ordering::all: return "all";
  }
  return "none";
}

std::string_view to_string(EndpointState state) { return kStateNames[static_cast<std::size_t>(state)]; }

std::optional<EndpointState> parse_endpoint_state(std::string_view text) {
  for (std::size_t i = 0; i < kStateNames.size(); ++i) {
    if (kStateNames[i] == text) return static_cast<EndpointState>(i);
  }
  return std::nullopt;
}

bool Subscription::takes_of(std::string_view of) const {
  if (tenants.empty() || tenant != kDefaultTenant) return of == tenant;
  return std::ranges::any_of(tenants, [&](const std::string& one) { return one == kAllTenants || one == of; });
}

const BackoffPolicy& default_backoff_policy() {
  static const BackoffPolicy policy = [] {
    BackoffPolicy p;
    p.id = "default";
    p.strategy = BackoffPolicy::Strategy::schedule;
    p.schedule_seconds = {5, 300, 1'800, 7'200, 18'000, 36'000, 50'400, 72'000, 86'400};
    p.jitter = BackoffPolicy::Jitter::equal;
    p.max_attempts = 10;  // the first and one after each delay
    return p;
  }();
  return policy;
}

std::string seal_context(const Endpoint& endpoint) { return registry_key(endpoint.tenant, "endpoints", endpoint.id); }
std::string seal_context(const Source& source) { return registry_key(source.tenant, "sources", source.id); }
std::string header_seal_context(const Endpoint& endpoint, std::string_view header) {
  return seal_context(endpoint) + "/headers/" + lower_case(header);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string registry_key(std::string_view tenant, std::string_view kind, std::string_view id) {
  std::string key;
  key.reserve(tenant.size() + kind.size() + id.size() + 2);
  key.append(tenant).append(1, '/').append(kind).append(1, '/').append(id);
  return key;
}

UnixMillis Key::expiry_of(std::string_view presented) const {
  for (const Former& one : former) {
    if (one.hash == presented) return expires_at == 0 ? one.expires_at : std::min(one.expires_at, expires_at);
  }
  return expires_at;
}

std::shared_ptr<const Tenant> State::tenant(std::string_view id) const { return find(tenants, "default", id); }
std::shared_ptr<const Key> State::key(std::string_view tenant, std::string_view id) const {
  return find(keys, tenant, id);
}
std::shared_ptr<const Source> State::source(std::string_view tenant, std::string_view id) const {
  return find(sources, tenant, id);
}
std::shared_ptr<const Endpoint> State::endpoint(std::string_view tenant, std::string_view id) const {
  return find(endpoints, tenant, id);
}
std::shared_ptr<const Subscription> State::subscription(std::string_view tenant, std::string_view id) const {
  return find(subscriptions, tenant, id);
}
std::shared_ptr<const BackoffPolicy> State::backoff_policy(std::string_view tenant, std::string_view id) const {
  return find(backoff_policies, tenant, id);
}
std::shared_ptr<const EventType> State::event_type(std::string_view tenant, std::string_view id) const {
  return find(event_types, tenant, id);
}
std::shared_ptr<const Job> State::job(std::string_view tenant, std::string_view id) const {
  return find(jobs, tenant, id);
}

}  // namespace certes::registry
