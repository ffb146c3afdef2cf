#include "common/event/read_request.hpp"

#include "common/event/attributes.hpp"

namespace certes::event {
namespace {

Result<void> read_form(JsonDocument& document, const Envelope& envelope, std::string_view body, std::size_t max_events,
                       Incoming& out) {
  switch (envelope.form) {
    case Form::batch: return read_cloud_event_batch(document, body, max_events, out);
    case Form::structured: return read_cloud_event(document, body, out);
    case Form::binary: return read_binary_cloud_event(envelope.attributes, envelope.content_type, body, out);
    case Form::plain:
    case Form::none: break;
  }
  return read_plain_json(document, body, max_events, out);
}

}  // namespace

Form form_of(std::string_view content_type, bool has_specversion) {
  constexpr std::string_view kCloud = "application/cloudevents";
  const std::string_view type = media_type(content_type);
  const auto is = [type](std::string_view name) { return equal_ignoring_case(type, name); };
  if (is("application/cloudevents-batch+json") || is("application/cloudevents-batch")) return Form::batch;
  if (is("application/cloudevents+json") || is("application/cloudevents")) return Form::structured;
  if (equal_ignoring_case(type.substr(0, kCloud.size()), kCloud)) return Form::none;
  if (has_specversion) return Form::binary;
  return is("application/json") ? Form::plain : Form::none;
}

std::optional<Error> unsupported(const Envelope& envelope) {
  if (envelope.form != Form::none) return std::nullopt;
  const bool said = !media_type(envelope.content_type).empty();
  return Error(Code::invalid,
               std::string(said ? "this Content-Type is not understood" : "there is no Content-Type") +
                   "; send Content-Type: application/json, application/cloudevents+json or "
                   "application/cloudevents-batch+json, or the header ce-specversion for a CloudEvent in binary mode",
               "content-type");
}

Places places_of(Form form) {
  if (form == Form::binary) return {"ce-type", "ce-source", ""};
  return {"/type", "/source", "/data"};
}

Result<void> read_request(JsonDocument& document, const Envelope& envelope, std::string_view body,
                          std::size_t max_events, Incoming& out) {
  if (auto read = read_form(document, envelope, body, max_events, out); !read) return read;
  const Places places = places_of(envelope.form);
  for (std::size_t i = 0; i < out.events.size(); ++i) {
    auto checked = check_not_own(out.events[i].type, out.events[i].source, {places.type, places.source});
    if (checked) continue;
    if (out.batch) checked.error().pointer.insert(0, "/" + std::to_string(i));
    return checked;
  }
  return {};
}

}  // namespace certes::event
