#include "common/event/request_headers.hpp"

#include <algorithm>
#include <array>

#include "common/event/attributes.hpp"

namespace certes::event {
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
  const auto prefix = [name](std::string_view ours) { return equal_ignoring_case(name.substr(0, ours.size()), ours); };
  return std::ranges::any_of(kOurs, [name](auto ours) { return equal_ignoring_case(name, ours); }) ||
         std::ranges::any_of(kOurPrefixes, prefix);
}

}  // namespace

bool fit_value(std::string_view value) { return std::ranges::none_of(value, control_character); }

bool may_set(std::string_view name, std::string_view value) {
  return valid_header_name(name) && fit_value(value) && !ours(name);
}

bool may_forward(std::string_view name, std::string_view value) {
  return may_set(name, value) && !carries_credentials(name);
}

bool may_make(std::string_view name) {
  const auto prefix = [name](std::string_view theirs) {
    return equal_ignoring_case(name.substr(0, theirs.size()), theirs);
  };
  return may_forward(name, {}) && !prefix("svix-") && !prefix("proxy-");
}

}  // namespace certes::event
