#pragma once
// The table of settings: every one with its name, place, range and what it does. load() and `certes config check` walk
// it; a new setting is a line here and a member in settings.hpp. Confined to common/config. Constant.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/config/toml.hpp"

namespace certes::config {

template <class T>
using Place = T* (*)(Settings&);

// Where the value lives; its type is the setting's kind.
using AnyPlace = std::variant<Place<std::string>, Place<bool>, Place<int>, Place<std::size_t>, Place<double>,
                              Place<Millis>, Place<std::vector<std::string>>>;

enum class Form : std::uint8_t {
  any,
  address,          // host:port, for a listener
  address_or_none,  // the same, or empty: there is no such listener
  addresses,        // host:port,host:port
  networks,         // each item a CIDR
  choice,           // one of `choices`, separated by '|'
  topic_prefix,     // of the names of Kafka's topics
};

struct Setting {
  std::string_view name;  // as in the file: "gateway.listen"
  AnyPlace place;
  std::string_view doc;
  double min = 0;  // of numbers; of durations in seconds
  double max = 0;  // 0: no upper limit
  Form form = Form::any;
  std::string_view choices = {};
};

std::span<const Setting> all_settings();
const Setting* find_setting(std::string_view name);

// "gateway.max_body_bytes" → "CERTES_GATEWAY_MAX_BODY_BYTES"
std::string variable_of(std::string_view name);

// Sets it from text, as the environment and flags give it. Errors: not of its kind, out of range, or not of its form;
// then it is what it was. They have no place in them yet, nor the setting's name.
Result<void> set_from_text(const Setting& setting, Settings& settings, std::string_view text);
// The same from a value of a file.
Result<void> set_from_toml(const Setting& setting, Settings& settings, const TomlValue& value);
// What is set, as text that set_from_text takes.
std::string text_of(const Setting& setting, Settings& settings);

// Separated by commas, trimmed, empty ones left out.
std::vector<std::string> split_list(std::string_view text);

// The nearest of `known`, or nothing if none is near: " Did you mean X?" or "".
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

}  // namespace certes::config
