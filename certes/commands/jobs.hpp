#pragma once
// A job that a command asks for: started, and waited for where that is wanted. Who: certes replays, erase, certes
// dead-letters. Blocks; prints for a person, or JSON.

#include <nlohmann/json.hpp>
#include <string>

#include "certes/options.hpp"
#include "client/api_client.hpp"

namespace certes::command {

struct JobWish {
  bool dry_run = false;  // how many it would be about
  bool wait = false;     // until it has ended
  const char* deed = "sent again";
};
// The exit status. `path`: where it is asked for, below /api/v1.
int start_job(client::ApiClient& api, const Connection& connection, const std::string& path, const std::string& body,
              JobWish wish);
// Until it runs no more, with a line on standard error every other second. kExitFailure unless it is done.
int wait_for_job(client::ApiClient& api, const Connection& connection, const std::string& id);

// The same, without what it prints in the end: the job as it is then.
Result<std::string> ended_job(client::ApiClient& api, const Connection& connection, const std::string& id);

// As the API takes it; no member: whatever there is.
nlohmann::ordered_json filter_json(const EventFilter& filter);

}  // namespace certes::command
