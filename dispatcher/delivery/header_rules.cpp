#include "dispatcher/delivery/header_rules.hpp"

#include <algorithm>
#include <array>

namespace certes::dispatcher {
namespace {

constexpr std::array<std::string_view, 14> kOurs = {"traceparent",
                                                    "content-type",
                                                    "content-length",
                                                    "host",
                                                    "connection",
                                                    "keep-alive",
                                                    "expect",
                                                    "transfer-encoding",
                                                    "te",
                                                    "trailer",
                                                    "upgrade",
                                                    "tracestate",
                                                    "proxy-connection",
                                                    "proxy-authorization"};
constexpr std::array<std::string_view, 3> kOurPrefixes = {"webhook-", "ce-", "certes-"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool token_character(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == y; });
}

bool lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

bool may_forward(std::string_view name, std::string_view value) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), token_character)) return false;
  for (const char c : value)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return false;
  for (const auto ours : kOurs)
    if (same(name, ours)) return false;
  for (const auto prefix : kOurPrefixes)
    if (same(name.substr(0, prefix.size()), prefix)) return false;
  return true;
}

void append_percent_encoded(std::string& out, std::string_view value) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '"' && c != '%') {
      out.push_back(c);
      continue;
    }
    out.push_back('%');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
}

bool valid_traceparent(std::string_view value) {
  if (value.size() != 55 || value.substr(0, 3) != "00-" || value[35] != '-' || value[52] != '-') return false;
  const auto trace = value.substr(3, 32);
  const auto span = value.substr(36, 16);
  return lower_hex(trace) && lower_hex(span) && lower_hex(value.substr(53)) && !all_zero(trace) && !all_zero(span);
}

}  // namespace certes::dispatcher
