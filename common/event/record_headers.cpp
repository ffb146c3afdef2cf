#include "common/event/record_headers.hpp"

#include <algorithm>

#include "common/base/number.hpp"
#include "common/event/hops.hpp"
#include "common/event/redelivery.hpp"
#include "common/event/stamp.hpp"
#include "common/event/verified.hpp"
#include "common/log/names.hpp"

namespace certes::event {
namespace {

namespace names = log::names;

constexpr std::string_view kAttribute = "ce_";
constexpr std::string_view kContentType = "content-type";
constexpr std::size_t kMaxForwarded = 64;  // a source names 32, beside its preset's
constexpr std::size_t kMaxEndpointsBytes = 8'192;

constexpr bool alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool only(std::string_view value, std::size_t most, std::string_view also) {
  return !value.empty() && value.size() <= most &&
         std::ranges::all_of(value, [also](char c) { return alphanumeric(c) || also.find(c) != also.npos; });
}

std::string_view id_flaw(std::string_view value) {
  return only(value, 64, "_-") ? "" : "must be 1 to 64 characters of A-Z a-z 0-9 _ -";
}

std::string_view kind_flaw(std::string_view value) {
  return value == "event" || value == "command" || value == "result" ? "" : "is none of event, command, result";
}

std::string_view tenant_flaw(std::string_view value) {
  return fit_tenant(value) ? "" : "must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -";
}

std::string_view flag_flaw(std::string_view value) { return value == "0" || value == "1" ? "" : "must be 0 or 1"; }

std::string_view query_flaw(std::string_view value) {
  return has_control_character(value) ? "holds a control character" : "";
}

std::string_view url_flaw(std::string_view value) {
  if (!value.starts_with("http://") && !value.starts_with("https://")) return "is no URL of http or https";
  return value.find(' ') == value.npos ? flaw(Attribute::source, value) : "holds a space";
}

std::string_view replay_flaw(std::string_view value) {
  return only(value, 128, "_-") ? "" : "must be 1 to 128 characters of A-Z a-z 0-9 _ -";
}

std::string_view replays_flaw(std::string_view value) {
  const auto count = parse_whole<std::uint32_t>(value);
  return count && *count >= 1 && *count <= kMostReplays ? "" : "must be a number from 1 to 1000000";
}

// A word of a later version is one that is passed over.
std::string_view priority_flaw(std::string_view value) {
  return only(value, 16, "") ? "" : "must be critical, high, normal, low or bulk";
}

std::string_view endpoints_flaw(std::string_view value) {
  return value.empty() || only(value, kMaxEndpointsBytes, "._~-,:") ? "" : "must be ids of endpoints, with commas";
}

std::string_view rule_flaw(std::string_view value) {
  return only(value, 128, "_ .-") ? "" : "must be 1 to 128 characters of A-Z a-z 0-9 _ . - and spaces";
}

std::string_view verified_flaw(std::string_view value) {
  return only(value, 256, "_/-") ? "" : "must be SCHEME/SOURCE";
}

std::string_view stamp_flaw(std::string_view value) {
  return read_stamp(value) ? "" : "must be a number of at most 18 digits";
}

struct Own {
  std::string_view name;
  std::string_view (*flaw)(std::string_view value);
};

// Each of these at most once.
constexpr Own kOwn[] = {
    {names::kId, id_flaw},           {names::kKind, kind_flaw},
    {names::kTenant, tenant_flaw},   {names::kClientId, flag_flaw},
    {names::kWait, flag_flaw},       {names::kQuery, query_flaw},
    {names::kReplyTo, url_flaw},     {names::kReplay, replay_flaw},
    {names::kReplays, replays_flaw}, {names::kEndpoint, endpoints_flaw},
    {names::kRule, rule_flaw},       {kVerified, verified_flaw},
    {names::kRegistry, stamp_flaw},  {names::kPriority, priority_flaw},
};

Result<void> wrong(std::string_view header, std::string_view what) {
  const std::string_view name = header.substr(0, 80);
  return fail(Code::invalid, std::string(name).append(" ").append(what), std::string(name));
}

Result<void> judged(std::string_view header, std::string_view flaw) {
  return flaw.empty() ? Result<void>{} : wrong(header, flaw);
}

std::string_view attribute_flaw(std::string_view name, std::string_view value) {
  if (!valid_attribute_name(name)) return "is no attribute's name: [a-z0-9]+, at most 64";
  if (name == "datacontenttype") return "is not taken: the content type stands in content-type";
  if (!valid_utf8(value)) return "is not valid UTF-8";
  return name == "specversion" ? "" : flaw(attribute_of(name), value);
}

std::string_view content_type_flaw(std::string_view value) {
  if (value.empty()) return "";
  return valid_utf8(value) ? flaw(Attribute::data_content_type, value) : "is not valid UTF-8";
}

Result<void> check_hops(std::string_view value) {
  const auto hops = read_hops(value);
  if (!hops) return fail(hops.error());
  if (*hops <= kMaxHops) return {};
  return fail(Code::invalid, too_many_hops(), std::string(kHops));
}

}  // namespace

bool fit_tenant(std::string_view value) { return only(value, 128, "._~-"); }

Result<void> RecordHeaders::take(std::string_view name, std::string_view value) {
  if (name.starts_with(kAttribute)) return take_attribute(name, value);
  if (name.starts_with(names::kForward)) return take_forwarded(name, value);
  if (name == kHops) return check_hops(value);
  if (name != kContentType) return take_own(name, value);
  if (std::exchange(content_type_seen_, true)) return wrong(name, "is there twice");
  return judged(name, content_type_flaw(value));
}

Result<void> RecordHeaders::take_attribute(std::string_view header, std::string_view value) {
  const std::string_view name = header.substr(kAttribute.size());
  if (const auto flawed = attribute_flaw(name, value); !flawed.empty()) return wrong(header, flawed);
  const auto end = attributes_.begin() + static_cast<std::ptrdiff_t>(attributes_seen_);
  if (std::find(attributes_.begin(), end, name) != end) return wrong(header, "is there twice");
  if (end == attributes_.end()) return wrong(header, "is one attribute too many");
  attributes_[attributes_seen_++] = name;
  return {};
}

// What Certes or the connection sets is not forwarded, and harms nobody here.
Result<void> RecordHeaders::take_forwarded(std::string_view header, std::string_view value) {
  const std::string_view name = header.substr(names::kForward.size());
  if (!valid_header_name(name)) return wrong(header, "is no name of a header");
  if (carries_credentials(name)) return wrong(header, "is never forwarded: it carries credentials");
  if (++forwarded_seen_ > kMaxForwarded) return wrong(header, "is one forwarded header too many: at most 64");
  return judged(header, header_flaw(value));
}

// Others say nothing here, and travel nowhere.
Result<void> RecordHeaders::take_own(std::string_view header, std::string_view value) {
  for (std::size_t i = 0; i < std::size(kOwn); ++i) {
    if (kOwn[i].name != header) continue;
    if (own_seen_ & (1u << i)) return wrong(header, "is there twice");
    own_seen_ |= 1u << i;
    return judged(header, kOwn[i].flaw(value));
  }
  return {};
}

}  // namespace certes::event
