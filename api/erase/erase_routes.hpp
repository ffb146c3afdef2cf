#pragma once
// POST /erase: an event, or all events of a source's subject, with their payloads, dead letters, attempts and what is
// indexed of them. Who: the table of routes. On a worker; blocks on the registry, and a dry run on the index.

#include "api/call.hpp"

namespace certes::api {

// 202 with the job; ?dry_run=true: how many events and dead letters it would be about, and the hash that its record
// would have.
Result<std::unique_ptr<http::Steps>> create_erasure(const Call& call, Services& services);

}  // namespace certes::api
