#pragma once
// Replies: who gets the results of commands that name a URL in reply_to: an endpoint for each tenant, which is no
// resource; its URL stands in the record. Who: intake and loader. Confined to the core loop.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/crypto/crypto.hpp"
#include "dispatcher/core_options.hpp"
#include "dispatcher/routing/routes.hpp"

namespace certes::dispatcher {

class Replies {
 public:
  // All outlive it.
  Replies(const CoreOptions& options, Routes& routes, const crypto::Sealer& sealer)
      : options_(options), routes_(routes), sealer_(sealer) {}
  // Precondition: there is a state of the registry.
  Match match(std::string_view tenant);

 private:
  const CoreOptions& options_;
  Routes& routes_;
  const crypto::Sealer& sealer_;
  std::map<std::string, std::shared_ptr<const registry::Endpoint>, std::less<>> endpoints_;  // by tenant
};

}  // namespace certes::dispatcher
