#pragma once
// Listing: a walk over the resources of one kind in a tenant, for the pages of a list. Who: the routes of resources.
// Confined to one thread; the state must outlive it.

#include <optional>
#include <string>
#include <utility>

#include "common/registry/json.hpp"
#include "common/registry/kinds.hpp"
#include "common/registry/resource_json.hpp"

namespace certes::api {

// The resources of a kind in the order of their ids, with those that cannot be used.
template <class T>
class Listing {
 public:
  Listing(const registry::State& state, const std::string& tenant, const std::optional<std::string>& after)
      : state_(state),
        prefix_(tenant + "/"),
        unusable_prefix_(registry::registry_key(tenant, registry::Kind<T>::name, "")),
        at_(registry::Kind<T>::map(state).lower_bound(prefix_)),
        unusable_(state.unusable.lower_bound(unusable_prefix_)) {
    if (!after) return;
    at_ = registry::Kind<T>::map(state).upper_bound(prefix_ + *after);
    unusable_ = state.unusable.upper_bound(unusable_prefix_ + *after);
  }

  bool ended() const { return !has_usable() && !has_unusable(); }
  // The next one as it is shown, and its id.
  std::pair<std::string, std::string> take() {
    if (!has_unusable() || (has_usable() && at_->second->id < unusable_->second->id)) {
      const T& resource = *(at_++)->second;
      return {registry::shown_json(resource), resource.id};
    }
    const registry::Unusable& resource = *(unusable_++)->second;
    if (has_usable() && at_->second->id == resource.id) ++at_;  // what stands in for it
    return {registry::shown_json(resource), resource.id};
  }

 private:
  bool has_usable() const { return at_ != registry::Kind<T>::map(state_).end() && at_->first.starts_with(prefix_); }
  bool has_unusable() const {
    return unusable_ != state_.unusable.end() && unusable_->first.starts_with(unusable_prefix_);
  }

  const registry::State& state_;
  const std::string prefix_, unusable_prefix_;
  typename registry::State::Map<T>::const_iterator at_;
  registry::State::Map<registry::Unusable>::const_iterator unusable_;
};

}  // namespace certes::api
