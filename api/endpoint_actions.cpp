#include "api/endpoint_actions.hpp"

#include <algorithm>

#include "api/change.hpp"
#include "common/event/event.hpp"

namespace certes::api {
namespace {

using registry::Endpoint;
using registry::EndpointState;

// There is nothing to say: a body may be left out, and has no member.
Result<void> says_nothing(const Call& call) {
  if (call.request.body.empty()) return {};
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  if (auto error = fields.done()) return fail(std::move(*error));
  return {};
}

Result<http::Response> set_state(const Call& call, Services& services, EndpointState state) {
  if (auto ok = says_nothing(call); !ok) return fail(std::move(ok.error()));
  const std::string id = call.path("id").value_or("");
  return change_resource<Endpoint>(call.tenant, id, call, services,
                                   [&](const Endpoint* current, Revealed&) -> Result<Endpoint> {
                                     if (current == nullptr) return fail(not_found<Endpoint>(id));
                                     Endpoint next = *current;
                                     next.state = state;
                                     next.disabled_reason.clear();
                                     return next;
                                   });
}

void take_time(registry::Fields& fields, const char* name, UnixMillis& out) {
  if (!fields.has(name)) return;
  std::string text;
  fields.text(name, text, 64);
  if (!fields.ok()) return;
  const UnixMillis at = parse_rfc3339(text);
  if (at <= 0) return fields.refuse(name, "must be a time as of RFC 3339, like 2026-01-31T08:00:00Z");
  out = at;
}

// One class, or several.
void take_classes(registry::Fields& fields, std::vector<std::string>& classes) {
  const registry::Json* json = fields.take("priority");
  if (json == nullptr) return;
  const registry::Json all = json->is_array() ? *json : registry::Json::array({*json});
  if (all.empty()) return fields.refuse("priority", "must name a class");
  for (const registry::Json& one : all) {
    const std::string name = one.is_string() ? one.get<std::string>() : std::string();
    if (!registry::parse_priority(name))
      return fields.refuse("priority", "must be critical, high, normal, low or bulk, or an array of these");
    if (std::ranges::find(classes, name) == classes.end()) classes.push_back(name);
  }
}

// What is to end: never everything because nothing was said.
Result<registry::Purge> purge_of(const Call& call) {
  const auto json = registry::parse_json(call.request.body.empty() ? "{}" : call.request.body);
  if (!json) return fail(json.error());
  registry::Purge purge;
  registry::Fields fields(*json, "");
  bool all = false;
  fields.boolean("all", all);
  take_classes(fields, purge.classes);
  take_time(fields, "before", purge.before);
  fields.text("pattern", purge.pattern);
  if (fields.ok() && fields.has("pattern") && !event::valid_pattern(purge.pattern))
    fields.refuse("pattern", "must be words of A-Z a-z 0-9 _ / : - joined by '.', or words that are just * or #");
  if (auto error = fields.done()) return fail(std::move(*error));
  const bool filtered = fields.has("priority") || fields.has("before") || fields.has("pattern");
  if (all && filtered) return fail(Code::invalid, "contradicts the filter: give one of them", "/all");
  if (!all && !filtered)
    return fail(Code::invalid, R"(say which: {"priority":…}, {"before":…}, {"pattern":…}, or {"all":true})");
  return purge;
}

Result<registry::Retry> retry_of(const Call& call) {
  registry::Retry retry;
  if (call.request.body.empty()) return retry;
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  take_time(fields, "since", retry.since);
  if (auto error = fields.done()) return fail(std::move(*error));
  return retry;
}

// What waits stands in the dispatchers' indexes, which name no types.
Result<void> refuse_dry_run(const Call& call) {
  if (!call.query("dry_run")) return {};
  return fail(Code::invalid, "is not supported here: how many deliveries that is about is not known before", "dry_run");
}

template <class Asked>
Result<http::Response> ask(const Call& call, Services& services, Asked set) {
  if (auto ok = refuse_dry_run(call); !ok) return fail(std::move(ok.error()));
  const std::string id = call.path("id").value_or("");
  return change_resource<Endpoint>(call.tenant, id, call, services,
                                   [&](const Endpoint* current, Revealed&) -> Result<Endpoint> {
                                     if (current == nullptr) return fail(not_found<Endpoint>(id));
                                     Endpoint next = *current;
                                     set(next);
                                     return next;
                                   });
}

}  // namespace

Result<http::Response> purge_endpoint(const Call& call, Services& services) {
  const auto asked = purge_of(call);
  if (!asked) return fail(asked.error());
  return ask(call, services, [&](Endpoint& next) { next.asked_purge = *asked; });
}

Result<http::Response> retry_endpoint(const Call& call, Services& services) {
  const auto asked = retry_of(call);
  if (!asked) return fail(asked.error());
  return ask(call, services, [&](Endpoint& next) { next.asked_retry = *asked; });
}

Result<http::Response> pause_endpoint(const Call& call, Services& services) {
  return set_state(call, services, EndpointState::paused);
}

Result<http::Response> resume_endpoint(const Call& call, Services& services) {
  return set_state(call, services, EndpointState::active);
}

}  // namespace certes::api
