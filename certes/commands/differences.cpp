#include "certes/commands/differences.hpp"
#include "common/json/json.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

// What the API adds to every resource, and what it alone decides.
constexpr std::string_view kOwn[] = {"id",         "tenant",     "version",         "created_at",     "created_by",
                                     "updated_at", "updated_by", "disabled_reason", "disabled_at",    "disabled_by",
                                     "purges",     "retries",    "schema_version",  "not_understood", "unusable"};
// Sealed members that a resource keeps where nothing is declared. Values of headers are sealed too, but all declared.
constexpr std::string_view kSecrets[] = {"secret", "secrets", "verify.secret", "verify.secrets", "verify.verify_token"};

struct Default {
  std::string_view kind, field, value;
};
constexpr Default kDefaults[] = {
    {"sources", "kind", "\"http\""},
    {"sources", "verify.tolerance_seconds", "300"},
    {"sources", "response.status", "202"},
    {"sources", "deduplicate", "true"},
    {"sources", "on_invalid", "\"refuse\""},
    {"endpoints", "concurrency", "64"},
    {"endpoints", "timeout_seconds", "15"},
    {"endpoints", "format", "\"binary\""},
    {"endpoints", "signatures", "[\"standard\"]"},
    {"endpoints", "ordering", "\"none\""},
    {"endpoints", "disable_after_seconds", "432000"},
    {"endpoints", "breaker.failures", "10"},
    {"endpoints", "breaker.ratio", "0.5"},
    {"endpoints", "breaker.min_requests", "20"},
    {"endpoints", "breaker.window_seconds", "60"},
    {"endpoints", "breaker.probe_seconds", "5"},
    {"endpoints", "breaker.max_probe_seconds", "300"},
    {"subscriptions", "priority", "\"normal\""},
    {"subscriptions", "kind", "\"event\""},
    {"subscriptions", "on_filter_error", "\"skip\""},
    {"backoff-policies", "strategy", "\"exponential\""},
    {"backoff-policies", "base_seconds", "5"},
    {"backoff-policies", "factor", "2"},
    {"event-types", "compatibility", "\"none\""},
    {"event-types", "unknown_below", "\"inherit\""},
    {"backoff-policies", "cap_seconds", "86400"},
    {"backoff-policies", "jitter", "\"equal\""},
};

template <std::size_t N>
bool is_in(const std::string_view (&names)[N], std::string_view name) {
  for (const std::string_view known : names)
    if (known == name) return true;
  return false;
}

constexpr std::string_view kHeaders = "headers.";

}  // namespace

bool is_services_own(std::string_view member) { return is_in(kOwn, member); }

namespace {

// What the service shows in place of what is sealed.
bool is_set(const Json& value) { return value == Json{{"set", true}}; }

using Flat = std::map<std::string, Json>;

// Objects become dotted names; lists stay whole.
void flatten(const Json& object, const std::string& prefix, Flat& out) {
  for (const auto& [name, value] : object.items()) {
    const std::string field = prefix + name;
    if (prefix.empty() && is_services_own(field)) continue;
    if (value.is_object() && !is_set(value) && !(prefix.empty() && name == "schema"))
      flatten(value, field + ".", out);
    else
      out[field] = value;
  }
}

// Names of headers are the same in either case; the service shows them in lower case.
Json in_lower_case(Json names) {
  for (Json& name : names) {
    if (!name.is_string()) continue;
    std::string text = name.get<std::string>();
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return c < 0x80 ? std::tolower(c) : c; });
    name = text;
  }
  return names;
}

Flat flat_of(const std::string& text) {
  Flat flat;
  const Json object = json_or_null<Json>(text);
  if (object.is_object()) flatten(object, "", flat);
  // One way to write a single URL.
  if (const auto urls = flat.find("urls"); urls != flat.end() && urls->second.is_array() && urls->second.size() == 1) {
    flat["url"] = Json(urls->second[0]);
    flat.erase("urls");
  }
  // Null is a value of it, where nothing is said it is another.
  if (const auto breaker = flat.find("breaker"); breaker != flat.end() && breaker->second.is_null())
    breaker->second = "none";
  if (const auto headers = flat.find("forward_headers"); headers != flat.end())
    headers->second = in_lower_case(headers->second);
  return flat;
}

bool is_nothing(const Json& value) {
  return value.is_null() || value == Json(0) || value == Json("") || (value.is_array() && value.empty());
}

Json default_of(const std::string& kind, const std::string& field) {
  for (const Default& entry : kDefaults)
    if (entry.kind == kind && entry.field == field) return json_or_null<Json>(entry.value);
  return {};
}

Json value_in(const Flat& flat, const std::string& kind, const std::string& field) {
  const auto found = flat.find(field);
  if (found != flat.end()) return found->second;
  if (kind == "sources" && field == "exclusive") {  // follows from the scheme
    const auto scheme = flat.find("verify.scheme");
    return scheme != flat.end() && scheme->second != "none";
  }
  return default_of(kind, field);
}

// Whatever the order of members.
bool same(const Json& a, const Json& b) { return a == b || nlohmann::json(a) == nlohmann::json(b); }

bool is_sealed(std::string_view field) { return is_in(kSecrets, field) || field.starts_with(kHeaders); }

// Whether the service alone knows if these are the same. Where there is nothing to leave as it is, it says so.
bool must_ask(const std::string& field, const Json& from, const Json& to) {
  if (!is_sealed(field) || is_nothing(to)) return false;
  if (field.starts_with(kHeaders) && is_nothing(from)) return is_set(to);
  return !same(from, to);
}

std::string text_of(const std::string& field, const Json& value) {
  if (is_sealed(field) && !is_nothing(value)) return "set";
  return is_nothing(value) && !value.is_number() ? "-" : value.dump();
}

}  // namespace

std::vector<Difference> differences(const std::string& kind, const std::string& declared, const std::string& shown) {
  const Flat wanted = flat_of(declared);
  const Flat there = flat_of(shown);
  std::set<std::string> fields;
  for (const auto& [field, value] : wanted) fields.insert(field);
  for (const auto& [field, value] : there) fields.insert(field);
  std::vector<Difference> found;
  for (const std::string& field : fields) {
    if (kind == "endpoints" && field == "state" && !wanted.contains(field)) continue;  // the service keeps it
    if (is_in(kSecrets, field)) continue;                                              // and these
    const Json from = value_in(there, kind, field);
    const Json to = value_in(wanted, kind, field);
    if (same(from, to) || (is_nothing(from) && is_nothing(to)) || must_ask(field, from, to)) continue;
    found.push_back({field, text_of(field, from), text_of(field, to)});
  }
  return found;
}

bool gives_secret(const std::string& declared, const std::string& shown) {
  const Flat wanted = flat_of(declared);
  const Flat there = flat_of(shown);
  return std::any_of(wanted.begin(), wanted.end(), [&](const auto& field) {
    const auto found = there.find(field.first);
    return must_ask(field.first, found == there.end() ? Json() : found->second, field.second);
  });
}

}  // namespace certes::command
