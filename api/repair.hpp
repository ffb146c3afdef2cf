#pragma once
// What is changed of a dead letter as it is sent again. What was quarantined is published as an event, once its data
// holds by the schema that its type has now. Who: the dead-letter routes. Any thread.

#include <optional>

#include "api/call.hpp"
#include "common/log/record.hpp"

namespace certes::api {

// Puts the request's "data", if it has any, in place of the data that was quarantined, and checks it; of what is packed
// at most `most_unpacked` bytes. An answer: 422 with what is broken. Errors: invalid, the body is not understood;
// forbidden, the caller may not publish data of his own of this type.
Result<std::optional<http::Response>> repair(log::Record& record, const Call& call, std::size_t most_unpacked);
// The same for a dead letter that was not quarantined: its data is not the caller's to change.
Result<std::optional<http::Response>> refuse_data(const Call& call);

// Puts the request's "headers", if it has any, in place of those of their names that its source forwarded; null takes
// one away. Errors: invalid, it is no name or value of a header, or one that is never forwarded; forbidden, as above.
Result<void> edit_headers(log::Record& record, const Call& call);

// Whether the record's data is accepted now, of an event of that tenant.
bool holds(const log::Record& record, const registry::State& state, std::string_view tenant, std::size_t most_unpacked);

}  // namespace certes::api
