#pragma once
// Resources from what the log holds, and what it is to hold next. A body was checked when it was declared, by the
// release of then, so nothing in it is refused: what is not known is kept, what is not understood counts as not set,
// and where the rest would say something else without it the resource cannot be used. Internal to the registry. Pure.

#include "common/registry/codec.hpp"
#include "common/registry/ledger.hpp"

namespace certes::registry {

// Error: internal, why it cannot be used.
template <class T>
Result<T> read_stored(const Entry& entry);

// A declaration that is to follow `current`: it may hold the unknown members of that, as they are shown.
template <class T>
Result<T> declared_after(const Json& json, const T& current);

// `into` with the members of `tree`, an object in an object each: what was kept at its place. What is there stays.
void merge_tree(OrderedJson& into, const Json& tree);

// The unknown members as they are shown: what is sealed is not.
Json shown_unknown(const Meta& resource);
// The same of a body that cannot be read: empty where it is no JSON object.
Json shown_body(const std::string& body);

}  // namespace certes::registry
