#pragma once
// Where each setting's value came from: what `certes config check` prints beside it. Plain values, any thread.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.hpp"

namespace certes::config {

struct Loaded {
  Settings settings;
  // Name → "certes.toml:12", "CERTES_GATEWAY_LISTEN", "flag". What is not here has its default.
  std::map<std::string, std::string, std::less<>> origins;
};

// As load(), and says where from.
Result<Loaded> load_with_origins(const Sources& sources);

struct SettingLine {
  std::string name;
  std::string value;
  std::string default_value;
  std::string origin;  // "default" or as in Loaded
  std::string variable;
  std::string doc;
};

// Every setting there is, in the order of the documentation; the passed-through properties of Kafka at the end.
// Values that may be secrets are not shown.
std::vector<SettingLine> describe(const Loaded& loaded);

}  // namespace certes::config
