#pragma once
// certes sources refused, as a person reads it. Who: the commands of resources. Pure.

#include <string>
#include <string_view>

#include "common/base/clock.hpp"

namespace certes::command {

// `refused`: the answer of GET /sources/{id}/refused.
std::string refused_text(std::string_view refused, UnixMillis now);
// What a person is to know besides: nobody has answered, or there are more. Empty: nothing.
std::string refused_remark(std::string_view refused);

}  // namespace certes::command
