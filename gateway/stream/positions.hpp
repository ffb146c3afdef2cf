#pragma once
// Positions: how far a watcher has come in each partition of events, and the id that says so. The id is opaque to
// clients: "p", then the next offset of each partition in base 36, joined by '-'. Who: gateway/stream. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace certes::gateway::stream {

using Positions = std::vector<std::int64_t>;  // by partition: the offset of the next record

std::string to_id(const Positions& positions);
// What an id says; of partitions that were added since, the start (0). Nothing: it is no id of such a log.
std::optional<Positions> parse_id(std::string_view id, std::size_t partitions);

}  // namespace certes::gateway::stream
