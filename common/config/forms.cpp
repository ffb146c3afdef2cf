#include "common/config/forms.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace certes::config {
namespace {

std::optional<unsigned> digits(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
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
  const auto port = digits(text.substr(colon + 1));
  if (!port || *port > 65'535) return fail(Code::invalid, "has no port from 0 to 65535: \"" + std::string(text) + "\"");
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
    const auto bits = digits(std::string_view(text).substr(slash + 1));
    good = bits && *bits <= (v4 ? 32 : 128);
  }
  if (good) return {};
  return fail(Code::invalid, "must be networks like 10.0.0.0/8 or fd00::/8, not \"" + text + "\"");
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

}  // namespace

Result<void> check_form(const Setting& setting, const std::string& value) {
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

Result<void> check_form(const Setting& setting, const std::vector<std::string>& items) {
  if (setting.form == Form::networks)
    for (const std::string& item : items)
      if (auto checked = check_network(item); !checked) return checked;
  return {};
}

}  // namespace certes::config
