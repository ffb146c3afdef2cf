#pragma once
// Work that a server does and a command waits for: how far it is, for a line while it is waited for, and the waiting
// itself. Who: the commands of backups and of jobs.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "certes/options.hpp"
#include "client/api_client.hpp"

namespace certes::command {

// As of one look.
struct WorkProgress {
  bool running = false;
  std::string name;  // before the rest of the line: what it is
  std::int64_t done = 0;
  std::optional<std::int64_t> total;
  std::string beside;  // what there is to say besides
};

// "job_1: running, 12 of 100, 6/s, 15 s left": the rate is as of two looks, that much time apart; without one, or where
// nothing was done between them, how far it is. Pure.
using Amount = std::string (*)(std::int64_t);  // how numbers are written; null: as they are
std::string progress_line(const WorkProgress& before, const WorkProgress& now, std::chrono::duration<double> apart,
                          Amount amount = nullptr);

struct WatchedWork {
  std::string path;  // where it is looked at, below /api/v1
  std::function<WorkProgress(const std::string& answer)> read;
  Amount amount = nullptr;
};
// Until it runs no more, with a line on standard error every other second, unless JSON is wanted. What it is then.
// Blocks. Errors: what the API answers.
Result<std::string> wait_for_work(client::ApiClient& api, const Connection& connection, const WatchedWork& work);

}  // namespace certes::command
