#pragma once
// The fields of a form or query (application/x-www-form-urlencoded). Who: the HTTP server, ingest, filters. Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace certes {

using FormFields = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t kMaxFormFields = 1'000;

// In their order, decoded ('+' is a space); a field without '=' has an empty value. Nothing if a percent sign does not
// begin an escape, or there are more than kMaxFormFields: a megabyte of `a&a&a` costs as much as fifty of JSON.
std::optional<FormFields> parse_form(std::string_view text);
// The first of that name.
std::optional<std::string> form_field(const FormFields& fields, std::string_view name);

// Nothing if a percent sign does not begin an escape.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

}  // namespace certes
