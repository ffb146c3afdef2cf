#pragma once
// What is erased, as records of `dead-letters` say it: they name events and dead letters of their partition by their
// places, of which history lets go, and takes in nothing any more. Where the log lets go of them too that is the end of
// it; where it cannot (Kafka) this keeps them out of an index that is made anew: such a record stands behind what it
// names, and the index is filled from the log's end. Who: the work of an erasure writes them, the index goes by them.
// Pure.

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/log/record.hpp"

namespace certes::api::history {

// Offsets with spaces between, as certes-discards has them.
inline constexpr std::string_view kErasedEvents = "certes-erased-events";
inline constexpr std::string_view kErasedLetters = "certes-erased-letters";

struct ErasedPlaces {
  std::vector<std::int64_t> events, letters;
};
// Of letters what does not stand below it is left out.
ErasedPlaces erased_by(const log::StoredRecord& record);

}  // namespace certes::api::history
