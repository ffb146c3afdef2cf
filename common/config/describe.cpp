#include "common/config/origins.hpp"
#include "common/config/table.hpp"

namespace certes::config {
namespace {

std::string origin_of(const Loaded& loaded, const std::string& name) {
  const auto found = loaded.origins.find(name);
  return found == loaded.origins.end() ? "default" : found->second;
}

bool may_be_secret(std::string_view property) {
  for (const std::string_view word : {"password", "secret", "key", "oauth", "jaas"})
    if (property.find(word) != std::string_view::npos) return true;
  return false;
}

SettingLine passed_through(const Loaded& loaded, const std::string& name, const std::string& value) {
  return {name, may_be_secret(name) ? "(not shown)" : value, "", origin_of(loaded, name), "", "passed to Kafka"};
}

}  // namespace

std::vector<SettingLine> describe(const Loaded& loaded) {
  Settings defaults;
  Settings settings = loaded.settings;
  std::vector<SettingLine> lines;
  for (const Setting& setting : all_settings()) {
    const std::string name(setting.name);
    lines.push_back({name, text_of(setting, settings), text_of(setting, defaults), origin_of(loaded, name),
                     variable_of(name), std::string(setting.doc)});
  }
  for (const auto& [name, value] : settings.kafka.properties)
    lines.push_back(passed_through(loaded, "kafka.properties." + name, value));
  for (const auto& [topic, properties] : settings.kafka.topic)
    for (const auto& [name, value] : properties)
      lines.push_back(passed_through(loaded, "kafka.topic." + topic + "." + name, value));
  return lines;
}

}  // namespace certes::config
