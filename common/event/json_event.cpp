#include "common/event/json_event.hpp"

#include "common/event/attributes.hpp"
#include "common/event/json_parts.hpp"

namespace certes::event {
namespace {

struct Member {
  std::string_view name;
  Attribute attribute;
  std::string Event::*value;
};

constexpr Member kMembers[] = {
    {"type", Attribute::type, &Event::type},
    {"id", Attribute::id, &Event::client_id},
    {"source", Attribute::source, &Event::source},
    {"subject", Attribute::subject, &Event::subject},
    {"time", Attribute::time, &Event::time},
    {"partition_key", Attribute::partition_key, &Event::partition_key},
    {"conversation_id", Attribute::conversation_id, &Event::conversation_id},
    {"cause_id", Attribute::cause_id, &Event::cause_id},
};
constexpr std::size_t kData = std::size(kMembers);  // its place in the set of those seen
constexpr std::size_t kUnknown = kData + 1;

std::size_t index_of(std::string_view name) {
  if (name == "data") return kData;
  for (std::size_t i = 0; i < std::size(kMembers); ++i)
    if (kMembers[i].name == name) return i;
  return kUnknown;
}

Result<void> set_text(Event& event, const Member& member, simdjson::dom::element element, std::string_view base) {
  std::string_view text;
  if (element.get(text))
    return fail(Code::invalid, std::string(member.name) + " must be a string", pointer_to(base, member.name));
  if (const auto wrong = flaw(member.attribute, text); !wrong.empty())
    return fail(Code::invalid, std::string(member.name).append(" ").append(wrong), pointer_to(base, member.name));
  event.*member.value = text;
  return {};
}

Result<void> missing(std::string_view name, std::string_view base) {
  return fail(Code::invalid, std::string(name) + " is missing", pointer_to(base, name));
}

// `base`: where the object stands, "" or "/3".
Result<void> read_event(simdjson::dom::element element, std::string_view written, std::string_view base, Event& event) {
  simdjson::dom::object object;
  if (element.get(object)) return fail(Code::invalid, "an event must be a JSON object", std::string(base));
  unsigned seen = 0;
  auto members = each_member(object, written, [&](auto name, auto value, auto bytes) -> Result<void> {
    const std::size_t index = index_of(name);
    if (index == kUnknown)
      return fail(Code::invalid, "unknown member \"" + std::string(name.substr(0, 80)) + "\"", pointer_to(base, name));
    if (seen & (1u << index)) return fail(Code::invalid, std::string(name) + " is there twice", pointer_to(base, name));
    seen |= 1u << index;
    if (index != kData) return set_text(event, kMembers[index], value, base);
    event.data = bytes;
    event.json = JsonValueAccess::of(value);
    return {};
  });
  if (!members) return members;
  if (event.type.empty()) return missing("type", base);
  if (!(seen & (1u << kData))) return missing("data", base);
  event.client_gave_id = !event.client_id.empty();
  event.data_content_type = "application/json";
  return {};
}

}  // namespace

Result<void> read_plain_json(JsonDocument& document, std::string_view body, std::size_t max_events, Incoming& out) {
  out.events.clear();
  out.batch = false;
  if (auto parsed = document.parse(body); !parsed) return parsed;
  const auto& parts = document.parts();
  simdjson::dom::array array;
  if (parts.root.get(array)) {
    auto read = read_event(parts.root, parts.text, "", out.events.emplace_back());
    if (!document.exact()) out.events.back().json = {};
    return read;
  }
  out.batch = true;
  if (array.size() > max_events)
    return fail(Code::too_large, "more than " + std::to_string(max_events) + " events in a batch");
  out.events.reserve(array.size());
  return each_item(array, parts.text, [&](std::size_t index, auto element, auto written) {
    auto read = read_event(element, written, "/" + std::to_string(index), out.events.emplace_back());
    if (!document.exact()) out.events.back().json = {};
    return read;
  });
}

}  // namespace certes::event
