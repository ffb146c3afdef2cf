#pragma once
// OwnListeners: where this process listens. An endpoint must not be one of these, however its address is allowed: a
// delivery to ourselves would be an event that begets itself, or a call to the Master API from within. Who:
// AddressPolicy and its copies, which share it; Runtime fills it when the listeners are bound. Any thread.

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/mutex.hpp"
#include "common/http/networks.hpp"

namespace certes::http {

class OwnListeners {
 public:
  // `listeners`: numeric host:port, [v6]:port; 0.0.0.0 and :: are every address of this machine.
  void set(const std::vector<std::string>& listeners);
  bool contains(const Networks::Bytes& address, std::uint16_t port) const;

 private:
  struct Listening {
    Networks::Bytes address;
    std::uint16_t port;
  };
  mutable Mutex mutex_;
  std::vector<Listening> listening_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::http
