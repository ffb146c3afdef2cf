#pragma once
// JsonSchema: one version of an event type's schema, prepared for validating. Who: ingest (events, as they come), the
// Master API (replays of what was quarantined). Immutable; one is shared by all loops.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/event/json_document.hpp"
#include "common/schema/budget.hpp"

namespace certes::event {

struct Violation {
  std::string pointer;  // into the data; empty: the whole
  std::string detail;
};

class JsonSchema {
 public:
  // `schema`: JSON text that schema::check_schema takes. Error: invalid, why it cannot be used.
  static Result<std::shared_ptr<const JsonSchema>> make(std::string_view schema);
  ~JsonSchema();

  // Adds what breaks the schema to `violations`, until there are `most`. A member that stands twice in an object breaks
  // every schema: readers differ in which they take. `exhausted`: the budget is used up, and nothing is added.
  schema::Verdict validate(JsonValue data, schema::Budget& budget, std::size_t most,
                           std::vector<Violation>& violations) const;

 private:
  struct Prepared;
  explicit JsonSchema(std::unique_ptr<const Prepared> prepared);
  std::unique_ptr<const Prepared> prepared_;
};

}  // namespace certes::event
