#pragma once
// ?dry_run=true of what makes a job: how many it would be about, as far as one request may look. Who: the routes of
// jobs. On a worker; blocks on the index. Precondition: there is a history.

#include "api/call.hpp"
#include "api/history/filter.hpp"

namespace certes::api::jobs {

// 200. `whole`: nothing was left to be looked at.
http::Response counted(std::size_t count, bool whole);

std::unique_ptr<http::Steps> count_events(Services& services, history::Filter filter);
// Of a job on dead letters: those in the states that it may have.
std::unique_ptr<http::Steps> count_letters(Services& services, registry::Job&& job);

}  // namespace certes::api::jobs
