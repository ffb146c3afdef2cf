#pragma once
// The stamp of a record of `events`: how far who appended it had followed the registry. With it, whether the event came
// before or after a change does not depend on the clocks of two brokers (common/registry/fate.hpp). Who: gateways,
// the Master API and dispatchers give one with each append; dispatchers read it. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "common/log/record.hpp"

namespace certes::event {

// The next offset of the registry's topic: every change below it is known. Any thread; empty: it is not known.
using RegistryPosition = std::function<std::int64_t()>;

// Asked for as the record is appended, not before. A record has one stamp at most.
void stamp(log::Record& record, const RegistryPosition& position);
inline constexpr std::size_t kMostStampBytes = 39;  // that a record grows by

// The value of the header. Nothing: it is no number of at most 18 digits.
std::optional<std::int64_t> read_stamp(std::string_view value);
// Nothing: somebody else appended it.
std::optional<std::int64_t> stamp_of(const log::StoredRecord& record);

}  // namespace certes::event
