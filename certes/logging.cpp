#include "certes/logging.hpp"

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "common/base/printable.hpp"

namespace certes::logging {
namespace {

class Formatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto at = std::chrono::duration_cast<Millis>(message.time.time_since_epoch()).count();
    const auto level = spdlog::level::to_string_view(message.level);
    const std::string line =
        text_line(at, {level.data(), level.size()}, {message.payload.data(), message.payload.size()});
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<Formatter>(); }
};

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> shared = [] {
    auto made = std::make_shared<spdlog::logger>("certes", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(std::make_unique<Formatter>());
    made->set_level(spdlog::level::warn);
    made->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(made);  // for the parts that log through the library themselves
    return made;
  }();
  return *shared;
}

void write(spdlog::level::level_enum level, std::string_view line) {
  logger().log(level, spdlog::string_view_t(line.data(), line.size()));
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

std::string text_line(UnixMillis at, std::string_view level, std::string_view message) {
  std::string line = format_rfc3339(at);
  return line.append(1, ' ').append(level).append(1, ' ').append(printable_line(message)).append(1, '\n');
}

}  // namespace certes::logging
