#pragma once
// A projection as it was declared, read. Inside common/transform only. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/base/result.hpp"
#include "common/transform/projection.hpp"

namespace certes::transform {

// `pointer`: of the object. Error: invalid, with the pointer of the part at fault.
Result<Projection> read_projection(const nlohmann::ordered_json& json, const std::string& pointer);

}  // namespace certes::transform
