#pragma once
// What is asked for by the body of a request that makes a job, judged. Who: the routes of jobs. Pure; any thread.

#include "api/call.hpp"
#include "common/registry/resources.hpp"

namespace certes::api::jobs {

// A replay of events, of the call's tenant and without an id: {"filter"|"all","endpoint","rate_per_second","priority"}.
// What is accepted after `now` is none of it. Error: invalid, with the member at fault.
Result<registry::Job> replay_asked(const Call& call, UnixMillis now);

// A replay of dead letters, in the same way: {"all"} or what its filter has, and "again".
Result<registry::Job> letter_replay_asked(const Call& call);
// The same, of which dead letters are discarded: {"all"} or what its filter has, and "rate_per_second".
Result<registry::Job> letter_discard_asked(const Call& call);

// Whether the tenant may have that class; and whether there is such an endpoint, where one is named at that pointer.
// Errors: invalid.
Result<void> check_class(const Call& call, const std::optional<registry::Priority>& priority);
Result<void> check_target(const Call& call, const std::string& endpoint, const char* pointer);

}  // namespace certes::api::jobs
