#include "common/registry/transforming.hpp"

#include "common/registry/json.hpp"
#include "common/transform/compile.hpp"

namespace certes::registry {

void read_transform(Fields& fields, TransformPtr& program, std::string& json) {
  const Json* const declared = fields.take("transform");
  if (declared == nullptr || declared->is_null()) return;
  std::string text = declared->dump(-1, ' ', false, Json::error_handler_t::replace);
  auto compiled = transform::compile(text);
  if (!compiled)
    return fields.refuse(
        Error(compiled.error().code, compiled.error().message, fields.at("transform") + compiled.error().pointer));
  program = std::move(*compiled);
  json = std::move(text);
}

}  // namespace certes::registry
