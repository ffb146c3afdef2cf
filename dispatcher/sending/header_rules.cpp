#include "dispatcher/sending/header_rules.hpp"

#include <algorithm>
#include <array>

#include "common/event/attributes.hpp"

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

bool control_character(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

bool ours(std::string_view name) {
  const auto prefix = [name](std::string_view ours) {
    return event::equal_ignoring_case(name.substr(0, ours.size()), ours);
  };
  return std::ranges::any_of(kOurs, [name](auto ours) { return event::equal_ignoring_case(name, ours); }) ||
         std::ranges::any_of(kOurPrefixes, prefix);
}

}  // namespace

bool fit_value(std::string_view value) { return std::ranges::none_of(value, control_character); }

bool may_set(std::string_view name, std::string_view value) {
  return event::valid_header_name(name) && fit_value(value) && !ours(name);
}

bool may_forward(std::string_view name, std::string_view value) {
  return may_set(name, value) && !event::carries_credentials(name);
}

void append_percent_encoded(std::string& out, std::string_view value) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  const auto plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '"' && c != '%';
  };
  while (!value.empty()) {
    const auto end = std::ranges::find_if_not(value, plain);
    const auto run = static_cast<std::size_t>(end - value.begin());
    out.append(value.substr(0, run));
    value.remove_prefix(run);
    if (value.empty()) return;
    const auto byte = static_cast<unsigned char>(value.front());
    const char encoded[] = {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    out.append(encoded, sizeof encoded);
    value.remove_prefix(1);
  }
}

}  // namespace certes::dispatcher
