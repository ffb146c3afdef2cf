#pragma once
// Owners: who has declared a resource (certes apply --owner). Who: apply, export. Blocks on the API.

#include <string>
#include <vector>

#include "certes/commands/declarations.hpp"
#include "client/api_client.hpp"

namespace certes::command {

// Of a resource as JSON; empty: nobody has declared it.
std::string owner_of(const std::string& body);

// The paths ("subscriptions/s", as they stand in URLs) of what the owner has declared and `declarations` does not have,
// in the order in which they can go. Error: that of the API.
Result<std::vector<std::string>> declared_before(client::ApiClient& api, const std::string& owner,
                                                 const std::vector<Declaration>& declarations);

}  // namespace certes::command
