// How one setting is made of what is given for it, checked once, and written as text.
#include <charconv>
#include <cmath>
#include <type_traits>

#include "common/base/seconds.hpp"
#include "common/config/forms.hpp"
#include "common/config/table.hpp"
#include "common/config/toml.hpp"

namespace certes::config {
namespace {

// What a setting of type T is given as: whole numbers of any size, and durations as a number of seconds.
template <class T>
using Given = std::conditional_t<std::is_same_v<T, int> || std::is_same_v<T, std::size_t>, std::int64_t,
                                 std::conditional_t<std::is_same_v<T, Millis>, double, T>>;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string number(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return std::string(text, error == std::errc{} ? end : text);
}

template <class T>
Result<T> from_text(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty())
    return fail(Code::invalid, "must be " + std::string(std::is_integral_v<T> ? "an integer" : "a number") +
                                   ", not \"" + std::string(text) + "\"");
  return value;
}
template <>
Result<bool> from_text<bool>(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return fail(Code::invalid, "must be true or false, not \"" + std::string(text) + "\"");
}
template <>
Result<std::string> from_text<std::string>(std::string_view text) {
  return std::string(text);
}
template <>
Result<std::vector<std::string>> from_text<std::vector<std::string>>(std::string_view text) {
  return split_list(text);
}

tl::unexpected<Error> wrong_kind(std::string_view expected, const TomlValue& value) {
  return fail(Code::invalid, "must be " + std::string(expected) + ", not " + std::string(to_string(value.kind)));
}

template <class T>
Result<T> from_toml(const TomlValue& value);
template <>
Result<std::string> from_toml<std::string>(const TomlValue& value) {
  if (value.kind != TomlValue::Kind::string) return wrong_kind("a string", value);
  return value.text;
}
template <>
Result<bool> from_toml<bool>(const TomlValue& value) {
  if (value.kind != TomlValue::Kind::boolean) return wrong_kind("true or false", value);
  return value.boolean;
}
template <>
Result<std::int64_t> from_toml<std::int64_t>(const TomlValue& value) {
  if (value.kind != TomlValue::Kind::integer) return wrong_kind("an integer", value);
  return value.integer;
}
template <>
Result<double> from_toml<double>(const TomlValue& value) {
  if (value.kind == TomlValue::Kind::integer) return static_cast<double>(value.integer);
  if (value.kind != TomlValue::Kind::real) return wrong_kind("a number", value);
  return value.real;
}
template <>
Result<std::vector<std::string>> from_toml<std::vector<std::string>>(const TomlValue& value) {
  if (value.kind != TomlValue::Kind::array) return wrong_kind("a list of strings", value);
  std::vector<std::string> items;
  for (const TomlValue& item : value.items) {
    if (item.kind != TomlValue::Kind::string) return wrong_kind("a list of strings", value);
    items.push_back(item.text);
  }
  return items;
}

Result<void> check_range(const Setting& setting, double value) {
  if (std::isfinite(value) && value >= setting.min && (setting.max == 0 || value <= setting.max)) return {};
  std::string range = "must be at least " + number(setting.min);
  if (setting.max != 0) range = "must be from " + number(setting.min) + " to " + number(setting.max);
  return fail(Code::invalid, range + ", not " + number(value));
}

// Takes what is of its form, or in range.
template <class T>
Result<void> take(const Setting& setting, T& to, Given<T> given) {
  if constexpr (std::is_arithmetic_v<Given<T>> && !std::is_same_v<T, bool>) {
    if (auto checked = check_range(setting, static_cast<double>(given)); !checked) return checked;
    if constexpr (std::is_same_v<T, Millis>)
      to = millis_of(given);
    else
      to = static_cast<T>(given);
  } else {
    if constexpr (!std::is_same_v<T, bool>)
      if (auto checked = check_form(setting, given); !checked) return checked;
    to = std::move(given);
  }
  return {};
}

std::string join(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

template <class T>
std::string written(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) return value;
  if constexpr (std::is_same_v<T, std::vector<std::string>>) return join(value);
  if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
  if constexpr (std::is_same_v<T, double>) return number(value);
  if constexpr (std::is_same_v<T, Millis>) return number(seconds_of(value));
  if constexpr (std::is_same_v<T, int> || std::is_same_v<T, std::size_t>) return std::to_string(value);
}

}  // namespace

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    if (const auto item = trim(text.substr(at, end - at)); !item.empty()) items.emplace_back(item);
    at = end + 1;
  }
  return items;
}

Result<void> set_from_text(const Setting& setting, Settings& settings, std::string_view text) {
  return std::visit(
      [&](auto place) -> Result<void> {
        auto& to = *place(settings);
        auto given = from_text<Given<std::remove_cvref_t<decltype(to)>>>(trim(text));
        if (!given) return fail(std::move(given.error()));
        return take(setting, to, std::move(*given));
      },
      setting.place);
}

Result<void> set_from_toml(const Setting& setting, Settings& settings, const TomlValue& value) {
  return std::visit(
      [&](auto place) -> Result<void> {
        auto& to = *place(settings);
        auto given = from_toml<Given<std::remove_cvref_t<decltype(to)>>>(value);
        if (!given) return fail(std::move(given.error()));
        return take(setting, to, std::move(*given));
      },
      setting.place);
}

std::string text_of(const Setting& setting, Settings& settings) {
  return std::visit([&](auto place) { return written(*place(settings)); }, setting.place);
}

}  // namespace certes::config
