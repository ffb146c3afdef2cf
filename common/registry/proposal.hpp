#pragma once
// What is proposed to the registry: a resource as a Change, with the envelope that every follower decides by. Who: the
// API, bootstrap, the dispatcher. Pure functions, any thread.

#include "common/registry/registry.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

// Puts `next` (secrets sealed) in the place of `current` (null: there is none), whose members that this version does
// not know or understand stay. `op`, `by` and `based_on` are the caller's to set.
template <class T>
Change change_to(const T& next, const T* current = nullptr);

// Whether a change from one to the other would change nothing.
template <class T>
bool says_the_same(const T& one, const T& other);

// What it needs, claims, and is.
Envelope envelope_of(const Tenant& tenant);
Envelope envelope_of(const Source& source);
Envelope envelope_of(const Endpoint& endpoint);
Envelope envelope_of(const Subscription& subscription);
Envelope envelope_of(const BackoffPolicy& policy);
Envelope envelope_of(const EventType& type);
Envelope envelope_of(const Key& key);
Envelope envelope_of(const Installation& installation);
Envelope envelope_of(const Job& job);

}  // namespace certes::registry
