#pragma once
// Picks of the contract suite: runs asked for, and waited for. Confined to the test's thread.

#include <map>
#include <vector>

#include "tests/contract/fixture.hpp"

namespace certes::contract {

// Records whose values are their numbers, filled up with blanks.
std::vector<log::Record> numbered(int count, std::size_t bytes = 0);
// Of "17   ": 17.
std::int64_t number_of(const log::StoredRecord& stored);

std::vector<log::OffsetRange> points(const std::vector<std::int64_t>& offsets);
// Without a bound of time.
log::PickRun run_of(log::Topic topic, std::int32_t partition, std::vector<log::OffsetRange> wanted);

// One run to its last result, which is in the list too.
std::vector<log::Picked> ended(Fixture& f, log::Picker& picker, log::PickRun run);

using Fates = std::map<std::int64_t, log::Picked>;
// All that is wanted, asked for again as long as that may help. What is left has no fate.
Fates pick(Fixture& f, log::Picker& picker, log::PickRun run);
Fates pick(Fixture& f, log::Topic topic, std::int32_t partition, std::vector<log::OffsetRange> wanted);

std::size_t count(const Fates& fates, log::PickFate fate);
bool is(const Fates& fates, std::int64_t offset, log::PickFate fate);

}  // namespace certes::contract
