#pragma once
// What is published, out of an HTTP request: which of the forms it is, and its events. The same for all who take events
// in, for what one takes and another refuses would be given up on the way. Who: gateway (Judge), relay. read_request:
// confined to one thread with its JsonDocument; the rest is pure.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/event/cloud_event.hpp"
#include "common/event/coding.hpp"
#include "common/event/own_names.hpp"

namespace certes::event {

enum class Form : std::uint8_t { none, plain, structured, batch, binary };
// CloudEvents HTTP binding 1.0, section 3: batched, then structured, else binary. Only JSON of its event formats.
Form form_of(std::string_view content_type, bool has_specversion);

// What a request's header says of its body. Views into it.
struct Envelope {
  Form form = Form::none;
  std::string_view content_type;
  std::vector<AttributeHeader> attributes;  // in binary mode
};
template <class Fields>
Envelope envelope_of(const Fields& headers) {
  constexpr std::string_view kAttribute = "ce-";
  Envelope envelope;
  bool has_specversion = false;
  for (const auto& header : headers) {
    if (envelope.content_type.empty() && equal_ignoring_case(header.name, "content-type"))
      envelope.content_type = header.value;
    has_specversion |= equal_ignoring_case(header.name, "ce-specversion");
  }
  envelope.form = form_of(envelope.content_type, has_specversion);
  if (envelope.form != Form::binary) return envelope;
  for (const auto& header : headers)
    if (equal_ignoring_case(header.name.substr(0, kAttribute.size()), kAttribute))
      envelope.attributes.push_back({header.name, header.value});
  return envelope;
}

// Why it is not looked at (415); nothing: it is. The pointer is the header at fault.
std::optional<Error> unsupported(const Envelope& envelope);

// Where the attributes stand in an event of the form.
struct Places {
  std::string_view type, source, data;
};
Places places_of(Form form);

// Fills `out` afresh. Precondition: supported. Errors: invalid with a JSON pointer or header; too_large above
// `max_events`; forbidden, a name is Certes' own.
Result<void> read_request(JsonDocument& document, const Envelope& envelope, std::string_view body,
                          std::size_t max_events, Incoming& out);

}  // namespace certes::event
