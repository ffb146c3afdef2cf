#pragma once
// What an event's attributes may hold, whatever form it came in. They end up in record headers and in HTTP headers, so
// they are bounded and free of control characters. Who: the readers of all forms, record views, ingest. Any thread.

#include <cstdint>
#include <string_view>

namespace certes::event {

enum class Attribute : std::uint8_t {
  id,
  source,
  type,
  subject,
  time,
  partition_key,
  conversation_id,
  cause_id,
  data_content_type,
  extension,
};

inline constexpr std::size_t kMaxUriBytes = 1'024;        // source, subject, content type
inline constexpr std::size_t kMaxExtensionBytes = 4'096;  // value of an extension attribute
inline constexpr std::size_t kMaxExtensions = 64;
inline constexpr std::size_t kNamedAttributes = 16;    // at most so many attributes are no extensions
inline constexpr std::size_t kMaxHeaderBytes = 8'192;  // value of a header that travels on

// By its name as CloudEvents writes it: "partitionkey"; Attribute::extension for what has no rule of its own.
Attribute attribute_of(std::string_view name);

// CloudEvents' Correlation extension: what Certes calls conversationid and causeid, read where those are missing.
inline constexpr std::string_view kCorrelation = "correlationid";
inline constexpr std::string_view kCausation = "causationid";

// Why `value` may not stand there, as the end of a sentence ("is longer than …"); empty: it may. Precondition: UTF-8.
std::string_view flaw(Attribute attribute, std::string_view value);

// The same for a header that is carried as it came (any bytes); it may be empty.
std::string_view header_flaw(std::string_view value);

bool valid_utf8(std::string_view text);
bool has_control_character(std::string_view utf8);  // C0, DEL, C1
// CloudEvents: [a-z0-9]+, here at most 64.
bool valid_attribute_name(std::string_view name);
bool valid_header_name(std::string_view name);  // a token (RFC 9110)
// Authorization and the like: what proves who a caller is, is for Certes alone and never forwarded.
bool carries_credentials(std::string_view header_name);

// "Application/JSON; charset=utf-8" → "Application/JSON".
std::string_view media_type(std::string_view content_type);
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool is_json(std::string_view content_type);  // …/json or …+json

}  // namespace certes::event
