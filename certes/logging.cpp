#include "certes/logging.hpp"

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "common/base/printable.hpp"

namespace certes::logging {
namespace {

using LineOf = std::string (*)(UnixMillis at, std::string_view level, std::string_view message);

class Formatter final : public spdlog::formatter {
 public:
  explicit Formatter(LineOf line_of) : line_of_(line_of) {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto at = std::chrono::duration_cast<Millis>(message.time.time_since_epoch()).count();
    const auto level = spdlog::level::to_string_view(message.level);
    const std::string line =
        line_of_(at, {level.data(), level.size()}, {message.payload.data(), message.payload.size()});
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<Formatter>(line_of_); }

 private:
  const LineOf line_of_;
};

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> shared = [] {
    auto made = std::make_shared<spdlog::logger>("certes", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(std::make_unique<Formatter>(text_line));
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

// printable_line writes the rest of what JSON wants escaped as JSON does.
std::string json_text(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + 2);
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return '"' + printable_line(quoted) + '"';
}

}  // namespace

void set_level(std::string_view level) {
  using spdlog::level::level_enum;
  const level_enum chosen = level == "debug"   ? level_enum::debug
                            : level == "warn"  ? level_enum::warn
                            : level == "error" ? level_enum::err
                                               : level_enum::info;
  logger().set_level(chosen);
}

void start(std::string_view level, std::string_view format) {
  set_level(level);
  logger().set_formatter(std::make_unique<Formatter>(format == "json" ? json_line : text_line));
}

void debug(std::string_view line) { write(spdlog::level::debug, line); }
void info(std::string_view line) { write(spdlog::level::info, line); }
void warn(std::string_view line) { write(spdlog::level::warn, line); }
void error(std::string_view line) { write(spdlog::level::err, line); }

std::string text_line(UnixMillis at, std::string_view level, std::string_view message) {
  std::string line = format_rfc3339(at);
  return line.append(1, ' ').append(level).append(1, ' ').append(printable_line(message)).append(1, '\n');
}

std::string json_line(UnixMillis at, std::string_view level, std::string_view message) {
  std::string line = "{\"time\":\"" + format_rfc3339(at) + "\",\"level\":\"";
  return line.append(level).append("\",\"message\":").append(json_text(message)).append("}\n");
}

}  // namespace certes::logging
