#pragma once
// What an installation needs before it can be used: a sealing key that opens what was sealed, and a first key. Runs on
// the Connector's thread once the registry has caught up; blocks.

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/crypto/crypto.hpp"
#include "common/registry/registry.hpp"

namespace certes {

// Errors: invalid (wrong sealing key; a given admin key that is none), what the registry gives, unavailable (file).
// A key that was made is printed where somebody is there to read it (a terminal), else kept in DATA/admin.key (0600).
Result<void> prepare_installation(registry::Registry& registry, const crypto::Sealer& sealer,
                                  const config::Settings& settings, const Clock& clock);

}  // namespace certes
