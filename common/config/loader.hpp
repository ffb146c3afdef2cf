#pragma once
// Loader: takes values from file, environment and flags, in this order, into one Loaded. Confined to common/config and
// to one thread.

#include <string>
#include <string_view>

#include "common/config/origins.hpp"
#include "common/config/toml.hpp"

namespace certes::config {

class Loader {
 public:
  Result<void> add_file(const std::string& path);
  Result<void> add_environment(const std::map<std::string, std::string>& environment);
  Result<void> add_flag(const std::string& name, const std::string& value);
  // What follows from several settings together, and what they must not be together.
  Result<Loaded> finish();

 private:
  Result<void> add_table(const TomlValue& table, const std::string& prefix, const std::string& file);
  Result<void> add_value(const TomlMember& member, const std::string& name, const std::string& place);
  Result<void> add_variable(const std::string& name, const std::string& value);
  Result<void> add_text(const std::string& name, std::string_view text, const std::string& place);
  // kafka.properties.NAME and kafka.topic.TOPIC.NAME. False: it is no such name.
  Result<bool> add_passed_through(const std::string& name, std::string_view text, const std::string& place);

  Loaded loaded_;
};

}  // namespace certes::config
