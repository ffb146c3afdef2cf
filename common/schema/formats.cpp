#include "common/schema/formats.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace certes::schema {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool in(std::string_view set, char c) { return set.find(c) != set.npos; }

// `shape`: 0 stands for a digit, all else for itself.
bool has_shape(std::string_view text, std::string_view shape) {
  return text.size() == shape.size() && std::equal(text.begin(), text.end(), shape.begin(), [](char c, char wanted) {
           return wanted == '0' ? in(kDigits, c) : c == wanted;
         });
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

bool is_date(std::string_view text) {
  if (!has_shape(text, "0000-00-00")) return false;
  const int year = number(text.substr(0, 4)), month = number(text.substr(5, 2)), day = number(text.substr(8, 2));
  if (month < 1 || month > 12) return false;
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day >= 1 && day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool is_offset(std::string_view text) {
  if (text == "Z" || text == "z") return true;
  return (has_shape(text, "+00:00") || has_shape(text, "-00:00")) && number(text.substr(1, 2)) < 24 &&
         number(text.substr(4, 2)) < 60;
}

bool is_time(std::string_view text) {
  if (text.size() < 9 || !has_shape(text.substr(0, 8), "00:00:00")) return false;
  if (number(text.substr(0, 2)) > 23 || number(text.substr(3, 2)) > 59 || number(text.substr(6, 2)) > 60) return false;
  text.remove_prefix(8);
  if (text.front() == '.') {
    const std::size_t end = text.find_first_not_of(kDigits, 1);
    if (end == text.npos || end == 1) return false;
    text.remove_prefix(end);
  }
  return is_offset(text);
}

bool is_date_time(std::string_view text) {
  return text.size() > 11 && is_date(text.substr(0, 10)) && (text[10] == 'T' || text[10] == 't') &&
         is_time(text.substr(11));
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !in("0123456789abcdefABCDEF", text[i])) return false;
  }
  return true;
}

// One '@', something before it, words joined by '.' behind it, no space.
bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == text.npos || text.find('@', at + 1) != text.npos || text.size() > 320) return false;
  const std::string_view host = text.substr(at + 1);
  const bool printable =
      std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 32 && c != 127; });
  return printable && !host.empty() && host.front() != '.' && host.back() != '.' && host.find("..") == host.npos;
}

bool is_address(int family, std::string_view text) {
  unsigned char bytes[16];
  return text.size() < 46 && text.find('\0') == text.npos && inet_pton(family, std::string(text).c_str(), bytes) == 1;
}

// With a scheme, of RFC 3986's characters, '%' before two hexadecimal digits.
bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == text.npos || !in(kLetters, text[0])) return false;
  for (const char c : text.substr(0, colon))
    if (!in(kLetters, c) && !in(kDigits, c) && !in("+-.", c)) return false;
  for (std::size_t i = colon + 1; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !std::isxdigit(static_cast<unsigned char>(text[i + 1])) ||
          !std::isxdigit(static_cast<unsigned char>(text[i + 2])))
        return false;
    } else if (!in(kLetters, text[i]) && !in(kDigits, text[i]) && !in("-._~:/?#[]@!$&'()*+,;=", text[i])) {
      return false;
    }
  }
  return true;
}

struct Format {
  std::string_view name;
  bool (*has)(std::string_view text);
};
constexpr Format kFormats[] = {{"date-time", is_date_time},
                               {"date", is_date},
                               {"time", is_time},
                               {"uuid", is_uuid},
                               {"email", is_email},
                               {"ipv4", [](std::string_view text) { return is_address(AF_INET, text); }},
                               {"ipv6", [](std::string_view text) { return is_address(AF_INET6, text); }},
                               {"uri", is_uri}};

const Format* find(std::string_view name) {
  const auto* const found = std::ranges::find(kFormats, name, &Format::name);
  return found == std::end(kFormats) ? nullptr : found;
}

}  // namespace

bool known_format(std::string_view name) { return find(name) != nullptr; }

bool has_format(std::string_view name, std::string_view text) {
  const Format* const format = find(name);
  return format != nullptr && format->has(text);
}

bool is_multiple(double value, double divisor) {
  if (std::floor(divisor) == divisor) return std::isfinite(value) && std::fmod(value, divisor) == 0;
  const double nearest = std::round(value / divisor);
  return std::isfinite(nearest) &&
         std::fabs(nearest * divisor - value) <= 4 * std::numeric_limits<double>::epsilon() * std::fabs(value);
}

}  // namespace certes::schema
