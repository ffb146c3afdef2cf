#include "common/event/own_names.hpp"

#include "common/event/attributes.hpp"

namespace certes::event {
namespace {

constexpr std::string_view kOwnWord = "certes";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

bool is_own_type(std::string_view type) { return type.substr(0, type.find('.')) == kOwnWord; }

std::string percent_decoded(std::string_view source) {
  std::string decoded;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const bool escape =
        source[i] == '%' && i + 2 < source.size() && hex_value(source[i + 1]) >= 0 && hex_value(source[i + 2]) >= 0;
    decoded += escape ? static_cast<char>(hex_value(source[i + 1]) * 16 + hex_value(source[i + 2])) : source[i];
    if (escape) i += 2;
  }
  return decoded;
}

bool is_own_source(std::string_view source) {
  const auto is_own = [](std::string_view name) {
    return name.size() > kOwnUrn.size() && equal_ignoring_case(name.substr(0, kOwnUrn.size()), kOwnUrn) &&
           name.find('/') != name.npos;
  };
  return source.find('%') == source.npos ? is_own(source) : is_own(percent_decoded(source));
}

Result<void> check_not_own(std::string_view type, std::string_view source, const NamePlaces& places) {
  if (is_own_type(type))
    return fail(Code::forbidden, "types whose first word is 'certes' are Certes' own", std::string(places.type));
  if (is_own_source(source))
    return fail(Code::forbidden, "sources of the form urn:certes:TENANT/… are Certes' own", std::string(places.source));
  return {};
}

}  // namespace certes::event
