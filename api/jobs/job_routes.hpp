#pragma once
// Jobs: /jobs and /replays, which are those that replay. Making one, what there are, and what is asked of one: to
// pause, to go on, to be cancelled, each a change of its resource, after which whoever goes on with it lets it go. Who:
// the table of routes. On a worker; block on the registry, and a dry run on the index.

#include "api/call.hpp"

namespace certes::api {

Result<http::Response> list_jobs(const Call& call, Services& services);
Result<http::Response> show_job(const Call& call, Services& services);
Result<http::Response> pause_job(const Call& call, Services& services);
Result<http::Response> resume_job(const Call& call, Services& services);
Result<http::Response> cancel_job(const Call& call, Services& services);

// 202 with the job; ?dry_run=true: how many events it would be about.
Result<std::unique_ptr<http::Steps>> create_replay(const Call& call, Services& services);

// 202 with a job that was judged, once it is in the registry. Errors: conflict, its tenant has as many as it may.
Result<http::Response> create_job(registry::Job&& job, const Call& call, Services& services);

// The same of dead letters: to be sent again, to be discarded.
Result<std::unique_ptr<http::Steps>> create_letter_replay(const Call& call, Services& services);
Result<std::unique_ptr<http::Steps>> create_letter_discard(const Call& call, Services& services);

}  // namespace certes::api
