#include "common/registry/resource_json.hpp"

#include <algorithm>
#include <array>

#include "common/event/attributes.hpp"
#include "common/event/event.hpp"
#include "common/registry/stored_json.hpp"

namespace certes::registry {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::array<std::string_view, 20> kScopes = {"events",    "commands",      "logs",    "stream",   "sources",
                                                      "endpoints", "subscriptions", "schemas", "backoffs", "keys",
                                                      "tenants",   "dead-letters",  "replays", "jobs",     "config",
                                                      "audit",     "metrics",       "backup",  "secrets",  "erase"};

bool made_of(std::string_view id, std::string_view others) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [&](char c) {
    return kLetters.find(c) != kLetters.npos || others.find(c) != others.npos;
  });
}

// What an id of the kind is made of, in words.
template <class T>
constexpr std::string_view kIdRule = "an id is 1 to 128 of A-Z a-z 0-9 . _ ~ -";
template <>
constexpr std::string_view kIdRule<Source> =
    "an id of a source is 1 to 128 of A-Z a-z 0-9 _ -, and not \"certes\", whose types are Certes' own";
template <>
constexpr std::string_view kIdRule<Key> =
    "an id of a key is 1 to 128 of A-Z a-z 0-9 . _ ~ -, and not \"certes\", which is Certes itself";
template <>
constexpr std::string_view kIdRule<EventType> =
    "an id of an event type is its name: words of A-Z a-z 0-9 _ / : - joined by '.', at most 255 bytes";

template <class T>
void read_meta(Fields& fields, T& resource) {
  fields.text("id", resource.id, event::kMaxTypeBytes);
  if (fields.ok() && fields.has("id") && !valid_id_of<T>(resource.id)) fields.refuse("id", std::string(kIdRule<T>));
  fields.text("tenant", resource.tenant, 128);
  if (fields.ok() && !valid_id(resource.tenant)) fields.refuse("tenant", "is no id of a tenant");
  fields.passed_over({"version", "created_at", "created_by", "updated_at", "updated_by", "not_understood", "unusable"});
}

std::string with_meta(OrderedJson json, const Meta& resource) {
  if (!resource.not_understood.empty()) json["not_understood"] = resource.not_understood;
  if (resource.version > 0) {  // else it is only what would be stored
    json["version"] = resource.version;
    json["created_at"] = format_rfc3339(resource.created_at);
    json["created_by"] = resource.created_by;
    json["updated_at"] = format_rfc3339(resource.updated_at);
    json["updated_by"] = resource.updated_by;
  }
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace

bool valid_id(std::string_view id) { return made_of(id, "._~-"); }
bool valid_source_id(std::string_view id) { return made_of(id, "_-"); }

bool valid_header_name(std::string_view name) { return event::valid_header_name(name); }

void read_owner(Fields& fields, Declared& resource) {
  fields.text("owner", resource.owner, 128);
  if (fields.ok() && !resource.owner.empty() && !valid_id(resource.owner))
    fields.refuse("owner", "an owner is 1 to 128 of A-Z a-z 0-9 . _ ~ -, or empty for none");
}

template <class T>
bool valid_id_of(std::string_view id) {
  if constexpr (std::is_same_v<T, Source>) return valid_source_id(id) && id != kByCertes;
  if constexpr (std::is_same_v<T, Key>) return valid_id(id) && id != kByCertes;
  if constexpr (std::is_same_v<T, EventType>) return event::valid_type(id);
  return valid_id(id);
}

bool valid_scope(std::string_view scope) {
  if (scope == "*") return true;
  const std::size_t colon = scope.find(':');
  if (colon == scope.npos) return false;
  const std::string_view action = scope.substr(colon + 1);
  return (action == "read" || action == "write") && std::ranges::count(kScopes, scope.substr(0, colon)) == 1;
}

template <class T>
Result<T> resource_from_json(const Json& json, Form form, Unknown* unknown) {
  Fields fields(json, "", unknown);
  T resource;
  if (form == Form::declared) read_meta(fields, resource);
  read_members(fields, resource, form);
  if (auto error = fields.done()) return fail(std::move(*error));
  return resource;
}

template <class T>
OrderedJson resource_to_json(const T& resource) {
  OrderedJson json = OrderedJson::object();
  write_members(json, resource, true);
  return json;
}

template <class T>
OrderedJson declaration_schema() {
  OrderedJson schema = OrderedJson::object();
  Fields fields = Fields::noting(schema);
  T resource;
  read_meta(fields, resource);
  read_members(fields, resource, Form::declared);
  return schema;
}

template <class T>
Result<T> parse(std::string_view json, Form form) {
  const auto parsed = parse_json(json);
  if (!parsed) return fail(parsed.error());
  return resource_from_json<T>(*parsed, form);
}

template <class T>
std::string stored_json(const T& resource) {
  return resource_to_json(resource).dump();
}

template <class T>
std::string shown_json(const T& resource) {
  OrderedJson json = {{"id", resource.id}};
  write_members(json, resource, false);
  merge_tree(json, shown_unknown(resource));
  return with_meta(std::move(json), resource);
}

std::string shown_json(const Unusable& resource) {
  OrderedJson json = {{"id", resource.id}};
  merge_tree(json, shown_body(*resource.body));
  json["unusable"] = resource.reason;
  return with_meta(std::move(json), resource);
}

#define CERTES_RESOURCE(TYPE)                                                  \
  template Result<TYPE> resource_from_json<TYPE>(const Json&, Form, Unknown*); \
  template OrderedJson resource_to_json<TYPE>(const TYPE&);                    \
  template OrderedJson declaration_schema<TYPE>();                             \
  template Result<TYPE> parse<TYPE>(std::string_view, Form);                   \
  template std::string stored_json<TYPE>(const TYPE&);                         \
  template std::string shown_json<TYPE>(const TYPE&);                          \
  template bool valid_id_of<TYPE>(std::string_view)
CERTES_RESOURCE(Tenant);
CERTES_RESOURCE(Source);
CERTES_RESOURCE(Endpoint);
CERTES_RESOURCE(Subscription);
CERTES_RESOURCE(BackoffPolicy);
CERTES_RESOURCE(EventType);
CERTES_RESOURCE(Key);
CERTES_RESOURCE(Installation);
CERTES_RESOURCE(Job);
#undef CERTES_RESOURCE

}  // namespace certes::registry
