#include "client/checked_event.hpp"

#include "common/event/attributes.hpp"
#include "common/event/json_document.hpp"
#include "common/event/own_names.hpp"

namespace certes::client {
namespace {

using event::Attribute;

struct Member {
  const char* name;
  Attribute attribute;
  std::string ProducerEvent::*from;
  std::string event::Event::*to;
  bool required = false;
};

constexpr Member kMembers[] = {
    {"type", Attribute::type, &ProducerEvent::type, &event::Event::type, true},
    {"id", Attribute::id, &ProducerEvent::id, &event::Event::client_id},
    {"source", Attribute::source, &ProducerEvent::source, &event::Event::source},
    {"subject", Attribute::subject, &ProducerEvent::subject, &event::Event::subject},
    {"time", Attribute::time, &ProducerEvent::time, &event::Event::time},
    {"partition_key", Attribute::partition_key, &ProducerEvent::partition_key, &event::Event::partition_key},
    {"conversation_id", Attribute::conversation_id, &ProducerEvent::conversation_id, &event::Event::conversation_id},
    {"cause_id", Attribute::cause_id, &ProducerEvent::cause_id, &event::Event::cause_id},
    {"data_content_type", Attribute::data_content_type, &ProducerEvent::data_content_type,
     &event::Event::data_content_type},
};

Result<void> wrong(const std::string& name, std::string_view what) {
  return fail(Code::invalid, name + " " + std::string(what), "/" + name);
}

Result<void> check(const std::string& name, Attribute attribute, const std::string& value) {
  if (!event::valid_utf8(value)) return wrong(name, "is not valid UTF-8");
  if (const auto flawed = event::flaw(attribute, value); !flawed.empty()) return wrong(name, flawed);
  return {};
}

Result<void> check_extensions(const ProducerEvent& given) {
  if (given.extensions.size() > event::kMaxExtensions) return wrong("extensions", "are more than 64");
  for (const auto& [name, value] : given.extensions) {
    if (!event::valid_attribute_name(name)) return wrong("extensions", "may be named [a-z0-9]+, at most 64");
    if (auto checked = check(name, Attribute::extension, value); !checked) return checked;
  }
  return {};
}

// Only plain events may be without a source: the gateway gives them the tenant's.
bool needs_source(const ProducerEvent& given) {
  return !given.extensions.empty() || given.data_content_type != "application/json";
}

}  // namespace

Result<event::Event> checked_event(ProducerEvent&& given, std::size_t max_bytes) {
  event::Event event;
  if (given.data.size() > max_bytes)
    return fail(Code::too_large, "data is longer than " + std::to_string(max_bytes) + " bytes", "/data");
  for (const Member& member : kMembers) {
    std::string& value = given.*member.from;
    if (!value.empty() || member.required)
      if (auto checked = check(member.name, member.attribute, value); !checked) return fail(checked.error());
    event.*member.to = value;
  }
  if (auto checked = check_extensions(given); !checked) return fail(checked.error());
  if (auto may = event::check_not_own(event.type, event.source, {"/type", "/source"}); !may) return fail(may.error());
  if (given.source.empty() && needs_source(given))
    return fail(Code::invalid, "source is needed with extensions, or with data that is not application/json",
                "/source");
  if (event::is_json(event.data_content_type)) {
    if (auto parsed = event::JsonDocument().parse(given.data); !parsed)
      return fail(Code::invalid, "data is no JSON: " + parsed.error().message, "/data");
  }
  event.client_gave_id = !event.client_id.empty();
  event.extensions = std::move(given.extensions);
  event.data = std::move(given.data);
  return event;
}

}  // namespace certes::client
