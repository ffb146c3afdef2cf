#include "common/registry/own_headers.hpp"

#include <algorithm>

#include "common/registry/resource_json.hpp"

namespace certes::registry {
namespace {

constexpr std::size_t kMaxHeaderName = 128;
// Certes sets these itself, or the connection belongs to them.
constexpr std::string_view kOwnHeaders[] = {
    "host",    "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te",
    "trailer", "expect",         "content-type",      "traceparent"};
constexpr std::string_view kOwnPrefixes[] = {"webhook-", "svix-", "ce-", "certes-", "proxy-"};

}  // namespace

std::optional<std::string> wrong_header_name(std::string_view name) {
  if (name.size() > kMaxHeaderName || !valid_header_name(name)) return "is no name of a header";
  const std::string known = lower_case(name);
  if (std::ranges::count(kOwnHeaders, std::string_view(known)) > 0 ||
      std::ranges::any_of(kOwnPrefixes, [&](std::string_view prefix) { return known.starts_with(prefix); }))
    return "is a header that Certes sets itself";
  return std::nullopt;
}

bool fit_header_value(std::string_view value) {
  return std::ranges::none_of(value,
                              [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

}  // namespace certes::registry
