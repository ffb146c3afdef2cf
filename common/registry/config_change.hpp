#pragma once
// A change of settings that a process runs with (PATCH /config). It is no resource's: it stands on the registry's topic
// for the audit trail alone, so that who changed what is found in one place, after restarts too. Followers note it, and
// decide nothing. Who: the Master API proposes it, Decider. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "common/registry/audit.hpp"
#include "common/registry/registry.hpp"

namespace certes::registry {

inline constexpr std::string_view kConfigKind = "config";

struct ChangedSetting {
  std::string name, from, to;
};

// `process`: what it is called.
Change config_change(std::string_view process, const std::vector<ChangedSetting>& settings);

// What its entry says: the members that changed, and their values within the bounds of every entry.
void read_config_change(const Change& change, AuditEntry& entry);

}  // namespace certes::registry
