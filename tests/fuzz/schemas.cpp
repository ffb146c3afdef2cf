// JSON Schemas of event types: any text is a schema that can be used, or refused with the place at fault; any data
// breaks it or does not; and what is said to be compatible is: no data shows otherwise. Lines: the older schema, the
// newer, the data.

#include <string>

#include "common/event/json_schema.hpp"
#include "common/schema/compatibility.hpp"
#include "common/schema/schema.hpp"
#include "tests/fuzz/fuzz.hpp"

using certes::Result;
using certes::event::JsonDocument;
using certes::event::JsonSchema;
using certes::fuzz::Input;
using certes::fuzz::require;
using namespace certes::schema;

namespace {

constexpr std::size_t kMostViolations = 4;
using Prepared = std::shared_ptr<const JsonSchema>;

void check_error(const certes::Error& error) {
  require(!error.message.empty(), "an error has a text");
  require(error.pointer.empty() || error.pointer.front() == '/', "an error points into the schema");
}

// Null: refused.
Prepared prepared(std::string_view text) {
  if (const auto checked = check_schema(text); !checked) {
    check_error(checked.error());
    require(!normal_form(text).has_value(), "what is refused has no normal form");
    return nullptr;
  }
  auto made = JsonSchema::make(text);
  require(made.has_value(), "a schema that may be declared can be used");
  return std::move(*made);
}

bool accepts(const JsonSchema& schema, const JsonDocument& data) {
  const auto violations = schema.validate(data.root(), kMostViolations);
  require(violations.size() <= kMostViolations, "no more violations than asked for");
  for (const auto& violation : violations) {
    require(violation.pointer.empty() || violation.pointer.front() == '/', "a violation points into the data");
    require(!violation.detail.empty(), "a violation has a text");
  }
  return violations.empty();
}

void check_pair(std::string_view older_text, std::string_view newer_text, const Prepared& older, const Prepared& newer,
                const JsonDocument* data) {
  const Result<void> backward = check_backward(older_text, newer_text), forward = check_forward(older_text, newer_text);
  if (!backward) check_error(backward.error());
  if (!forward) check_error(forward.error());
  if (data == nullptr) return;
  const bool by_older = accepts(*older, *data), by_newer = accepts(*newer, *data);
  require(!backward || !by_older || by_newer, "backward: what the older accepts, the newer accepts");
  require(!forward || !by_newer || by_older, "forward: what the newer accepts, the older accepts");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static JsonDocument document;  // reused, as a loop does
  Input input(data, size);
  const std::string_view older_text = input.line(), newer_text = input.line(), text = input.line();
  const Prepared older = prepared(older_text), newer = prepared(newer_text);
  const bool usable = document.parse(text).has_value() && document.exact() && document.root();
  if (older && newer) check_pair(older_text, newer_text, older, newer, usable ? &document : nullptr);
  if (older && usable && !newer) (void)accepts(*older, document);
  return 0;
}
