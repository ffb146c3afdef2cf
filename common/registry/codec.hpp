#pragma once
// One resource between JSON and its struct. Internal to the registry: resource_json.hpp is what others use.
// read: members into the struct (errors stay in the Fields). write: the members that `stored` or else the API shows.

#include "common/registry/json.hpp"
#include "common/registry/resource_json.hpp"

namespace certes::registry {

// What the API shows in place of what is sealed.
inline const OrderedJson kShownSealed = {{"set", true}};

void read(Fields& fields, Tenant& tenant, Form form);
void read(Fields& fields, Source& source, Form form);
void read(Fields& fields, Endpoint& endpoint, Form form);
void read(Fields& fields, Subscription& subscription, Form form);
void read(Fields& fields, BackoffPolicy& policy, Form form);
void read(Fields& fields, EventType& type, Form form);
void read(Fields& fields, Key& key, Form form);
void read(Fields& fields, Installation& installation, Form form);
void read(Fields& fields, Job& job, Form form);

void write(OrderedJson& out, const Tenant& tenant, bool stored);
void write(OrderedJson& out, const Source& source, bool stored);
void write(OrderedJson& out, const Endpoint& endpoint, bool stored);
void write(OrderedJson& out, const Subscription& subscription, bool stored);
void write(OrderedJson& out, const BackoffPolicy& policy, bool stored);
void write(OrderedJson& out, const EventType& type, bool stored);
void write(OrderedJson& out, const Key& key, bool stored);
void write(OrderedJson& out, const Installation& installation, bool stored);
void write(OrderedJson& out, const Job& job, bool stored);

// The same with what all kinds have that a file may declare.
void read_owner(Fields& fields, Declared& resource);
template <class T>
void read_members(Fields& fields, T& resource, Form form) {
  read(fields, resource, form);
  if constexpr (std::is_base_of_v<Declared, T>) read_owner(fields, resource);
}
template <class T>
void write_members(OrderedJson& out, const T& resource, bool stored) {
  write(out, resource, stored);
  if constexpr (std::is_base_of_v<Declared, T>)
    if (!resource.owner.empty()) out["owner"] = resource.owner;
}

// The whole of it. `unknown`: what becomes of members that nobody asks for; null: they are refused.
template <class T>
Result<T> resource_from_json(const Json& json, Form form, Unknown* unknown = nullptr);
template <class T>
OrderedJson resource_to_json(const T& resource);  // stored
// What a declaration may hold, as a JSON Schema, made by what reads one.
template <class T>
OrderedJson declaration_schema();

}  // namespace certes::registry
