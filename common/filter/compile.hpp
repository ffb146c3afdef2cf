#pragma once
// How a filter is compiled: checked as far as it can be without an event, within the limits of limits.hpp. Who: the
// registry, when a subscription is created and when it is used; the Master API's dry run. Pure; any thread; takes
// less than a millisecond.

#include <memory>
#include <string_view>

#include "common/base/result.hpp"
#include "common/filter/program.hpp"

namespace certes::filter {

using ProgramPtr = std::shared_ptr<const Program>;

// `json`: a JSON string, which is an expression, or an object of operators. Error: invalid; what is wrong with it, for
// an expression with line and column, for an object with the pointer of the part at fault.
Result<ProgramPtr> compile(std::string_view json);
// An expression. Precondition: UTF-8.
Result<ProgramPtr> compile_text(std::string_view text);

}  // namespace certes::filter
