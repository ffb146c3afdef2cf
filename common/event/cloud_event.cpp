#include "common/event/cloud_event.hpp"

#include "common/crypto/crypto.hpp"
#include "common/event/attributes.hpp"
#include "common/event/cloud_attributes.hpp"
#include "common/event/json_parts.hpp"

namespace certes::event {
namespace {

// The payload of the structured form, kept until all members were seen: datacontenttype may come after data.
struct Payload {
  simdjson::dom::element data;
  std::string_view written;
  std::string_view base64;
  bool has_data = false, has_base64 = false;
};

// Attributes are strings, booleans or integers; null is as good as absent. Nothing: of no such type.
std::optional<std::string_view> attribute_text(simdjson::dom::element element, std::string_view written) {
  std::string_view text;
  if (!element.get(text)) return text;
  if (element.is_bool() || element.is_int64() || element.is_uint64()) return written;
  return std::nullopt;
}

Result<void> keep_payload(Payload& payload, std::string_view name, simdjson::dom::element element,
                          std::string_view written, std::string_view base) {
  const bool plain = name == "data";
  if (payload.has_data || payload.has_base64)
    return fail(Code::invalid, "data and data_base64 may be there once, and not both", pointer_to(base, name));
  if (plain) {
    payload.has_data = true;
    payload.data = element;
    payload.written = written;
    return {};
  }
  payload.has_base64 = true;
  if (element.get(payload.base64)) return fail(Code::invalid, "data_base64 must be a string", pointer_to(base, name));
  return {};
}

Result<void> set_payload(const Payload& payload, std::string_view base, Event& event) {
  if (payload.has_base64) {
    auto bytes = crypto::base64_decode(payload.base64);
    if (!bytes) return fail(Code::invalid, "data_base64 is not base64", pointer_to(base, "data_base64"));
    event.data = std::move(*bytes);
    return {};
  }
  if (!payload.has_data) return {};
  if (event.data_content_type.empty()) event.data_content_type = "application/json";
  std::string_view text;
  if (!is_json(event.data_content_type) && !payload.data.get(text))
    event.data = text;  // a string that holds the payload
  else
    event.data = payload.written, event.json = JsonValueAccess::of(payload.data);
  return {};
}

Result<void> read_structured(simdjson::dom::element element, std::string_view written, std::string_view base,
                             Event& event) {
  simdjson::dom::object object;
  if (element.get(object)) return fail(Code::invalid, "an event must be a JSON object", std::string(base));
  CloudAttributes attributes(event);
  Payload payload;
  auto members = each_member(object, written, [&](auto name, auto value, auto bytes) -> Result<void> {
    if (name == "data" || name == "data_base64") return keep_payload(payload, name, value, bytes, base);
    if (value.is_null()) return {};
    const auto text = attribute_text(value, bytes);
    const std::string place = pointer_to(base, name);
    if (!text)
      return fail(Code::invalid, std::string(name.substr(0, 80)) + " must be a string, a boolean or an integer", place);
    return attributes.set(name, *text, place);
  });
  if (!members) return members;
  if (const auto name = attributes.finish(); !name.empty())
    return fail(Code::invalid, std::string(name) + " is missing", pointer_to(base, name));
  event.client_gave_id = true;
  return set_payload(payload, base, event);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A quoted string loses its quotes and backslashes; then %XX is decoded, once. What is no %XX stays: the JavaScript
// SDK does not encode.
std::string header_text(std::string_view value) {
  std::string unquoted;
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\' && i + 1 < value.size()) ++i;
      unquoted += value[i];
    }
    value = unquoted;
  }
  std::string text;
  text.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const int high = value[i] == '%' && i + 2 < value.size() ? hex_value(value[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(value[i + 2]) : -1;
    if (low < 0) {
      text += value[i];
    } else {
      text += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return text;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower;
}

}  // namespace

Result<void> read_cloud_event(JsonDocument& document, std::string_view body, Incoming& out) {
  out.events.clear();
  out.batch = false;
  if (auto parsed = document.parse(body); !parsed) return parsed;
  auto read = read_structured(document.parts().root, document.parts().text, "", out.events.emplace_back());
  if (!document.exact()) out.events.back().json = {};
  return read;
}

Result<void> read_cloud_event_batch(JsonDocument& document, std::string_view body, std::size_t max_events,
                                    Incoming& out) {
  out.events.clear();
  out.batch = true;
  if (auto parsed = document.parse(body); !parsed) return parsed;
  simdjson::dom::array array;
  if (document.parts().root.get(array)) return fail(Code::invalid, "a batch must be a JSON array");
  if (array.size() > max_events)
    return fail(Code::too_large, "more than " + std::to_string(max_events) + " events in a batch");
  out.events.reserve(array.size());
  return each_item(array, document.parts().text, [&](std::size_t index, auto element, auto written) {
    auto read = read_structured(element, written, "/" + std::to_string(index), out.events.emplace_back());
    if (!document.exact()) out.events.back().json = {};
    return read;
  });
}

Result<void> read_binary_cloud_event(const std::vector<AttributeHeader>& ce_headers, std::string_view content_type,
                                     std::string_view body, Incoming& out) {
  out.events.clear();
  out.batch = false;
  Event& event = out.events.emplace_back();
  CloudAttributes attributes(event);
  for (const auto& header : ce_headers) {
    const std::string place = lower_case(header.name);
    const std::string text = header_text(header.value);
    if (!valid_utf8(text)) return fail(Code::invalid, place + " is not valid UTF-8", place);
    const auto name = std::string_view(place).substr(3);
    if (name == "datacontenttype") return fail(Code::invalid, "send content-type, not ce-datacontenttype", place);
    if (auto set = attributes.set(name, text, place); !set) return set;
  }
  if (const auto name = attributes.finish(); !name.empty())
    return fail(Code::invalid, "ce-" + std::string(name) + " is missing", "ce-" + std::string(name));
  if (!valid_utf8(content_type)) return fail(Code::invalid, "content-type is not valid UTF-8", "content-type");
  if (!content_type.empty())
    if (auto set = attributes.set("datacontenttype", content_type, "content-type"); !set) return set;
  event.client_gave_id = true;
  event.data = body;
  return {};
}

}  // namespace certes::event
