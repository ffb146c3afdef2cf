#pragma once
// Forms of settings that are text: addresses, networks, choices and the like. Who: value.cpp. Pure.

#include <string>
#include <vector>

#include "common/config/table.hpp"

namespace certes::config {

// Whether it has the setting's form. The error says what it must be, without the setting's name.
Result<void> check_form(const Setting& setting, const std::string& value);
Result<void> check_form(const Setting& setting, const std::vector<std::string>& items);

}  // namespace certes::config
