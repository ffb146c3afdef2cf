#pragma once
// Callers: who calls, remembered for the last credentials, so that a producer on one connection is looked up once a
// second, or when the registry has changed. Who: Door. Confined to one thread.

#include <functional>
#include <string>
#include <string_view>

#include "gateway/access/caller.hpp"

namespace certes::gateway {

using Authenticate = std::function<Result<Caller>(const http::Request&, const registry::State&)>;

class Callers {
 public:
  explicit Callers(Authenticate authenticate) : authenticate_(std::move(authenticate)) {}
  // Valid until the next call. Errors: unauthenticated; forbidden without that scope.
  Result<const Caller*> find(const http::Request& request, const registry::StatePtr& state, SteadyTime now,
                             std::string_view scope);

 private:
  Authenticate authenticate_;
  Caller caller_;
  std::string authorization_;
  registry::StatePtr state_;
  SteadyTime until_{};  // keys expire
};

}  // namespace certes::gateway
