#include "common/event/cloud_attributes.hpp"

#include "common/event/attributes.hpp"

namespace certes::event {
namespace {

struct Known {
  std::string_view name;
  Attribute attribute;
  std::string Event::*value;
};

// The first three are required, and specversion, which is no member of Event.
constexpr Known kKnown[] = {
    {"id", Attribute::id, &Event::client_id},
    {"source", Attribute::source, &Event::source},
    {"type", Attribute::type, &Event::type},
    {"subject", Attribute::subject, &Event::subject},
    {"time", Attribute::time, &Event::time},
    {"datacontenttype", Attribute::data_content_type, &Event::data_content_type},
    {"partitionkey", Attribute::partition_key, &Event::partition_key},
    {"conversationid", Attribute::conversation_id, &Event::conversation_id},
    {"causeid", Attribute::cause_id, &Event::cause_id},
    {"traceparent", Attribute::extension, &Event::traceparent},
};
constexpr unsigned kSpecversion = 1u << std::size(kKnown);

Result<void> wrong(std::string_view name, std::string_view what, const std::string& place) {
  return fail(Code::invalid, std::string(name.substr(0, 80)).append(" ").append(what), place);
}

bool has_extension(const Event& event, std::string_view name) {
  for (const auto& [known, value] : event.extensions)
    if (known == name) return true;
  return false;
}

}  // namespace

Result<void> CloudAttributes::set(std::string_view name, std::string_view value, const std::string& place) {
  if (!valid_attribute_name(name)) return wrong(name, "is no attribute name: [a-z0-9]+, at most 64", place);
  if (name == "specversion") {
    if (seen_ & kSpecversion) return wrong(name, "is there twice", place);
    seen_ |= kSpecversion;
    return value == "1.0" ? Result<void>{} : wrong(name, "must be 1.0", place);
  }
  for (std::size_t i = 0; i < std::size(kKnown); ++i) {
    if (kKnown[i].name != name) continue;
    if (seen_ & (1u << i)) return wrong(name, "is there twice", place);
    seen_ |= 1u << i;
    if (const auto flawed = flaw(kKnown[i].attribute, value); !flawed.empty()) return wrong(name, flawed, place);
    // An unusable trace context is dropped, as W3C's recommendation says.
    if (name != "traceparent" || valid_traceparent(value)) event_.*kKnown[i].value = value;
    return {};
  }
  if (has_extension(event_, name)) return wrong(name, "is there twice", place);
  if (event_.extensions.size() == kMaxExtensions) return wrong(name, "is one extension too many: at most 64", place);
  if (const auto flawed = flaw(Attribute::extension, value); !flawed.empty()) return wrong(name, flawed, place);
  event_.extensions.emplace_back(name, value);
  return {};
}

std::string_view CloudAttributes::missing() const {
  if (!(seen_ & kSpecversion)) return "specversion";
  for (std::size_t i = 0; i < 3; ++i)
    if (!(seen_ & (1u << i))) return kKnown[i].name;
  return {};
}

}  // namespace certes::event
