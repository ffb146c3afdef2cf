#pragma once
// What the first process of an installation makes, once, and every later one checks: the admin key and the marker that
// tells a wrong sealing key. Who: certes serve, gateway, api, dispatcher, before they start. Both block until the
// registry has decided, at most about ten seconds; unavailable and unknown_outcome: call again.

#include <string>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/crypto/crypto.hpp"
#include "common/registry/registry.hpp"

namespace certes::api {

// The key "admin" with all scopes. A configured one (settings.admin_key) is registered, and replaces another. Without
// one it is made if there is none yet: the answer is its text then, to be shown or kept by the caller this once; else
// the answer is empty. Error besides: invalid (the configured one is no key).
Result<std::string> ensure_admin_key(registry::Registry& registry, const config::Settings& settings);

// Whether `sealer` opens what this installation has sealed. Error: invalid (another sealing key is needed).
Result<void> check_sealing_key(registry::Registry& registry, const crypto::Sealer& sealer);

}  // namespace certes::api
