#include "common/registry/audit_json.hpp"

#include <algorithm>
#include <array>

#include "common/json/json.hpp"

namespace certes::registry {
namespace {

constexpr int kDeepestCompared = 2;
constexpr std::array<std::string_view, 3> kActions = {"create", "change", "delete"};
constexpr std::size_t kLongestReason = 300;

// What is stored under other names than users know.
constexpr std::pair<std::string_view, std::string_view> kShownAs[] = {{"/hash", "/key"},
                                                                      {"/former", "/key"},
                                                                      {"/secrets", "/secret"},
                                                                      {"/verify/secrets", "/verify/secret"},
                                                                      {"/headers_sealed", "/headers"}};

std::string shown_name(const std::string& pointer) {
  for (const auto& [stored, shown] : kShownAs) {
    if (pointer == stored || pointer.starts_with(std::string(stored) + "/"))
      return std::string(shown) + pointer.substr(stored.size());
  }
  return pointer;
}

void compare(const OrderedJson& before, const OrderedJson& after, const std::string& place, int depth,
             std::vector<std::string>& members) {
  const auto differ = [&](const std::string& name, const OrderedJson* one, const OrderedJson* other) {
    const std::string pointer = place + pointer_step(name);
    const bool objects = one != nullptr && other != nullptr && one->is_object() && other->is_object();
    if (objects && depth < kDeepestCompared) return compare(*one, *other, pointer, depth + 1, members);
    if (one != nullptr && other != nullptr && *one == *other) return;
    std::string shown = shown_name(pointer);
    if (std::ranges::count(members, shown) == 0 && members.size() < kMostMembers) members.push_back(std::move(shown));
  };
  const auto member = [](const OrderedJson& object, const std::string& name) {
    const auto it = object.find(name);
    return it == object.end() ? nullptr : &*it;
  };
  for (const auto& [name, value] : after.items()) differ(name, member(before, name), &value);
  for (const auto& [name, value] : before.items()) {
    if (!after.contains(name)) differ(name, &value, nullptr);
  }
}

// A snapshot's text of values, if it is one.
std::string values_text(const Json& json, const char* name) {
  std::string text = json.value(name, std::string());
  return json_or_null<OrderedJson>(text).is_object() ? text : std::string();
}

AuditEntry read_entry(const Json& json) {
  AuditEntry entry;
  entry.offset = json.at("offset").get<std::int64_t>();
  entry.part = json.at("part").get<std::int64_t>();
  entry.at = json.at("at").get<UnixMillis>();
  entry.change_id = json.at("change").get<std::string>();
  const auto action = json.at("action").get<std::size_t>();
  entry.action = static_cast<AuditEntry::Action>(std::min(action, kActions.size() - 1));
  entry.kind = json.at("kind").get<std::string>();
  entry.tenant = json.at("tenant").get<std::string>();
  entry.id = json.at("id").get<std::string>();
  entry.by = json.at("by").get<std::string>();
  entry.refused = json.value("refused", std::string());
  entry.reason = json.value("reason", std::string());
  entry.version = json.at("version").get<std::int64_t>();
  entry.members = json.value("members", std::vector<std::string>());
  entry.values = {values_text(json, "before"), values_text(json, "after"),
                  json.value("omitted", std::vector<std::string>())};
  entry.with = json.value("with", std::string());
  return entry;
}

}  // namespace

Json stored_entry(const AuditEntry& entry) {
  Json json = {{"offset", entry.offset},    {"part", entry.part}, {"at", entry.at},
               {"change", entry.change_id}, {"kind", entry.kind}, {"action", static_cast<std::size_t>(entry.action)},
               {"tenant", entry.tenant},    {"id", entry.id},     {"by", entry.by},
               {"version", entry.version}};
  if (!entry.refused.empty()) json["refused"] = entry.refused;
  if (!entry.reason.empty()) json["reason"] = entry.reason;
  if (!entry.members.empty()) json["members"] = entry.members;
  if (!entry.values.before.empty()) json["before"] = entry.values.before;
  if (!entry.values.after.empty()) json["after"] = entry.values.after;
  if (!entry.values.omitted.empty()) json["omitted"] = entry.values.omitted;
  if (!entry.with.empty()) json["with"] = entry.with;
  return json;
}

std::optional<AuditEntry> entry_of(const Json& json) {
  try {
    return read_entry(json);
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

OrderedJson shown_entry(const AuditEntry& entry, bool with_values) {
  OrderedJson json = {{"change", entry.change_id},
                      {"at", format_rfc3339(entry.at)},
                      {"by", entry.by},
                      {"action", kActions[static_cast<std::size_t>(entry.action)]},
                      {"kind", entry.kind},
                      {"id", entry.id},
                      {"tenant", entry.tenant},
                      {"outcome", entry.refused.empty() ? "applied" : "refused"}};
  if (entry.refused.empty()) {
    json["version"] = entry.version;
  } else {
    json["reason"] = entry.reason.substr(0, kLongestReason);
    json["refused_as"] = entry.refused;
  }
  if (!entry.members.empty()) json["members"] = entry.members;
  if (with_values) {
    if (!entry.values.before.empty()) json["before"] = json_or_null<OrderedJson>(entry.values.before);
    if (!entry.values.after.empty()) json["after"] = json_or_null<OrderedJson>(entry.values.after);
    if (!entry.values.omitted.empty()) json["omitted"] = entry.values.omitted;
  }
  if (!entry.with.empty()) json["with"] = entry.with;
  return json;
}

std::vector<std::string> changed_members(std::string_view before, std::string_view after) {
  const OrderedJson one = json_or_null<OrderedJson>(before);
  const OrderedJson other = json_or_null<OrderedJson>(after);
  std::vector<std::string> members;
  if (one.is_object() && other.is_object()) compare(one, other, "", 1, members);
  return members;
}

}  // namespace certes::registry
