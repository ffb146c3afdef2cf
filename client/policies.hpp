#pragma once
// Policies: which back-off policy holds for an event: that of its type, else of its source, else the global one. Who:
// Forwarder, PolicyReader, and programs that set their own. Plain values; any thread.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/backoff/policy.hpp"

namespace certes::client {

// 0.5 s, 1 s, 2 s, … up to a minute, with equal jitter, without end: the spool's limits are the bound.
backoff::Policy default_producer_policy();

struct Policies {
  backoff::Policy global = default_producer_policy();
  std::map<std::string, backoff::Policy, std::less<>> by_type, by_source;

  const backoff::Policy& of(std::string_view type, std::string_view source) const;
};

}  // namespace certes::client
