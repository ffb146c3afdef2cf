#include "gateway/access/internal_error.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

#include "common/base/line_limit.hpp"

namespace certes::gateway {

std::string_view told_of_internal(const Error& error, std::string_view listener) {
  static LineLimit told;  // of the process, as its log is
  if (const auto times = told.due(error.message, std::chrono::steady_clock::now()))
    spdlog::error("{}: {} ({} times since this was told last)", listener, error.message, *times);
  return "something is wrong inside; the log of this process says what";
}

}  // namespace certes::gateway
