#include "certes/setting_metrics.hpp"

#include <charconv>
#include <optional>

namespace certes {
namespace {

std::optional<double> number_in(const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end ? std::optional(number) : std::nullopt;
}

}  // namespace

// What is passed through to Kafka has no variable.
void add_setting_metrics(metrics::Metrics& metrics, const config::Running& running) {
  metrics.on_scrape([&metrics, &running] {
    const auto lines = running.lines();
    for (const config::SettingLine& line : *lines) {
      const auto number = line.variable.empty() ? std::nullopt : number_in(line.value);
      if (number)
        metrics.gauge("certes_setting", "A setting that is a number; times are seconds", {{"name", line.name}})
            .set(*number);
    }
  });
}

}  // namespace certes
