#pragma once
// POST /dead-letters/replay and /{id}/replay: dead letters go back to `events`. Many go in pages, each within a budget
// of bytes and time: an answer says what was done and where to go on. A replay is made of the letter's place, so that
// one that is asked for twice, after an answer that was lost or of unknown outcome, is sent once. Who: the dead-letter
// routes. Blocks on the log.

#include "api/call.hpp"
#include "api/dead_letters.hpp"

namespace certes::api {

// What one request may read of the log.
ScanBudget scan_budget(const Services& services);

// `letter`: the tenant's. The body may have "data" (repair.hpp) and "again".
Result<http::Response> replay_one(const Call& call, Services& services, const log::StoredRecord& letter);

// By a filter, ids, or {"all":true}. Errors: invalid; of the steps outcome-unknown and unavailable, after which the
// same request is to be made again.
Result<std::unique_ptr<http::Steps>> replay_page(const Call& call, Services& services);

}  // namespace certes::api
