#pragma once
// What a transformation makes of an event. Who: the dispatcher, at each attempt; the Master API's dry run. Confined to
// one thread; nothing blocks; what a run may use is bounded.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/event/event.hpp"
#include "common/event/json_document.hpp"
#include "common/log/record.hpp"
#include "common/transform/program.hpp"

namespace certes::transform {

struct Limits {
  std::size_t max_output_bytes = 2u << 20;  // of the body
};

// What is sent in place of the event's own.
struct Made {
  std::shared_ptr<const std::string> body = {};  // null: the payload, byte for byte
  std::string content_type = {};                 // empty: the event's
  // Nothing: it is taken away. Names are such as may be made, each once; values are fit.
  std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
};

// Why there is nothing to be sent.
struct Failure {
  enum class Why : std::uint8_t {
    missing,       // what a text needs is not there
    member_twice,  // what is looked at stands twice in its object
    header,        // the value of a header is none
    output,        // the body is longer than it may be
  };
  Why why = Why::missing;
  std::string text = {};  // for people, with its place
};
std::string_view to_string(Failure::Why why);

// An event, and where its payload is parsed; all must stay while it is transformed.
struct Source {
  const log::StoredRecord& record;
  const event::EventView& view;
  event::JsonDocument& document;
};

using Transformed = tl::expected<Made, Failure>;
Transformed transform(const Program& program, const Source& source, const Limits& limits);

}  // namespace certes::transform
