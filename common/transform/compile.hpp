#pragma once
// How a transformation is compiled: checked as far as it can be without an event, within limits.hpp. Who: the registry,
// when an endpoint or a subscription is created and when it is used; the Master API's dry run. Pure; any thread.

#include <memory>
#include <string_view>

#include "common/base/result.hpp"
#include "common/transform/program.hpp"

namespace certes::transform {

using ProgramPtr = std::shared_ptr<const Program>;

// `json`: {"project":{…}}. Error: invalid; what is wrong, with the pointer of the part at fault.
Result<ProgramPtr> compile(std::string_view json);

}  // namespace certes::transform
