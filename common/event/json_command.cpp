#include "common/event/json_command.hpp"

#include "common/event/attributes.hpp"
#include "common/event/json_parts.hpp"

namespace certes::event {
namespace {

struct Member {
  std::string_view name;
  Attribute attribute;  // what it may hold
  std::string Event::*value;
};

constexpr Member kMembers[] = {
    {"id", Attribute::id, &Event::client_id},
    {"reply_to", Attribute::source, &Event::reply_to},
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

Result<void> set_text(Event& command, const Member& member, simdjson::dom::element element) {
  const auto refused = [&](std::string_view why) {
    return fail(Code::invalid, std::string(member.name).append(" ").append(why), pointer_to("", member.name));
  };
  std::string_view text;
  if (element.get(text)) return refused("must be a string");
  if (const auto wrong = flaw(member.attribute, text); !wrong.empty()) return refused(wrong);
  command.*member.value = text;
  return {};
}

}  // namespace

Result<void> read_command_json(JsonDocument& document, std::string_view body, Event& command) {
  if (auto parsed = document.parse(body); !parsed) return parsed;
  const auto& parts = document.parts();
  simdjson::dom::object object;
  if (parts.root.get(object)) return fail(Code::invalid, "a command must be a JSON object");
  unsigned seen = 0;
  auto members = each_member(object, parts.text, [&](auto name, auto value, auto bytes) -> Result<void> {
    const std::size_t index = index_of(name);
    if (index == kUnknown)
      return fail(Code::invalid, "unknown member \"" + std::string(name.substr(0, 80)) + "\"", pointer_to("", name));
    if (seen & (1u << index)) return fail(Code::invalid, std::string(name) + " is there twice", pointer_to("", name));
    seen |= 1u << index;
    if (index != kData) return set_text(command, kMembers[index], value);
    command.data = bytes;
    return {};
  });
  if (!members) return members;
  if (!(seen & (1u << kData))) return fail(Code::invalid, "data is missing", "/data");
  command.client_gave_id = !command.client_id.empty();
  command.data_content_type = "application/json";
  return {};
}

}  // namespace certes::event
