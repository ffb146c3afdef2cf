#pragma once
// Content codings (RFC 9110, 8.4): what a body is packed in. A webhook travels on as it came, packed; who looks into it
// unpacks a copy, bounded, for it may be anybody's. Who: gateway (extraction, schemas), API (schemas of dead letters).
// Pure; any thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/event/attributes.hpp"

namespace certes::event {

inline constexpr std::string_view kContentEncoding = "content-encoding";

// Of a request or a record, as it is written; empty: none. Several fields are one list.
template <class Fields>
std::string content_coding(const Fields& headers, std::string_view name = kContentEncoding) {
  std::string coding;
  for (const auto& header : headers)
    if (equal_ignoring_case(header.name, name) && !equal_ignoring_case(header.value, "identity"))
      coding.append(coding.empty() ? "" : ", ").append(header.value);
  return coding;
}

// Why a body that is taken only as it is, is not (415); nothing: it is not packed. The pointer is the header.
std::optional<Error> refuse_coding(std::string_view coding);

// How large something of so many bytes may be unpacked, where `most` is taken: a hundred times as large, and at least
// 64 KiB.
std::size_t most_unpacked(std::size_t bytes, std::size_t most);
// gzip and deflate, nothing in front or behind. Error: invalid, why it cannot be.
Result<std::string> unpack(std::string_view coding, std::string_view bytes, std::size_t most);

}  // namespace certes::event
