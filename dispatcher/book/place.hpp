#pragma once
// Place: where a record of the log stands: the one an outcome is of, a dead letter was made from. Who: everything in
// the dispatcher that names a record. Plain values; any thread.

#include <compare>
#include <cstdint>
#include <string>

#include "common/log/record.hpp"

namespace certes::dispatcher {

struct Place {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  log::Topic topic = log::Topic::events;
  auto operator<=>(const Place&) const = default;
};

inline Place place_of(const log::StoredRecord& record) { return {record.partition, record.offset, record.topic}; }
// "3:7", as in certes-origin: without the topic.
inline std::string text_of(const Place& place) {
  return std::to_string(place.partition) + ":" + std::to_string(place.offset);
}

}  // namespace certes::dispatcher
