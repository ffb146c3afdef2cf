#pragma once
// How a record lies in its BLOB: append time (i64), size of the key (u32, 0xffffffff: none), size of the headers (u32),
// key, headers, value; little endian, as all our machines are. A mark stands in the first place of a gap where records
// were erased: append time of the first of them, twice 0xffffffff, the first offset behind the gap (i64): so a gap
// costs one row, and is told from damage. Who: the writer and the readers. Pure.

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
// The record in these bytes; null: they are none.
RecordPtr decode(Topic topic, std::int32_t partition, std::int64_t offset, std::string_view bytes);
// Of the first kAppendTimeBytes of a record, or a mark.
std::optional<UnixMillis> append_time(std::string_view bytes);

inline constexpr std::size_t kMarkBytes = 24;
struct Mark {
  UnixMillis appended_at = 0;
  std::int64_t end = 0;
};
void encode(const Mark& mark, std::string& out);
// The statement for the row at ?1, or the one before it: its offset, and its bytes if they may be a mark's.
std::string mark_before(const std::string& table);
// Nothing: these are not the bytes of a mark.
std::optional<Mark> decode_mark(std::string_view bytes);

}  // namespace certes::log::sqlite
