// Transformations: any JSON is one that can be run, or refused with the place at fault; what a run makes of any payload
// is JSON within its bound, with headers of one line that it may set, and the same again. Lines: the transformation;
// then the payload.

#include "common/event/attributes.hpp"
#include "common/event/payload_view.hpp"
#include "common/event/request_headers.hpp"
#include "common/transform/compile.hpp"
#include "common/transform/transform.hpp"
#include "tests/fuzz/fuzz.hpp"

using certes::fuzz::Input;
using certes::fuzz::require;
using certes::transform::Made;
using certes::transform::Transformed;

namespace {

constexpr certes::transform::Limits kLimits{4'096};

Transformed transformed(const certes::transform::Program& program, std::string_view payload) {
  static certes::event::JsonDocument document;  // reused, as the dispatcher does
  certes::log::StoredRecord record;
  for (const auto& [name, value] : {std::pair("certes-id", "evt_1"), std::pair("ce_specversion", "1.0"),
                                    std::pair("ce_id", "1"), std::pair("ce_source", "/a"), std::pair("ce_type", "a.b"),
                                    std::pair("certes-h-x-event", "push"), std::pair("certes-query", "a=1&b=2")})
    record.headers.add(name, value);
  if (payload.starts_with('&')) record.headers.add("content-type", "application/x-www-form-urlencoded");
  record.value = payload;
  const auto view = certes::event::view(record);
  return certes::transform::transform(program, {record, *view, document}, kLimits);
}

bool same(const Made& one, const Made& other) {
  const bool bodies = one.body && other.body ? *one.body == *other.body : one.body == other.body;
  return bodies && one.content_type == other.content_type && one.headers == other.headers;
}

void check(const Made& made) {
  if (made.body) {
    require(made.body->size() <= kLimits.max_output_bytes, "the body is bounded");
    // What is copied may be as deep as a payload, in what is around it.
    require(certes::event::is_json_text(*made.body) || made.body->size() > certes::event::kMaxJsonDepth,
            "the body is JSON");
  }
  require(certes::event::fit_value(made.content_type), "a content type has one line");
  for (const auto& [name, value] : made.headers) {
    require(certes::event::may_make(name), "a header is one that may be made");
    require(!value || certes::event::fit_value(*value), "its value has one line");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto program = certes::transform::compile(input.line());
  if (!program) {
    require(!program.error().message.empty(), "a refusal has a text");
    require(program.error().pointer.empty() || program.error().pointer.front() == '/', "it points into the object");
    return 0;
  }
  const Transformed first = transformed(**program, input.rest()), again = transformed(**program, input.rest());
  require(first.has_value() == again.has_value(), "the same again");
  if (!first) {
    require(!first.error().text.empty(), "a failure has a text");
    return 0;
  }
  require(same(*first, *again), "it makes the same again");
  check(*first);
  return 0;
}
