#include "certes/logging.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace certes::logging {
namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> shared = [] {
    auto made = std::make_shared<spdlog::logger>("certes", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::warn);
    made->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(made);  // for the parts that log through the library themselves
    return made;
  }();
  return *shared;
}

// Input of others may be in a line; it must stay one.
void write(spdlog::level::level_enum level, std::string_view line) {
  if (!logger().should_log(level)) return;
  std::string text(line);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  logger().log(level, spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace

void start(std::string_view level) {
  using spdlog::level::level_enum;
  const level_enum chosen = level == "debug"   ? level_enum::debug
                            : level == "warn"  ? level_enum::warn
                            : level == "error" ? level_enum::err
                                               : level_enum::info;
  logger().set_level(chosen);
}

void debug(std::string_view line) { write(spdlog::level::debug, line); }
void info(std::string_view line) { write(spdlog::level::info, line); }
void warn(std::string_view line) { write(spdlog::level::warn, line); }
void error(std::string_view line) { write(spdlog::level::err, line); }

}  // namespace certes::logging
