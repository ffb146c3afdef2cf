#include "api/event_types.hpp"

#include "api/change.hpp"
#include "api/page.hpp"
#include "common/base/number.hpp"
#include "common/event/own_names.hpp"
#include "common/json/json.hpp"
#include "common/schema/compatibility.hpp"
#include "common/schema/schema.hpp"

namespace certes::api {
namespace {

using registry::EventType;
using registry::Json;
using registry::OrderedJson;
using Compatibility = EventType::Compatibility;

Error in_schema(Error error) {
  error.pointer.insert(0, "/schema");
  return error;
}

// Against the newest one alone, in the direction that the new declaration asks for; the first schema of a type breaks
// nothing. Decided here, not where the log is followed: what a later release can decide must not change what the log
// says. `based_on` makes sure that nothing came between (409, 412).
Result<void> check_compatible(const EventType& next, const EventType& current) {
  if (next.compatibility == Compatibility::none || current.schema_version == 0) return {};
  const bool backward = next.compatibility != Compatibility::forward;
  const bool forward = next.compatibility != Compatibility::backward;
  if (backward)
    if (auto ok = schema::check_backward(current.schema, next.schema); !ok) return fail(in_schema(ok.error()));
  if (forward)
    if (auto ok = schema::check_forward(current.schema, next.schema); !ok) return fail(in_schema(ok.error()));
  return {};
}

void add_version(EventType& next, const Call& call, Services& services) {
  next.versions.push_back({++next.schema_version, next.schema, services.deps.clock.unix_millis(), call.caller.key});
  if (next.versions.size() > EventType::kMaxVersions) next.versions.erase(next.versions.begin());
}

OrderedJson json_of(const EventType::Version& version) {
  OrderedJson json = {{"version", version.number},
                      {"schema", nullptr},
                      {"created_at", format_rfc3339(version.created_at)},
                      {"created_by", version.created_by}};
  if (!version.schema.empty()) json["schema"] = json_or_null<registry::OrderedJson>(version.schema);
  return json;
}

Result<std::shared_ptr<const EventType>> named(const Call& call) {
  const std::string id = call.path("id").value_or("");
  auto type = find<EventType>(*call.state, call.tenant, id);
  if (!type) return fail(not_found<EventType>(id));
  return type;
}

}  // namespace

Result<void> check_not_built_in(std::string_view id) {
  if (!event::is_own_type(id)) return {};
  return fail(Code::forbidden, "types whose first word is 'certes' are Certes' own: they are built in", "/id");
}

// The oldest first; a page goes on behind the version that `after` names.
Result<http::Response> list_versions(const Call& call, Services& services) {
  const auto type = named(call);
  if (!type) return fail(type.error());
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  const auto text = call.query("after");
  const auto after = parse_whole<std::int64_t>(text.value_or("0"));
  if (!after) return fail(Code::invalid, "is no \"next\" of an earlier answer", "after");
  Page page(*limit, services);
  std::optional<std::string> next;
  for (const EventType::Version& version : (*type)->versions) {
    if (version.number <= *after) continue;
    if (page.full()) return std::move(page).answer(next);
    page.add(json_of(version).dump());
    next = std::to_string(version.number);
  }
  return std::move(page).answer(std::nullopt);
}

Result<http::Response> show_version(const Call& call, Services&) {
  const auto type = named(call);
  if (!type) return fail(type.error());
  const std::string wanted = call.path("version").value_or("");
  for (const EventType::Version& version : (*type)->versions)
    if (std::to_string(version.number) == wanted) return json_response(200, json_of(version).dump());
  return fail(Code::not_found, "event-types/" + (*type)->id + " has no version " + wanted + " (any more)");
}

Result<Revealed> complete(EventType& next, const EventType* current, const Json&, const Call& call,
                          Services& services) {
  if (auto ok = check_not_built_in(next.id); !ok) return fail(std::move(ok.error()));
  if (current != nullptr) {
    next.versions = current->versions;
    next.schema_version = current->schema_version;
    if (next.schema == current->schema) return Revealed{};
  }
  if (!next.schema.empty())
    if (auto ok = schema::check_schema(next.schema); !ok) return fail(in_schema(ok.error()));
  if (current != nullptr)
    if (auto ok = check_compatible(next, *current); !ok) return fail(std::move(ok.error()));
  if (current != nullptr || !next.schema.empty()) add_version(next, call, services);
  return Revealed{};
}

}  // namespace certes::api
