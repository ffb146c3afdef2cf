#pragma once
// Entries of the audit trail as JSON, and which members differ between two forms of a resource. Who: Decider, snapshots
// and the Master API. Pure functions, any thread.

#include <optional>
#include <string>
#include <vector>

#include "common/registry/audit.hpp"
#include "common/registry/json.hpp"

namespace certes::registry {

// As a snapshot holds it, and back; nothing if it is not one of ours.
Json stored_entry(const AuditEntry& entry);
std::optional<AuditEntry> entry_of(const Json& json);

// As the API shows it: with values to whom may read the kind of resource that it is about.
OrderedJson shown_entry(const AuditEntry& entry, bool with_values);

// JSON pointers, two steps deep at most, of the members that differ between two bodies, under the names that the API
// knows; of more than kMostMembers the first. Values do not appear. None where one of them is no JSON object.
inline constexpr std::size_t kMostMembers = 32;
std::vector<std::string> changed_members(std::string_view before, std::string_view after);

}  // namespace certes::registry
