#include "dispatcher/intake/duplicates.hpp"

#include <algorithm>

namespace certes::dispatcher {

bool Duplicates::seen(const log::Identity& identity, std::int64_t offset, UnixMillis at) {
  passed(offset);
  while (identities_.oldest() && at - identities_.oldest()->at > window_.count()) identities_.drop_oldest();
  if (auto* known = identities_.find(identity)) {
    // Of a partition that was read back from the middle, older ones may stand behind younger ones.
    if (known->value < offset && at - known->at <= window_.count()) return true;
    if (known->value < offset) known->at = at;
    known->value = offset;
    return false;
  }
  identities_.add(identity, offset, at);
  return false;
}

void Duplicates::clear() {
  identities_.clear();
  next_ = 0;
}

std::size_t Duplicates::most_within(std::size_t bytes, std::int32_t partitions) {
  return Identities::most_within(bytes / static_cast<std::size_t>(std::max(1, partitions)));
}

}  // namespace certes::dispatcher
