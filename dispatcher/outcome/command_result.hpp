#pragma once
// What a command's service has answered, or why it has not, as the command's result. Who: core. Pure functions.

#include <cstdint>
#include <string_view>

#include "common/event/command.hpp"
#include "common/http/client/sender.hpp"

namespace certes::dispatcher {

// The answer's body, as much as is kept of it, and its content type.
event::CommandResult succeeded(const http::TransferResult& answer);

// {"error","rule","attempts","status"?,"answer"?}. `answer`: of the last attempt; none: there was none now.
event::CommandResult failed(std::string_view rule, std::string_view error, std::uint32_t attempts,
                            const http::TransferResult* answer);

}  // namespace certes::dispatcher
