#pragma once
// How a record lies in its BLOB: append time (i64), size of the key (u32, 0xffffffff: none), size of the headers (u32),
// key, headers, value; little endian, as all our machines are. Who: the writer and the readers. Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/log/record.hpp"

namespace certes::log::sqlite {

inline constexpr std::size_t kAppendTimeBytes = sizeof(UnixMillis);

// Replaces what `out` holds, so that its memory is used again.
void encode(const StoredRecord& record, std::string& out);
// Fills all but topic, partition and offset. False: these are not the bytes of a record.
bool decode(std::string_view bytes, StoredRecord& out);
// Of the first kAppendTimeBytes of a record.
std::optional<UnixMillis> append_time(std::string_view bytes);

}  // namespace certes::log::sqlite
