// certes restore: puts a backup in the place of a data directory's log.
#include <nlohmann/json.hpp>

#include <filesystem>

#include "certes/commands/bytes_text.hpp"
#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "common/config/origins.hpp"
#include "common/log/sqlite/restoration.hpp"

namespace certes::command {
namespace {

void say(const log::sqlite::Restored& restored, const std::string& data) {
  print_line(data + " holds the backup: " + bytes_text(restored.copy.bytes) + ", " +
             std::to_string(restored.copy.records) + " records");
  if (!restored.aside.empty()) print_line("What was there is kept: " + restored.aside);
  if (!std::filesystem::exists(data + "/secrets.key"))
    note("certes: no sealing key is in a backup: put yours at " + data +
         "/secrets.key, or name it by secrets.key_file, before you start");
}

}  // namespace

int run_command(const RestoreOptions& options) {
  const auto loaded = config::load(options.sources);
  if (!loaded) {
    failed(loaded.error());
    return kExitUsage;
  }
  const config::Settings& settings = *loaded;
  if (settings.store.engine != "sqlite")
    return failed(Error(Code::invalid, "a backup is of the embedded log", "store.engine"));
  const auto restored = log::sqlite::restore({options.file, settings.data, options.force}, SystemClock());
  if (!restored) return failed(restored.error());
  if (options.json)
    print_line(nlohmann::ordered_json{
        {"data", settings.data},
        {"bytes", restored->copy.bytes},
        {"records", restored->copy.records},
        {"aside", restored->aside.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(restored->aside)}}
                   .dump(2));
  else
    say(*restored, settings.data);
  return kExitOk;
}

}  // namespace certes::command
