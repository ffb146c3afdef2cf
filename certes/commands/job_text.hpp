#pragma once
// Jobs as a person reads them. `now`: what ages are counted from. Who: the commands of jobs and of dead letters. Pure.

#include <string>
#include <string_view>

#include "certes/commands/work_progress.hpp"
#include "common/base/clock.hpp"

namespace certes::command {

// `items`: of GET /jobs.
std::string job_table(std::string_view items, UnixMillis now);
// `job`: of GET /jobs/{id}. Empty: it is none.
std::string job_text(std::string_view job, UnixMillis now);
// How far it is, while it is waited for.
WorkProgress job_progress(const std::string& job);

}  // namespace certes::command
