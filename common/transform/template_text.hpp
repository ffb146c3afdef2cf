#pragma once
// Text with pointers in it: "Order ${/data/id} of ${/data/customer/name|somebody}". "$${" stands for "${". Inside
// common/transform only. Pure.

#include <functional>
#include <string_view>

#include "common/base/result.hpp"
#include "common/transform/projection.hpp"

namespace certes::transform {

// `add` gives a pointer its number. At least one piece; the last has no pointer. Error: invalid, what is wrong.
Result<TemplateText> read_template(std::string_view text, const std::function<std::uint32_t(Pointer&&)>& add);

}  // namespace certes::transform
