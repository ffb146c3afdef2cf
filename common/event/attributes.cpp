#include "common/event/attributes.hpp"

#include <simdjson.h>

#include "common/base/clock.hpp"
#include "common/event/event.hpp"

namespace certes::event {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";

struct Named {
  std::string_view name;
  Attribute attribute;
};
constexpr Named kNamed[] = {{"id", Attribute::id},
                            {"source", Attribute::source},
                            {"type", Attribute::type},
                            {"subject", Attribute::subject},
                            {"time", Attribute::time},
                            {"datacontenttype", Attribute::data_content_type},
                            {"partitionkey", Attribute::partition_key},
                            {"conversationid", Attribute::conversation_id},
                            {"causeid", Attribute::cause_id}};
// specversion, traceparent and tracestate are none of the extensions that are counted either.
static_assert(std::size(kNamed) + 3 <= kNamedAttributes);

std::string_view too_long(std::string_view value, std::size_t limit, std::string_view message) {
  return value.size() > limit ? message : std::string_view{};
}

std::string_view size_flaw(Attribute attribute, std::string_view value) {
  switch (attribute) {
    case Attribute::source:
    case Attribute::subject:
    case Attribute::data_content_type: return too_long(value, kMaxUriBytes, "is longer than 1,024 bytes");
    case Attribute::extension: return too_long(value, kMaxExtensionBytes, "is longer than 4,096 bytes");
    default: return too_long(value, kMaxClientIdBytes, "is longer than 256 bytes");
  }
}

}  // namespace

Attribute attribute_of(std::string_view name) {
  for (const Named& named : kNamed)
    if (named.name == name) return named.attribute;
  return Attribute::extension;
}

std::string_view flaw(Attribute attribute, std::string_view value) {
  if (value.empty()) return attribute == Attribute::extension ? "" : "must not be empty";
  if (attribute == Attribute::type)
    return valid_type(value) ? "" : "must be 1 to 255 bytes: words of A-Z a-z 0-9 _ / : - joined by '.'";
  if (attribute == Attribute::time)
    return parse_rfc3339(value) != -1 ? "" : "must be an RFC 3339 time such as 2026-01-31T08:00:00Z";
  if (const auto too_big = size_flaw(attribute, value); !too_big.empty()) return too_big;
  return has_control_character(value) ? "holds a control character" : "";
}

std::string_view header_flaw(std::string_view value) {
  if (value.size() > kMaxHeaderBytes) return "is longer than 8,192 bytes";
  if (!valid_utf8(value)) return "is not valid UTF-8";
  return has_control_character(value) ? "holds a control character" : "";
}

bool valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

bool has_control_character(std::string_view utf8) {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x20 || c == 0x7f) return true;
    if (c == 0xc2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xa0) return true;
  }
  return false;
}

bool valid_attribute_name(std::string_view name) {
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return false;
  return !name.empty() && name.size() <= 64;
}

bool valid_header_name(std::string_view name) {
  for (const char c : name)
    if (!(lower(c) >= 'a' && lower(c) <= 'z') && !(c >= '0' && c <= '9') && kTokenMarks.find(c) == kTokenMarks.npos)
      return false;
  return !name.empty();
}

bool carries_credentials(std::string_view header_name) {
  for (const std::string_view name : {"authorization", "proxy-authorization", "cookie"})
    if (equal_ignoring_case(header_name, name)) return true;
  return false;
}

std::string_view media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  const auto first = content_type.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return content_type.substr(first, content_type.find_last_not_of(" \t") - first + 1);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

bool is_json(std::string_view content_type) {
  const auto type = media_type(content_type);
  if (type.size() < 5) return false;
  const auto end = type.substr(type.size() - 5);
  return equal_ignoring_case(end, "/json") || equal_ignoring_case(end, "+json");
}

}  // namespace certes::event
