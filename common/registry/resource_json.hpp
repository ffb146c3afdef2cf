#pragma once
// Resources as JSON, strictly: a member that is unknown, of another type or out of range is refused with its JSON
// pointer; one whose work comes later is refused by name. What the log holds is read more kindly (stored_json.hpp).
// Who: the API (declared), the registry (stored). Pure functions, any thread.

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

enum class Form : std::uint8_t {
  declared,  // as users write it: secrets in the clear ("secret"), read-only members are passed over
  stored,    // as the log keeps it (Change::body): secrets sealed, what the system adds included
};

// T: Tenant, Source, Endpoint, Subscription, BackoffPolicy, EventType, Key, Installation, Job. From a declaration the
// members for sealed secrets hold them in the clear; seal them before anything else. `id` is set where a declaration
// has one. Error: invalid, with a pointer.
template <class T>
Result<T> parse(std::string_view json, Form form);

// The body of a resource of which nothing is on the log yet (else: proposal.hpp). Secrets must be sealed.
template <class T>
std::string stored_json(const T& resource);

// As the API shows it: with id, version and who changed it when, and {"set":true} in place of what is sealed.
template <class T>
std::string shown_json(const T& resource);
std::string shown_json(const Unusable& resource);

bool valid_id(std::string_view id);             // [A-Za-z0-9._~-]{1,128}
bool valid_source_id(std::string_view id);      // [A-Za-z0-9_-]{1,128}
bool valid_header_name(std::string_view name);  // a token of RFC 9110
// By kind: a source's, the name of an event type (event::valid_type), else valid_id.
template <class T>
bool valid_id_of(std::string_view id);
// "*" or {events,commands,…}:{read,write}
bool valid_scope(std::string_view scope);

}  // namespace certes::registry
