// certes config check: reads the settings as a role would, and prints them.
#include <nlohmann/json.hpp>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "common/config/origins.hpp"

namespace certes::command {
namespace {

std::string as_json(const std::vector<config::SettingLine>& lines) {
  auto all = nlohmann::ordered_json::array();
  for (const config::SettingLine& line : lines)
    all.push_back({{"name", line.name},
                   {"value", line.value},
                   {"default", line.default_value},
                   {"from", line.origin},
                   {"variable", line.variable},
                   {"what", line.doc}});
  return all.dump(2);
}

}  // namespace

int run_command(const ConfigCheckOptions& options) {
  const auto loaded = config::load_with_origins(options.sources);
  if (!loaded) return failed(loaded.error());
  const auto lines = config::describe(*loaded);
  if (options.json) {
    print_line(as_json(lines));
    return kExitOk;
  }
  std::vector<Row> rows;
  rows.reserve(lines.size());
  for (const config::SettingLine& line : lines)
    rows.push_back({line.name, line.value.empty() ? "-" : line.value,
                    line.origin == "default" ? "default" : line.origin + " (default " + line.default_value + ")",
                    line.doc});
  print(table({"SETTING", "VALUE", "FROM", "WHAT"}, rows));
  return kExitOk;
}

}  // namespace certes::command
