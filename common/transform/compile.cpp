#include "common/transform/compile.hpp"

#include "common/json/json.hpp"
#include "common/transform/limits.hpp"
#include "common/transform/projection_reader.hpp"

namespace certes::transform {

Result<ProgramPtr> compile(std::string_view json) {
  if (json.size() > kMaxTransformBytes)
    return fail(Code::invalid, "the transformation is longer than " + std::to_string(kMaxTransformBytes) + " bytes");
  const auto tree = parse_json<nlohmann::ordered_json>(json, {.depth = 64, .unique_members = true});
  if (!tree) return fail(tree.error());
  if (!tree->is_object() || tree->size() != 1 || !tree->contains("project"))
    return fail(Code::invalid, R"(must be an object with "project" alone)");
  auto projection = read_projection(tree->at("project"), "/project");
  if (!projection) return fail(std::move(projection.error()));
  return std::make_shared<const Program>(Program{std::move(*projection)});
}

}  // namespace certes::transform
