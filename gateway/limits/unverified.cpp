#include "gateway/limits/unverified.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "common/base/hash.hpp"
#include "common/crypto/crypto.hpp"
#include "common/http/server/peer_counts.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr double kSecond = 1e9;

std::int64_t nanoseconds(SteadyTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

// Of an IPv6 address its /64; what is no address is a peer of its own.
std::string network_of(std::string_view address) {
  std::string text(address);
  sockaddr_storage storage{};
  if (::inet_pton(AF_INET, text.c_str(), &reinterpret_cast<sockaddr_in&>(storage).sin_addr) == 1)
    storage.ss_family = AF_INET;
  else if (::inet_pton(AF_INET6, text.c_str(), &reinterpret_cast<sockaddr_in6&>(storage).sin6_addr) == 1)
    storage.ss_family = AF_INET6;
  else
    return text;
  return std::to_string(http::peer_key(storage));
}

}  // namespace

Unverified::Unverified(double per_second, std::size_t peers)
    : interval_(static_cast<std::int64_t>(std::max(1.0, kSecond / per_second))),
      burst_(std::max<std::int64_t>(1, static_cast<std::int64_t>(kSecond) / interval_) * interval_),
      sets_(std::max<std::size_t>(1, peers / kWays)),
      salt_(crypto::random_bytes(16)),
      slots_(sets_ * kWays) {}

Unverified::Sender Unverified::sender(std::string_view tenant, std::string_view source,
                                      std::string_view address) const {
  std::string name = salt_;
  name.append(tenant).append(1, '/').append(source).append(1, '/').append(network_of(address)).append(salt_);
  return hash64(name);
}

std::chrono::nanoseconds Unverified::wait(Sender sender, SteadyTime now) const {
  const Lock lock(mutex_);
  const Slot* const first = ways(sender);
  const Slot* const found = std::find_if(first, first + kWays, [&](const Slot& slot) { return slot.sender == sender; });
  if (found == first + kWays) return std::chrono::nanoseconds(0);
  const std::int64_t spent = std::max<std::int64_t>(0, found->spent_until - nanoseconds(now));
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, spent + interval_ - burst_));
}

void Unverified::failed(Sender sender, std::chrono::microseconds cost, SteadyTime now) {
  const std::int64_t at = nanoseconds(now);
  const std::int64_t took = std::max<std::int64_t>(1, cost / std::chrono::milliseconds(1)) * interval_;
  const Lock lock(mutex_);
  Slot* const first = ways(sender);
  Slot* slot = std::find_if(first, first + kWays, [&](const Slot& one) { return one.sender == sender; });
  if (slot == first + kWays) {
    slot = std::min_element(first, first + kWays,
                            [](const Slot& a, const Slot& b) { return a.spent_until < b.spent_until; });
    *slot = {sender, 0};
  }
  // Not further into debt than one burst more: it is told when to come again.
  slot->spent_until = std::min(std::max(slot->spent_until, at) + took, at + 2 * burst_);
}

}  // namespace certes::gateway::ingest
