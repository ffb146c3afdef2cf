#include "common/event/json_schema.hpp"

#include "common/event/json_parts.hpp"
#include "common/event/schema_run.hpp"
#include "common/schema/schema.hpp"

namespace certes::event {

struct JsonSchema::Prepared {
  std::unique_ptr<const SchemaProgram> program;
};

JsonSchema::JsonSchema(std::unique_ptr<const Prepared> prepared) : prepared_(std::move(prepared)) {}
JsonSchema::~JsonSchema() = default;

Result<std::shared_ptr<const JsonSchema>> JsonSchema::make(std::string_view schema) {
  if (auto understood = schema::check_understood(schema); !understood) return fail(std::move(understood.error()));
  auto program = prepare_schema(schema);
  if (!program) return fail(std::move(program.error()));
  return std::shared_ptr<const JsonSchema>(new JsonSchema(std::make_unique<Prepared>(Prepared{std::move(*program)})));
}

schema::Verdict JsonSchema::validate(JsonValue data, schema::Budget& budget, std::size_t most,
                                     std::vector<Violation>& violations) const {
  return SchemaRun(*prepared_->program, budget, most, violations).run(JsonValueAccess::element(data));
}

}  // namespace certes::event
