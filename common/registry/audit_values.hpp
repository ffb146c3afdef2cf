#pragma once
// The values that the audit trail tells of a change: what the API shows of a resource before it and after it, and never
// more than that. Who: Decider. Pure functions, any thread.

#include <string>
#include <vector>

#include "common/registry/audit.hpp"
#include "common/registry/json.hpp"
#include "common/registry/ledger.hpp"

namespace certes::registry {

// Of one member, and of all of an entry on either side: bytes of JSON. What is longer is named in `omitted`.
inline constexpr std::size_t kLongestValue = 256;
inline constexpr std::size_t kMostValueBytes = 1'024;

// `before`, `after`: null where the resource is not there. `members`: JSON pointers of what the change made differ;
// where one of both is null all that is shown of the other is told, a value for each member. A member whose shown value
// is the same on both sides, as of a secret, has none. What cannot be read has no values.
AuditValues audit_values(const Entry* before, const Entry* after, const std::vector<std::string>& members);
// The same of what is shown on either side.
AuditValues audit_values(const OrderedJson& before, const OrderedJson& after, const std::vector<std::string>& members);

}  // namespace certes::registry
