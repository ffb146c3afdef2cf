#pragma once
// An event as GET /stream?headers=true shows it, made into what an endpoint would get of it. Who: certes listen. Pure.

#include <string>

#include "common/base/result.hpp"
#include "common/http/client/sender.hpp"
#include "common/log/record.hpp"
#include "dispatcher/endpoint/target.hpp"

namespace certes::command {

// The record of `events` that it was, as far as a delivery needs it. `shown`: one CloudEvent. Error: it is none.
Result<log::RecordPtr> record_of(const std::string& shown);

// Whom it goes to: an endpoint that is no resource, with that secret ("whsec_…"). Error: the secret is none.
Result<dispatcher::Target> listener(const std::string& url, const std::string& secret);

// The request of that attempt, signed anew.
http::Transfer request_of(const log::RecordPtr& record, const dispatcher::Target& target, std::uint32_t attempt,
                          UnixMillis now);

}  // namespace certes::command
