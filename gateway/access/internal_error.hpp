#pragma once
// What a client is told of an error inside: that there was one. What it was is for who runs the process: a line of its
// log, at most one a minute for each. Who: the answers of both listeners. Any thread.

#include <string_view>

#include "common/base/error.hpp"

namespace certes::gateway {

// The detail for the answer. `listener`: whose answer it is.
std::string_view told_of_internal(const Error& error, std::string_view listener);

}  // namespace certes::gateway
