#pragma once
// The member "transform" of endpoints and subscriptions, and which of the two holds. Who: the registry's readers, the
// dispatcher, the Master API. Pure; any thread.

#include <memory>
#include <string>

#include "common/registry/resources.hpp"

namespace certes::registry {

class Fields;

using TransformPtr = std::shared_ptr<const transform::Program>;

// Internal to the registry.
void read_transform(Fields& fields, TransformPtr& program, std::string& json);

// The nearest: the subscription's, by which an event goes, else the endpoint's; null: there is none.
inline const TransformPtr& nearest_transform(const TransformPtr& of_subscription, const Endpoint& endpoint) {
  return of_subscription ? of_subscription : endpoint.transform;
}

}  // namespace certes::registry
