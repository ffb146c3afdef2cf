#pragma once
// Proposing a changed resource and answering with what became of it. Who: the routes of gateway/api. Blocks.

#include <charconv>

#include "api/rules.hpp"
#include "api/secrets.hpp"
#include "common/json/json.hpp"
#include "common/registry/kinds.hpp"
#include "common/registry/proposal.hpp"
#include "common/registry/stored_json.hpp"

namespace certes::api {

inline constexpr Millis kDecisionLimit{3'000};
inline constexpr int kTries = 8;  // a change of whatever version is made anew from what another one left

template <class T>
std::shared_ptr<const registry::Unusable> find_unusable(const registry::State& state, const std::string& tenant,
                                                        const std::string& id) {
  const auto* found = state.unusable.find(registry::registry_key(tenant, registry::Kind<T>::name, id));
  return found == nullptr ? nullptr : *found;
}

// Null where there is none that can be used.
template <class T>
std::shared_ptr<const T> find(const registry::State& state, const std::string& tenant, const std::string& id) {
  if (find_unusable<T>(state, tenant, id)) return nullptr;
  const auto* found = registry::Kind<T>::map(state).find(registry::map_key(tenant, id));
  return found == nullptr ? nullptr : *found;
}

template <class T>
Error not_found(const std::string& id) {
  return Error(Code::not_found, "there is no " + std::string(registry::Kind<T>::name) + "/" + id);
}

// What If-Match and If-None-Match ask of the resource that is to be changed.
class Precondition {
 public:
  // Errors: invalid, one of them is none that this API takes, or both are there.
  static Result<Precondition> of(const Call& call);

  bool holds_for(std::int64_t current) const;  // a version; 0: there is none
  std::optional<std::int64_t> version() const;
  bool absence() const { return asks_ == Asks::absence; }  // If-None-Match: *

 private:
  enum class Asks : std::uint8_t { nothing, existence, absence, version };
  explicit Precondition(Asks asks, std::int64_t version = 0) : asks_(asks), version_(version) {}
  Asks asks_;
  std::int64_t version_;
};

// The change was made from another version than the current one.
bool is_stale(const Error& error);
// 412.
http::Response precondition_failed(const Precondition& wanted, const std::string& message);

// Whether the caller may put something in the place of what cannot be used, or delete it. Nobody knows what such a key
// may do, so who touches it may do everything. Errors: forbidden; conflict, it is asked for something else.
Result<void> may_take_away(const registry::Unusable& resource, const Call& call);

template <class T>
http::Response answer(int status, const T& resource, const Revealed& revealed = {}) {
  auto json = json_or_null<registry::OrderedJson>(registry::shown_json(resource));
  if (revealed) json[revealed->first] = revealed->second;
  http::Response response = json_response(status, json.dump());
  response.headers.emplace_back("ETag", "\"" + std::to_string(resource.version) + "\"");
  if constexpr (!std::is_same_v<T, registry::Unusable>) {
    if (status == 201) {
      response.headers.emplace_back(
          "Location", std::string(kApiRoot) + "/" + std::string(registry::Kind<T>::name) + "/" + resource.id);
    }
  }
  return response;
}

// Whether the log is not reached: what is asked of it now would only wait. The embedded one always is.
bool away(const log::Log& log);

// What the registry decides, in time for an answer: at once unavailable where the log is away.
Result<registry::Decision> decide(const registry::Change& change, Services& services);

// Of something that followers decide, and a later state shows.
template <class T>
bool asks(const T& next) {
  if constexpr (std::is_same_v<T, registry::Endpoint>) return next.asked_purge || next.asked_retry;
  return false;
}

// Proposes `next`, which is to follow `current` (null: there is none), as a change of version `based_on`, and shows it
// as the registry has it then.
template <class T>
Result<http::Response> propose(T& next, const T* current, const registry::State& state, registry::Change::Op op,
                               std::optional<std::int64_t> based_on, const Revealed& revealed, const Call& call,
                               Services& services) {
  if (auto ok = check_beside(state, next, current == nullptr); !ok) return fail(std::move(ok.error()));
  if (auto ok = check_bound(state, next, current, services.max_wait()); !ok) return fail(std::move(ok.error()));
  if constexpr (std::is_same_v<T, registry::Endpoint>)
    if (auto ok = check_kept(current, next, services.deps.open_before); !ok) return fail(std::move(ok.error()));
  registry::Change change = registry::change_to(next, current);
  change.op = op;
  change.by = call.by(next.tenant);
  change.based_on = based_on;
  const auto decision = decide(change, services);
  if (!decision) return fail(decision.error());
  const int status = decision->created ? 201 : 200;
  const auto stored = find<T>(*services.deps.registry.state(), next.tenant, next.id);
  const bool shows = stored && (stored->version == decision->version || asks(next));
  if (shows) return answer(status, *stored, revealed);
  next.version = decision->version;  // changed again meanwhile: what this change made
  return answer(status, next, revealed);
}

// `make(current)` gives the resource to propose, from its current version; null: there is none. Tried again with a
// fresh state where another change came between, unless If-Match says which version is meant. With ?dry_run=true it
// stays at that: what would be proposed is shown without a version, and what it names need not be there yet.
template <class T, class Make>
Result<http::Response> change_resource(const std::string& tenant, const std::string& id, const Call& call,
                                       Services& services, Make make) {
  const auto wanted = Precondition::of(call);
  if (!wanted) return fail(wanted.error());
  registry::StatePtr state = call.state;
  for (int tries = 1;; ++tries) {
    const auto current = find<T>(*state, tenant, id);
    const auto unusable = find_unusable<T>(*state, tenant, id);
    const std::int64_t version = unusable ? unusable->version : current ? current->version : 0;
    if (!wanted->holds_for(version)) {
      return precondition_failed(
          *wanted, version > 0 ? "the current version is " + std::to_string(version) : "it does not exist");
    }
    if (unusable)
      if (auto ok = may_take_away(*unusable, call); !ok) return fail(std::move(ok.error()));
    Revealed revealed;
    Result<T> next = make(current.get(), revealed);
    if (!next) return fail(std::move(next.error()));
    if (current && registry::says_the_same(*next, *current)) return answer(200, *current);
    if (call.query("dry_run") == "true") {
      if (auto ok = check_bound(*state, *next, current.get(), services.max_wait()); !ok)
        return fail(std::move(ok.error()));
      return answer(200, *next);
    }
    auto response = propose(*next, current.get(), *state, registry::Change::Op::put, version, revealed, call, services);
    if (response || !is_stale(response.error())) return response;
    if (wanted->version()) return precondition_failed(*wanted, response.error().message);
    if (tries == kTries) return response;
    state = services.fresh_state();
  }
}

}  // namespace certes::api
