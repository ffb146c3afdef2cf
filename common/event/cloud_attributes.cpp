#include "common/event/cloud_attributes.hpp"

#include "common/event/attributes.hpp"
#include "common/event/trace.hpp"

namespace certes::event {
namespace {

struct Known {
  std::string_view name;
  std::string Event::*value;
};

// The first three are required, and specversion, which is no member of Event.
constexpr Known kKnown[] = {
    {"id", &Event::client_id},
    {"source", &Event::source},
    {"type", &Event::type},
    {"subject", &Event::subject},
    {"time", &Event::time},
    {"datacontenttype", &Event::data_content_type},
    {"partitionkey", &Event::partition_key},
    {"conversationid", &Event::conversation_id},
    {"causeid", &Event::cause_id},
    {"traceparent", &Event::traceparent},
    {"tracestate", &Event::tracestate},
};
constexpr unsigned kSpecversion = 1u << std::size(kKnown);

Result<void> wrong(std::string_view name, std::string_view what, const std::string& place) {
  return fail(Code::invalid, std::string(name.substr(0, 80)).append(" ").append(what), place);
}

const std::string* extension(const Event& event, std::string_view name) {
  for (const auto& [known, value] : event.extensions)
    if (known == name) return &value;
  return nullptr;
}

// As CloudEvents' Correlation extension names what Certes' own attribute would; what does not fit stays an extension.
void adopt(const Event& event, std::string_view name, Attribute attribute, std::string& to) {
  const std::string* given = to.empty() ? extension(event, name) : nullptr;
  if (given != nullptr && flaw(attribute, *given).empty()) to = *given;
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
    if (const auto flawed = flaw(attribute_of(name), value); !flawed.empty()) return wrong(name, flawed, place);
    // An unusable trace context is dropped, as W3C's recommendation says.
    if (name == "tracestate" && !fit_tracestate(value)) return {};
    event_.*kKnown[i].value = name == "traceparent" ? read_traceparent(value) : std::string(value);
    return {};
  }
  if (extension(event_, name) != nullptr) return wrong(name, "is there twice", place);
  if (event_.extensions.size() == kMaxExtensions) return wrong(name, "is one extension too many: at most 64", place);
  if (const auto flawed = flaw(Attribute::extension, value); !flawed.empty()) return wrong(name, flawed, place);
  event_.extensions.emplace_back(name, value);
  return {};
}

std::string_view CloudAttributes::finish() {
  adopt(event_, kCorrelation, Attribute::conversation_id, event_.conversation_id);
  adopt(event_, kCausation, Attribute::cause_id, event_.cause_id);
  if (!(seen_ & kSpecversion)) return "specversion";
  for (std::size_t i = 0; i < 3; ++i)
    if (!(seen_ & (1u << i))) return kKnown[i].name;
  return {};
}

}  // namespace certes::event
