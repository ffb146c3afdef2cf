#pragma once
// Workplace: what a thread needs to judge requests: where it parses and unpacks, and what it remembers of types. Who:
// Intake, one per loop; HeavyWork, one per thread. Confined to its thread.

#include "common/event/json_document.hpp"
#include "gateway/ingest/type_check.hpp"

namespace certes::gateway::ingest {

struct Workplace {
  // `schemas`: shared by all. `strict`: as TypeCheck.
  Workplace(SchemaCache& schemas, bool strict) : types(schemas, strict) {}

  event::JsonDocument document;
  std::string unpacked;
  TypeCheck types;
};

}  // namespace certes::gateway::ingest
