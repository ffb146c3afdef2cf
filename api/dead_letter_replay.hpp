#pragma once
// POST and DELETE /dead-letters/{id}…: one of them is discarded, or goes back to `events`. A replay is made of the
// letter's place, so that one that is asked for twice, after an answer that was lost or of unknown outcome, is sent
// once. Who: the dead-letter routes; many are a job's (jobs/letter_replay.hpp). Blocks on the log.

#include "api/call.hpp"
#include "api/dead_letters.hpp"

namespace certes::api {

// What is packed is looked into as far as a gateway does.
std::size_t most_unpacked(const Services& services);

// What one request may read of the log.
ScanBudget scan_budget(const Services& services);

// `letter`: the tenant's. The body may have "data" and "headers" (repair.hpp), and "again".
Result<http::Response> replay_one(const Call& call, Services& services, const log::StoredRecord& letter);

Result<http::Response> discard_one(const Call& call, Services& services, const log::StoredRecord& letter);

}  // namespace certes::api
