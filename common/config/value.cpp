// How one setting is set from text, written as text and checked.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "common/config/table.hpp"

namespace certes::config {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

template <class T>
Result<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty())
    return fail(Code::invalid, "must be " + std::string(std::is_integral_v<T> ? "an integer" : "a number") +
                                   ", not \"" + std::string(text) + "\"");
  return value;
}

Result<bool> parse_bool(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return fail(Code::invalid, "must be true or false, not \"" + std::string(text) + "\"");
}

std::string number(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return std::string(text, error == std::errc{} ? end : text);
}

std::string join(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

bool is_choice(std::string_view value, std::string_view choices) {
  for (std::size_t at = 0; at <= choices.size();) {
    const std::size_t end = std::min(choices.find('|', at), choices.size());
    if (choices.substr(at, end - at) == value) return true;
    at = end + 1;
  }
  return false;
}

std::string choices_in_words(std::string_view choices) {
  std::string words(choices.starts_with('|') ? choices.substr(1) : choices);
  for (std::size_t at = 0; (at = words.find('|', at)) != std::string::npos; at += 4) words.replace(at, 1, " or ");
  return words;
}

Result<void> check_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool v6_without_brackets = colon != std::string_view::npos && !text.starts_with('[') && text.find(':') != colon;
  if (colon == std::string_view::npos || colon == 0 || v6_without_brackets)
    return fail(Code::invalid, "must be host:port or [v6]:port, not \"" + std::string(text) + "\"");
  const auto port = parse_number<int>(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65'535)
    return fail(Code::invalid, "has no port from 0 to 65535: \"" + std::string(text) + "\"");
  return {};
}

Result<void> check_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  unsigned char bytes[16];
  const bool v4 = ::inet_pton(AF_INET, address.c_str(), bytes) == 1;
  const bool v6 = !v4 && ::inet_pton(AF_INET6, address.c_str(), bytes) == 1;
  bool good = v4 || v6;
  if (good && slash != std::string::npos) {
    const auto bits = parse_number<int>(std::string_view(text).substr(slash + 1));
    good = bits && *bits >= 0 && *bits <= (v4 ? 32 : 128);
  }
  if (good) return {};
  return fail(Code::invalid, "must be networks like 10.0.0.0/8 or fd00::/8, not \"" + text + "\"");
}

Result<void> check_range(const Setting& setting, double value) {
  if (std::isfinite(value) && value >= setting.min && (setting.max == 0 || value <= setting.max)) return {};
  std::string range = "must be at least " + number(setting.min);
  if (setting.max != 0) range = "must be from " + number(setting.min) + " to " + number(setting.max);
  return fail(Code::invalid, range + ", not " + number(value));
}

// Kafka's names have at most 249 characters; the longest of ours behind it has twelve.
Result<void> check_topic_prefix(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (text.size() <= kLongest && std::all_of(text.begin(), text.end(), fits)) return {};
  return fail(Code::invalid,
              "must be at most 200 letters, digits, '.', '_' and '-', not \"" + std::string(text) + "\"");
}

Result<void> check_string(const Setting& setting, const std::string& value) {
  if (setting.form == Form::choice && !is_choice(value, setting.choices))
    return fail(Code::invalid, "must be " + choices_in_words(setting.choices) + ", not \"" + value + "\"");
  if (setting.form == Form::address || (setting.form == Form::address_or_none && !value.empty()))
    return check_address(value);
  if (setting.form == Form::topic_prefix) return check_topic_prefix(value);
  if (setting.form == Form::addresses)
    for (const std::string& item : split_list(value))
      if (auto checked = check_address(item); !checked) return checked;
  return {};
}

Result<void> check_list(const Setting& setting, const std::vector<std::string>& items) {
  if (setting.form == Form::networks)
    for (const std::string& item : items)
      if (auto checked = check_network(item); !checked) return checked;
  return {};
}

Result<void> assign(std::string& to, std::string_view text) {
  to = text;
  return {};
}
Result<void> assign(std::vector<std::string>& to, std::string_view text) {
  to = split_list(text);
  return {};
}
Result<void> assign(bool& to, std::string_view text) {
  const auto value = parse_bool(text);
  if (!value) return fail(value.error());
  to = *value;
  return {};
}
template <class T>
Result<void> assign(T& to, std::string_view text) {
  const auto value = parse_number<T>(text);
  if (!value) return fail(value.error());
  to = *value;
  return {};
}

template <class T>
std::string written(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) return value;
  if constexpr (std::is_same_v<T, std::vector<std::string>>) return join(value);
  if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
  if constexpr (std::is_same_v<T, double>) return number(value);
  if constexpr (std::is_same_v<T, int> || std::is_same_v<T, std::int64_t>) return std::to_string(value);
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
  return std::visit([&](auto place) -> Result<void> { return assign(*place(settings), trim(text)); }, setting.place);
}

std::string text_of(const Setting& setting, Settings& settings) {
  return std::visit([&](auto place) { return written(*place(settings)); }, setting.place);
}

Result<void> check_value(const Setting& setting, Settings& settings) {
  return std::visit(
      [&](auto place) -> Result<void> {
        const auto& value = *place(settings);
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string>)
          return check_string(setting, value);
        else if constexpr (std::is_same_v<Value, std::vector<std::string>>)
          return check_list(setting, value);
        else if constexpr (std::is_same_v<Value, bool>)
          return {};
        else
          return check_range(setting, static_cast<double>(value));
      },
      setting.place);
}

}  // namespace certes::config
