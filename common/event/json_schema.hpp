#pragma once
// JsonSchema: one version of an event type's schema, prepared for validating. Who: ingest (events, as they come), the
// Master API (replays of what was quarantined). Immutable; one is shared by all loops.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/event/json_document.hpp"

namespace certes::event {

struct Violation {
  std::string pointer;  // into the data; empty: the whole
  std::string detail;
};

class JsonSchema {
 public:
  // One validation looks at so many values, again and again where the schema does; beyond, the data breaks it.
  static constexpr int kMostSteps = 1'000'000;

  // `schema`: JSON text that schema::check_schema takes. Error: invalid, why it cannot be used.
  static Result<std::shared_ptr<const JsonSchema>> make(std::string_view schema);
  ~JsonSchema();

  // What breaks the schema, at most `most` of it; none: nothing does. A member that stands twice in an object breaks
  // every schema: readers differ in which they take.
  std::vector<Violation> validate(JsonValue data, std::size_t most) const;

 private:
  struct Prepared;
  explicit JsonSchema(std::unique_ptr<const Prepared> prepared);
  std::unique_ptr<const Prepared> prepared_;
};

}  // namespace certes::event
