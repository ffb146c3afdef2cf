#include "common/registry/schemes.hpp"

#include <algorithm>

#include "common/crypto/crypto.hpp"
#include "common/registry/resource_json.hpp"

namespace certes::registry {
namespace {

using enum SecretForm;

constexpr std::int64_t kTolerance = 300;

constexpr Scheme kSchemes[] = {
    {"none", none, "", ""},
    {"key", none, "", ""},
    {"basic", name_and_password, "", ""},
    {"value", text, "", "header pointer"},  // exactly one of them
    {"client-certificate", text, "header", ""},
    {"generic", text, "header", "prefix algorithm encoding signed timestamp url", kTolerance, true},
    {"standard-webhooks", standard_webhooks, "", "", kTolerance},
    {"github", text, "", ""},
    {"gitlab", gitlab, "", "", kTolerance},
    {"meta", text, "", "verify_token"},
    {"paddle", text, "", "", 5, true},
    {"shopify", text, "", ""},
    {"slack", text, "", "", kTolerance, true},
    {"square", text, "", "url"},
    {"stripe", text, "", "", kTolerance, true},
    {"twilio", text, "", "url"},
    {"zendesk", text, "", "", kTolerance, true},
};

bool lists(std::string_view list, std::string_view member) {
  while (!list.empty()) {
    const std::size_t end = list.find(' ');
    if (list.substr(0, end) == member) return true;
    list.remove_prefix(end == list.npos ? list.size() : end + 1);
  }
  return false;
}

Result<void> check_standard(std::string_view secret) {
  if (secret.starts_with(crypto::StandardWebhooksPublic::kPrefix)) {
    if (auto made = crypto::StandardWebhooksPublic::make(secret); !made) return fail(std::move(made.error()));
    return {};
  }
  if (auto made = crypto::StandardWebhooks::make(secret); !made) return fail(std::move(made.error()));
  return {};
}

Result<SignedPart> parse_place(std::string_view place) {
  using enum SignedPart::From;
  constexpr std::string_view kHeader = "header:";
  constexpr std::pair<std::string_view, SignedPart::From> kPlaces[] = {
      {"body", body}, {"url", url}, {"path", path}, {"query", query}, {"method", method}, {"timestamp", timestamp}};
  for (const auto& [name, from] : kPlaces)
    if (place == name) return SignedPart{from, {}};
  if (place.starts_with(kHeader) && valid_header_name(place.substr(kHeader.size())))
    return SignedPart{header, std::string(place.substr(kHeader.size()))};
  return fail(Code::invalid, "{" + std::string(place) +
                                 "} is none of {body}, {url}, {path}, {query}, {method}, {timestamp}, {header:NAME}");
}

}  // namespace

bool Scheme::needs_member(std::string_view member) const { return lists(needs, member); }
bool Scheme::takes_member(std::string_view member) const {
  if (member == "tolerance_seconds") return tolerance_seconds > 0;
  return lists(needs, member) || lists(takes, member);
}

std::span<const Scheme> all_schemes() { return kSchemes; }

const Scheme* find_scheme(std::string_view name) {
  const auto* const found = std::ranges::find(kSchemes, name, &Scheme::name);
  return found == std::end(kSchemes) ? nullptr : found;
}

std::string scheme_names() {
  std::string names;
  for (const Scheme& scheme : kSchemes) names.append(names.empty() ? "" : ", ").append(scheme.name);
  return names;
}

bool has_space_around(std::string_view secret) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  return !secret.empty() && (kSpace.find(secret.front()) != kSpace.npos || kSpace.find(secret.back()) != kSpace.npos);
}

Result<void> check_secret(const Scheme& scheme, std::string_view secret) {
  if (secret.empty()) return fail(Code::invalid, "a secret must not be empty");
  if (has_space_around(secret)) return fail(Code::invalid, std::string(kSpaceAround));
  const std::size_t colon = secret.find(':');
  switch (scheme.secret) {
    case none: return fail(Code::invalid, "the scheme \"" + std::string(scheme.name) + "\" has no secret");
    case text: return {};
    case standard_webhooks: return check_standard(secret);
    case gitlab: return secret.starts_with("whsec_") ? check_standard(secret) : Result<void>();
    case name_and_password: break;
  }
  if (colon != secret.npos && colon > 0 && colon + 1 < secret.size()) return {};
  return fail(Code::invalid, "the secret of the scheme \"basic\" is NAME:PASSWORD");
}

std::int64_t tolerance_of(const Verify& verify) {
  if (verify.tolerance_seconds > 0) return verify.tolerance_seconds;
  const Scheme* const scheme = find_scheme(verify.scheme);
  return scheme == nullptr ? kTolerance : scheme->tolerance_seconds;
}

Result<std::vector<SignedPart>> parse_signed(std::string_view text) {
  std::vector<SignedPart> parts;
  while (!text.empty()) {
    const std::size_t open = text.find_first_of("{}");
    if (open != 0) parts.push_back({SignedPart::From::text, std::string(text.substr(0, open))});
    if (open == text.npos) break;
    const std::size_t close = text.find('}', open);
    if (text[open] == '}' || close == text.npos) return fail(Code::invalid, "a brace stands alone");
    auto place = parse_place(text.substr(open + 1, close - open - 1));
    if (!place) return fail(std::move(place.error()));
    parts.push_back(std::move(*place));
    text.remove_prefix(close + 1);
  }
  if (parts.size() > kMaxSignedParts)
    return fail(Code::invalid, "has more than " + std::to_string(kMaxSignedParts) + " parts");
  return parts;
}

}  // namespace certes::registry
