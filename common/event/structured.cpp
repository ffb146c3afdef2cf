#include "common/event/structured.hpp"

#include <algorithm>
#include <vector>

#include "common/crypto/crypto.hpp"
#include "common/event/attributes.hpp"
#include "common/event/hops.hpp"
#include "common/log/names.hpp"

namespace certes::event {
namespace {

constexpr std::string_view kAttribute = "ce_";
constexpr std::string_view kBytes = "certesbytes";

// How many bytes the UTF-8 sequence at the front has; 0: it is none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return length <= text.size() && valid_utf8(text.substr(0, length)) ? length : 0;
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out.push_back('\\');
    out.push_back(c);
  } else if (byte < 0x20) {
    out.append("\\u00");
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  } else {
    out.push_back(c);
  }
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out.push_back(',');
  append_json_string(out, name);
  out.push_back(':');
  append_json_string(out, value);
}

// A form is text, too; it is also what curl says of data unless it is told otherwise.
bool is_text(std::string_view content_type) {
  for (const std::string_view kind : {"text/", "application/x-www-form-urlencoded"})
    if (content_type.size() >= kind.size() && equal_ignoring_case(content_type.substr(0, kind.size()), kind))
      return true;
  return false;
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Whether JSON comes out of a stream of events as it went in: a line's end is a LF there, and space around a value is
// nobody's.
bool stays(std::string_view json) {
  return !is_space(json.front()) && !is_space(json.back()) && json.find('\r') == json.npos;
}

void append_bytes(std::string& out, std::string_view name, std::string_view payload) {
  out.append(",\"").append(name).append("\":\"").append(crypto::base64_encode(payload)).push_back('"');
}

void append_payload(std::string& out, std::string_view content_type, std::string_view payload, JsonDocument& document,
                    Detail detail) {
  if (payload.empty()) return;
  const bool json = content_type.empty() || is_json(content_type);
  if (json && document.parse(payload)) {
    if (detail == Detail::received && !stays(payload)) append_bytes(out, kBytes, payload);
    out.append(",\"data\":").append(payload);
  } else if ((json || is_text(content_type)) && valid_utf8(payload)) {
    if (detail == Detail::received && json) append_bytes(out, kBytes, payload);
    out.append(",\"data\":");
    append_json_string(out, payload);
  } else {
    append_bytes(out, "data_base64", payload);
  }
}

// Of headers with the same name the first counts.
void append_received(std::string& out, const log::Headers& headers) {
  std::vector<std::string_view> names;
  std::string forwarded = "{";
  for (const auto field : headers) {
    if (field.name == log::names::kQuery) append_member(out, "certesquery", field.value);
    if (field.name == kHops) append_member(out, "certeshops", field.value);
    if (!field.name.starts_with(log::names::kForward)) continue;
    const std::string_view name = field.name.substr(log::names::kForward.size());
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    names.push_back(name);
    append_member(forwarded, name, field.value);
  }
  if (!names.empty()) out.append(",\"certesheaders\":").append(forwarded).push_back('}');
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  const bool valid = valid_utf8(text);
  while (!text.empty()) {
    const std::size_t length = valid ? 1 : sequence_length(text);
    if (length == 0) {
      out.append("\xef\xbf\xbd");
    } else if (length == 1) {
      append_escaped(out, text.front());
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.push_back('"');
}

void append_structured(std::string& out, const log::Headers& headers, std::string_view payload, JsonDocument& document,
                       Detail detail) {
  out.push_back('{');
  std::string_view content_type;
  for (const auto field : headers) {
    if (field.name.starts_with(kAttribute)) append_member(out, field.name.substr(kAttribute.size()), field.value);
    if (field.name == "content-type") content_type = field.value;
    if (field.name == log::names::kId) append_member(out, "certesid", field.value);
  }
  if (!content_type.empty()) append_member(out, "datacontenttype", content_type);
  if (detail == Detail::received) append_received(out, headers);
  append_payload(out, content_type, payload, document, detail);
  out.push_back('}');
}

void append_standard(std::string& out, const log::Headers& headers, std::string_view payload, JsonDocument& document) {
  out.push_back('{');
  append_member(out, "type", headers.get("ce_type"));
  append_member(out, "timestamp", headers.get("ce_time"));
  append_payload(out, headers.get("content-type"), payload, document, Detail::event);
  out.push_back('}');
}

}  // namespace certes::event
