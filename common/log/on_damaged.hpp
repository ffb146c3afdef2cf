#pragma once
// What becomes of records that are missing or cannot be decoded (store.on_damaged). What readers go on behind is lost
// to them, counted and told; where they stay, read() gives what stands before it and then an error of code internal,
// for ever. The registry's reader goes on only where that was asked for: a change that is left out makes another
// registry of what stands behind it. Who: engines.

#include <cstdint>

#include "common/log/record.hpp"

namespace certes::log {

enum class OnDamaged : std::uint8_t {
  unsaid,  // readers go on, the registry's stays
  skip,    // all go on
  stop,    // all stay
};

inline bool goes_on(OnDamaged on_damaged, Topic topic) {
  return topic == Topic::registry ? on_damaged == OnDamaged::skip : on_damaged != OnDamaged::stop;
}

}  // namespace certes::log
