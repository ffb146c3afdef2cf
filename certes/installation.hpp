#pragma once
// What an installation needs before it can be used: a sealing key that opens what was sealed, and a first key. Runs on
// the Connector's thread once the registry has caught up; blocks.

#include "certes/sealing_keys.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/registry/registry.hpp"

namespace certes {

// Errors: unauthenticated (wrong sealing key), those of the registry, unavailable (file). With `admin_key`: a key that
// was made is printed where somebody is there to read it (a terminal), else kept in DATA/admin.key (0600).
Result<void> prepare_installation(registry::Registry& registry, const SealingKeys& keys,
                                  const config::Settings& settings, bool admin_key);

}  // namespace certes
