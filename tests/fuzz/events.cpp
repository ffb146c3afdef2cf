// Events in every form: plain JSON, CloudEvents structured, batch and binary. What is accepted makes a record that
// reads back as the same event; what is not has an error with a text. The first byte says which form.

#include <string>
#include <vector>

#include "common/event/cloud_event.hpp"
#include "common/event/json_document.hpp"
#include "common/event/json_event.hpp"
#include "tests/fuzz/event_properties.hpp"

using certes::Result;
using certes::fuzz::Input;
using certes::fuzz::require;
using namespace certes::event;

namespace {

constexpr std::size_t kMaxEvents = 16;

void check(const Result<void>& result, Incoming& incoming) {
  if (!result) return require(!result.error().message.empty(), "an error has a text");
  require(incoming.events.size() <= kMaxEvents, "no more events than the limit");
  for (Event& event : incoming.events) certes::fuzz::check_event(std::move(event));
}

Result<void> binary(Input& input, Incoming& incoming) {
  std::vector<AttributeHeader> headers;
  const std::string_view content_type = input.line();
  for (std::string_view line = input.line(); !line.empty() && headers.size() < 64; line = input.line()) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon < 3 || !line.starts_with("ce-"))
      continue;  // the caller gives no others
    headers.push_back({line.substr(0, colon), line.substr(colon + 1)});
  }
  return read_binary_cloud_event(headers, content_type, input.rest(), incoming);
}

Result<void> read(JsonDocument& document, Input& input, Incoming& incoming) {
  switch (input.byte() % 4) {
    case 0: return read_plain_json(document, input.rest(), kMaxEvents, incoming);
    case 1: return read_cloud_event(document, input.rest(), incoming);
    case 2: return read_cloud_event_batch(document, input.rest(), kMaxEvents, incoming);
    default: return binary(input, incoming);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static JsonDocument document;  // reused, as a loop does
  Incoming incoming;
  Input input(data, size);
  check(read(document, input, incoming), incoming);
  // A raw webhook: a pointer on the first line, the body behind it.
  Input raw(data, size);
  const std::string_view pointer = raw.line();
  if (document.parse(raw.rest())) (void)document.text_at(pointer);
  return 0;
}
