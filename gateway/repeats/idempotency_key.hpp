#pragma once
// The Idempotency-Key of a request (draft-ietf-httpapi-idempotency-key-header-07): read, scoped by who sends it and
// where to, and turned into ids for events that have none, so that the log's own de-duplication holds for them beyond
// the process that gave the first answer. Who: ingest. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/event/event.hpp"
#include "common/http/server/server.hpp"
#include "gateway/access/caller.hpp"
#include "gateway/repeats/idempotency_index.hpp"

namespace certes::gateway::ingest {

inline constexpr std::size_t kMaxIdempotencyKeyBytes = 255;

struct IdempotencyKey {
  log::Identity key;      // with its scope
  log::Identity payload;  // body, content type, CloudEvents headers
};

// The header's value: "quoted" (RFC 8941 string) or bare, 1 to 255 bytes of visible ASCII. Error: invalid, with the
// header's name as its pointer.
Result<std::string> parse_idempotency_key(std::string_view value);
// Nothing where the request has none. `tenant`: whose events these are; `route`: the same for every request that a key
// is meant for. Error: invalid, two of them included.
Result<std::optional<IdempotencyKey>> idempotency_key(const http::Request& request, const Caller& caller,
                                                      std::string_view tenant, std::string_view route);
// Events without an id get one of the key and the payload: the same for the same request, whoever takes it.
void give_ids(const IdempotencyKey& key, std::vector<event::Event>& events);

// What is answered to a repeat: the first answer, 409 while there is none, 422 to another payload. Not for fresh.
http::Response answer_again(IdempotencyIndex::Found&& found);

}  // namespace certes::gateway::ingest
