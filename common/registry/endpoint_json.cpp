#include <algorithm>
#include <set>

#include "common/crypto/crypto.hpp"
#include "common/json/json.hpp"
#include "common/registry/codec.hpp"
#include "common/registry/endpoint_auth_json.hpp"
#include "common/registry/endpoint_tls_json.hpp"
#include "common/registry/own_headers.hpp"
#include "common/registry/transforming.hpp"

namespace certes::registry {
namespace {

constexpr std::size_t kMaxUrlBytes = 2'048;
constexpr std::size_t kMostUrls = 100;
constexpr std::size_t kMostHeaders = 32;
constexpr std::size_t kMaxHeaderValue = 4'096;
constexpr std::size_t kMaxDescriptionBytes = 1'024;
constexpr std::size_t kMostMetadata = 50, kMaxMetadataName = 64, kMaxMetadataValue = 512;
constexpr std::string_view kSignsStandard = "standard", kSignsSvix = "svix";
constexpr std::size_t kMaxSealedBytes = 8'192;  // of a value of 4,096

void refuse_repeated(Fields& fields, const std::vector<std::string>& urls) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < urls.size(); ++i) {
    if (seen.insert(urls[i]).second) continue;
    const std::string place = fields.at("urls") + "/" + std::to_string(i);
    return fields.refuse(Error(Code::invalid, "stands there already", place));
  }
}

void read_urls(Fields& fields, Endpoint& endpoint, Form form) {
  fields.text("url", endpoint.url, kMaxUrlBytes);
  if (!fields.has("urls")) return fields.required("url");
  fields.texts("urls", endpoint.urls, kMostUrls, kMaxUrlBytes);
  if (!fields.ok()) return;
  if (fields.has("url")) return fields.refuse("urls", "give \"url\" or \"urls\", not both");
  if (endpoint.urls.empty()) return fields.refuse("urls", "must hold a URL");
  if (form == Form::declared) refuse_repeated(fields, endpoint.urls);
}

std::optional<std::string> wrong_header(std::string_view name, const Json& value) {
  if (auto wrong = wrong_header_name(name)) return wrong;
  if (!value.is_string()) return "must be a string";
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() <= kMaxHeaderValue && fit_header_value(text)) return std::nullopt;
  return "is no value of a header, or longer than " + std::to_string(kMaxHeaderValue) + " bytes";
}

void read_breaker(Fields& outer, std::optional<BreakerSettings>& breaker) {
  breaker.emplace();
  const Json* json = outer.take("breaker");
  if (json == nullptr) return;
  if (json->is_null()) return breaker.reset();
  Fields fields = outer.inside(*json, "breaker");
  fields.integer("failures", breaker->failures, 0, 1'000'000);
  fields.number("ratio", breaker->ratio, 0, 1);
  fields.integer("min_requests", breaker->min_requests, 1, 1'000'000);
  fields.number("window_seconds", breaker->window_seconds, 0.1, 3'600);
  fields.number("probe_seconds", breaker->probe_seconds, 0.1, 3'600);
  breaker->max_probe_seconds = std::max(breaker->max_probe_seconds, breaker->probe_seconds);
  fields.number("max_probe_seconds", breaker->max_probe_seconds, 0.1, 86'400);
  if (fields.ok() && breaker->max_probe_seconds < breaker->probe_seconds)
    fields.refuse("max_probe_seconds", "is less than \"probe_seconds\"");
  if (auto error = fields.done()) outer.refuse(std::move(*error));
}

OrderedJson shown(const BreakerSettings& breaker) {
  return {{"failures", breaker.failures},           {"ratio", breaker.ratio},
          {"min_requests", breaker.min_requests},   {"window_seconds", breaker.window_seconds},
          {"probe_seconds", breaker.probe_seconds}, {"max_probe_seconds", breaker.max_probe_seconds}};
}

void read_headers(Fields& fields, std::vector<std::pair<std::string, std::string>>& headers) {
  const Json* json = fields.take("headers");
  if (json == nullptr) return;
  if (!json->is_object()) return fields.refuse("headers", "must be an object");
  if (json->size() > kMostHeaders)
    return fields.refuse("headers", "has more than " + std::to_string(kMostHeaders) + " entries");
  for (const auto& [name, value] : json->items()) {
    if (auto wrong = wrong_header(name, value)) {
      return fields.refuse(Error(Code::invalid, *wrong, fields.at("headers") + pointer_step(name)));
    }
    const bool twice = std::ranges::any_of(
        headers, [&, lower = lower_case(name)](const auto& one) { return lower_case(one.first) == lower; });
    if (twice)
      return fields.refuse(
          Error(Code::invalid, "is there already, in other letters", fields.at("headers") + pointer_step(name)));
    headers.emplace_back(name, value.get<std::string>());
  }
}

// What says who sends them is said once.
void check_auth_header(Fields& fields, const Endpoint& endpoint) {
  if (!endpoint.auth) return;
  for (const auto& [name, value] : endpoint.headers)
    if (endpoint.auth->sends(lower_case(name)))
      return fields.refuse(
          Error(Code::invalid, "is the header that \"auth\" is sent in", fields.at("headers") + pointer_step(name)));
}

void read_sealed_headers(Fields& fields, std::vector<std::pair<std::string, SealedSecret>>& headers) {
  const Json* json = fields.take("headers_sealed");
  if (json == nullptr) return;
  Fields sealed = fields.inside(*json, "headers_sealed");
  if (sealed.ok())
    for (const auto& [name, value] : json->items())
      sealed.text(name, headers.emplace_back(name, "").second, kMaxSealedBytes);
  if (auto error = sealed.done()) fields.refuse(std::move(*error));
}

void read_declared_secret(Fields& fields, Endpoint& endpoint) {
  if (!fields.has("secret")) return;
  std::string secret;
  fields.text("secret", secret, 512);
  if (!fields.ok()) return;
  if (auto made = crypto::StandardWebhooks::make(secret); !made) return fields.refuse("secret", made.error().message);
  endpoint.secrets.push_back({std::move(secret), 0});
}

void read_stored_secrets(Fields& fields, Endpoint& endpoint) {
  const Json* json = fields.take("secrets");
  if (json == nullptr) return;
  if (!json->is_array()) return fields.refuse("secrets", "must be an array");
  for (const Json& entry : *json) {
    Fields secret = fields.entry(entry, "secrets", endpoint.secrets.size());
    Endpoint::SigningSecret value;
    secret.text("secret", value.secret);
    secret.required("secret");
    secret.integer<UnixMillis>("expires_at", value.expires_at, 0, INT64_MAX);
    if (auto error = secret.done()) return fields.refuse(std::move(*error));
    endpoint.secrets.push_back(std::move(value));
  }
}

OrderedJson shown(const Purge& purge) {
  OrderedJson out = {{"at", format_rfc3339(purge.at)}, {"by", purge.by}};
  if (!purge.classes.empty()) out["priority"] = purge.classes;
  if (purge.before != 0) out["before"] = format_rfc3339(purge.before);
  if (!purge.pattern.empty()) out["pattern"] = purge.pattern;
  return out;
}

OrderedJson shown(const Retry& retry) {
  OrderedJson out = {{"at", format_rfc3339(retry.at)}, {"by", retry.by}};
  if (retry.since != 0) out["since"] = format_rfc3339(retry.since);
  return out;
}

void read_signatures(Fields& fields, Endpoint& endpoint) {
  std::vector<std::string> names;
  if (!fields.has("signatures")) return;
  fields.texts("signatures", names, 2, 16);
  fields.also("signatures", [] {
    return OrderedJson{{"minItems", 1},
                       {"uniqueItems", true},
                       {"default", {kSignsStandard}},
                       {"items", {{"type", "string"}, {"enum", {kSignsStandard, kSignsSvix}}}}};
  });
  const auto wrong =
      std::ranges::find_if(names, [](const std::string& name) { return name != kSignsStandard && name != kSignsSvix; });
  if (wrong != names.end()) {
    const std::string place = fields.at("signatures") + "/" + std::to_string(wrong - names.begin());
    return fields.refuse(Error(Code::invalid, "must be \"standard\" or \"svix\"", place));
  }
  if (fields.ok() && names.empty() && fields.reads()) return fields.refuse("signatures", "must name one");
  endpoint.signs_standard = std::ranges::count(names, kSignsStandard) > 0;
  endpoint.signs_svix = std::ranges::count(names, kSignsSvix) > 0;
}

void read_metadata(Fields& fields, std::vector<std::pair<std::string, std::string>>& metadata) {
  const Json* json = fields.take("metadata");
  fields.also("metadata", [] {
    return OrderedJson{{"type", "object"},
                       {"maxProperties", kMostMetadata},
                       {"propertyNames", {{"minLength", 1}, {"maxLength", kMaxMetadataName}}},
                       {"additionalProperties", {{"type", "string"}, {"maxLength", kMaxMetadataValue}}}};
  });
  if (json == nullptr) return;
  if (!json->is_object()) return fields.refuse("metadata", "must be an object of strings");
  if (json->size() > kMostMetadata)
    return fields.refuse("metadata", "has more than " + std::to_string(kMostMetadata) + " members");
  for (const auto& [name, value] : json->items()) {
    const bool fits = !name.empty() && name.size() <= kMaxMetadataName && value.is_string() &&
                      value.get_ref<const std::string&>().size() <= kMaxMetadataValue;
    if (!fits)
      return fields.refuse(Error(Code::invalid,
                                 "must be a string of at most " + std::to_string(kMaxMetadataValue) +
                                     " bytes, with a name of 1 to " + std::to_string(kMaxMetadataName),
                                 fields.at("metadata") + pointer_step(name)));
    metadata.emplace_back(name, value.get<std::string>());
  }
}

void check_statuses(Fields& fields, const Endpoint& endpoint) {
  for (const int status : endpoint.retry_on) {
    if (std::ranges::count(endpoint.dead_letter_on, status) > 0) {
      return fields.refuse("dead_letter_on", std::to_string(status) + " stands in \"retry_on\" too");
    }
  }
}

}  // namespace

void read(Fields& fields, Endpoint& endpoint, Form form) {
  fields.not_yet({"proxy"});
  read_auth(fields, endpoint.auth, form);
  fields.choice("format", endpoint.format,
                {to_string(BodyFormat::binary), to_string(BodyFormat::structured), to_string(BodyFormat::standard)});
  read_signatures(fields, endpoint);
  read_transform(fields, endpoint.transform, endpoint.transform_json);
  fields.text("description", endpoint.description, kMaxDescriptionBytes);
  read_metadata(fields, endpoint.metadata);
  read_urls(fields, endpoint, form);
  read_tls(fields, endpoint, form);
  fields.integer("concurrency", endpoint.concurrency, 1, 10'000);
  fields.number("timeout_seconds", endpoint.timeout_seconds, 0.001, 300);
  fields.number("rate_per_second", endpoint.rate_per_second, 0, 1e6);
  fields.choice("ordering", endpoint.ordering,
                {to_string(Ordering::none), to_string(Ordering::key), to_string(Ordering::all)});
  read_breaker(fields, endpoint.breaker);
  endpoint.disable_after_seconds = kDisableAfterSeconds;
  fields.number("disable_after_seconds", endpoint.disable_after_seconds, 0, 366 * 86'400.0);
  fields.text("backoff_policy", endpoint.backoff_policy, 128);
  fields.statuses("retry_on", endpoint.retry_on);
  fields.statuses("dead_letter_on", endpoint.dead_letter_on);
  if (fields.ok()) check_statuses(fields, endpoint);
  if (form == Form::stored) {
    read_sealed_headers(fields, endpoint.headers);
    read_stored_secrets(fields, endpoint);
    fields.text("disabled_reason", endpoint.disabled_reason);
  } else {
    fields.choice(
        "state", endpoint.state,
        {to_string(EndpointState::active), to_string(EndpointState::paused), to_string(EndpointState::disabled)});
    read_headers(fields, endpoint.headers);
    if (fields.ok()) check_auth_header(fields, endpoint);
    if (fields.ok()) check_auth_urls(fields, endpoint);
    read_declared_secret(fields, endpoint);
    fields.passed_over({"disabled_reason", "disabled_at", "disabled_by", "purges", "retries", "former_secrets"});
  }
}

void write(OrderedJson& out, const Endpoint& endpoint, bool stored) {
  if (endpoint.urls.empty())
    out["url"] = endpoint.url;
  else
    out["urls"] = endpoint.urls;
  if (endpoint.format != BodyFormat::binary) out["format"] = to_string(endpoint.format);
  if (endpoint.signs_svix) {
    out["signatures"] = OrderedJson::array();
    if (endpoint.signs_standard) out["signatures"].push_back(kSignsStandard);
    out["signatures"].push_back(kSignsSvix);
  }
  if (endpoint.transform) out["transform"] = json_or_null<OrderedJson>(endpoint.transform_json);
  if (!endpoint.description.empty()) out["description"] = endpoint.description;
  for (const auto& [name, value] : endpoint.metadata) out["metadata"][name] = value;
  out["concurrency"] = endpoint.concurrency;
  out["timeout_seconds"] = endpoint.timeout_seconds;
  if (endpoint.rate_per_second > 0) out["rate_per_second"] = endpoint.rate_per_second;
  if (endpoint.ordering != Ordering::none) out["ordering"] = to_string(endpoint.ordering);
  if (!endpoint.breaker)
    out["breaker"] = nullptr;
  else if (*endpoint.breaker != BreakerSettings{})
    out["breaker"] = shown(*endpoint.breaker);
  if (endpoint.disable_after_seconds != kDisableAfterSeconds)
    out["disable_after_seconds"] = endpoint.disable_after_seconds;
  if (!endpoint.backoff_policy.empty()) out["backoff_policy"] = endpoint.backoff_policy;
  for (const auto& [name, value] : endpoint.headers) {
    if (stored)
      out["headers_sealed"][name] = value;
    else
      out["headers"][name] = kShownSealed;
  }
  if (endpoint.auth) write_auth(out["auth"], *endpoint.auth, stored);
  if (endpoint.tls) write_tls(out["tls"], *endpoint.tls, stored);
  if (!endpoint.retry_on.empty()) out["retry_on"] = endpoint.retry_on;
  if (!endpoint.dead_letter_on.empty()) out["dead_letter_on"] = endpoint.dead_letter_on;
  if (!endpoint.disabled_reason.empty()) out["disabled_reason"] = endpoint.disabled_reason;
  if (!stored) {
    out["state"] = to_string(endpoint.state);
    if (endpoint.state == EndpointState::disabled && !endpoint.intervals.empty()) {
      out["disabled_at"] = format_rfc3339(endpoint.intervals.back().from);
      out["disabled_by"] = endpoint.intervals.back().by;
    }
    for (const Purge& one : endpoint.purges) out["purges"].push_back(shown(one));
    for (const Retry& one : endpoint.retries) out["retries"].push_back(shown(one));
    if (!endpoint.secrets.empty()) out["secret"] = kShownSealed;
    for (const auto& one : endpoint.secrets)
      if (one.expires_at != 0) out["former_secrets"].push_back({{"expires_at", format_rfc3339(one.expires_at)}});
    return;
  }
  for (const auto& secret : endpoint.secrets) {
    OrderedJson entry = {{"secret", secret.secret}};
    if (secret.expires_at != 0) entry["expires_at"] = secret.expires_at;
    out["secrets"].push_back(std::move(entry));
  }
}

}  // namespace certes::registry
