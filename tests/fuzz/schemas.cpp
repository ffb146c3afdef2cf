// JSON Schemas of event types: any text is a schema that can be used, or refused with the place at fault; any data
// breaks it or does not, within a budget of steps that take a bounded time; and what is said to be compatible is: no
// data shows otherwise. Lines: the older schema, the newer, the data.

#include <nlohmann/json.hpp>
#include <string>

#include "common/event/json_schema.hpp"
#include "common/json/json.hpp"
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

// As the Master API keeps it: one tree, in which no member stands twice, written out again. What is no JSON stays as it
// is.
std::string stored(std::string_view text) {
  const auto tree = certes::parse_json<nlohmann::json>(text, {.depth = kMaxSchemaDepth});
  return tree ? tree->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) : std::string(text);
}

// Null: refused.
Prepared prepared(std::string_view text) {
  if (const auto checked = check_schema(text); !checked) {
    check_error(checked.error());
    return nullptr;
  }
  auto made = JsonSchema::make(text);
  require(made.has_value(), "a schema that may be declared can be used");
  return std::move(*made);
}

Verdict verdict_of(const JsonSchema& schema, const JsonDocument& data) {
  std::vector<certes::event::Violation> violations;
  Budget budget;
  const Verdict verdict = schema.validate(data.root(), budget, kMostViolations, violations);
  require(violations.size() <= kMostViolations, "no more violations than asked for");
  require((verdict == Verdict::breaks) == !violations.empty(), "what breaks is told, and nothing else");
  for (const auto& violation : violations) {
    require(violation.pointer.empty() || violation.pointer.front() == '/', "a violation points into the data");
    require(!violation.detail.empty(), "a violation has a text");
  }
  return verdict;
}

void check_pair(std::string_view older_text, std::string_view newer_text, const Prepared& older, const Prepared& newer,
                const JsonDocument* data) {
  const Result<void> backward = check_backward(older_text, newer_text), forward = check_forward(older_text, newer_text);
  if (!backward) check_error(backward.error());
  if (!forward) check_error(forward.error());
  if (data == nullptr) return;
  const Verdict by_older = verdict_of(*older, *data), by_newer = verdict_of(*newer, *data);
  require(!backward || by_older != Verdict::holds || by_newer != Verdict::breaks,
          "backward: what the older accepts, the newer accepts");
  require(!forward || by_newer != Verdict::holds || by_older != Verdict::breaks,
          "forward: what the newer accepts, the older accepts");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static JsonDocument document;  // reused, as a loop does
  Input input(data, size);
  const std::string_view older_text = input.line(), newer_text = input.line(), text = input.line();
  const std::string older_stored = stored(older_text), newer_stored = stored(newer_text);
  const Prepared older = prepared(older_stored), newer = prepared(newer_stored);
  const bool usable = document.parse(text).has_value() && document.exact() && document.root();
  if (older && newer) check_pair(older_stored, newer_stored, older, newer, usable ? &document : nullptr);
  if (older && usable && !newer) (void)verdict_of(*older, document);
  return 0;
}
