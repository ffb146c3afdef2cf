#pragma once
// Signing anew: the headers with which a provider would send now what it has sent before, for a handler that refuses
// what was signed too long ago. Only for what a gateway has verified; whether it has is the caller's to know. Who: the
// dispatcher. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/record.hpp"
#include "common/registry/resources.hpp"

namespace certes::signature {

struct Header {
  std::string name;  // in lower case
  std::string value;
};

// When a webhook that is on the log was signed. Nothing: its scheme signs no time in headers of its own, or its source
// does not forward them.
std::optional<UnixMillis> signed_at(const registry::Verify& verify, const log::StoredRecord& webhook);
// Its headers of time and signature as of `now`, the time in the form in which it was. Empty: something of what is
// signed is not on the log. Precondition: signed_at() knows.
std::vector<Header> sign_anew(const registry::Verify& verify, std::string_view secret, const log::StoredRecord& webhook,
                              UnixMillis now);

}  // namespace certes::signature
