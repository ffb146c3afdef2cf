#include "client/policies.hpp"

namespace certes::client {

backoff::Policy default_producer_policy() {
  backoff::Policy policy;
  policy.base_seconds = 0.5;
  policy.cap_seconds = 60;
  return policy;
}

const backoff::Policy& Policies::of(std::string_view type, std::string_view source) const {
  if (const auto found = by_type.find(type); found != by_type.end()) return found->second;
  if (const auto found = by_source.find(source); found != by_source.end()) return found->second;
  return global;
}

}  // namespace certes::client
