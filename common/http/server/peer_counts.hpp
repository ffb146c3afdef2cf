#pragma once
// PeerCounts: how many connections each peer has, so that none has more than its share. An IPv6 peer is its /64:
// whoever has one address there has them all. Who: the server, where the limit is set. Any thread.

#include <cstdint>
#include <unordered_map>

#include "common/base/mutex.hpp"

struct sockaddr_storage;

namespace certes::http {

using PeerKey = std::uint64_t;
// Never 0.
PeerKey peer_key(const sockaddr_storage& address);

class PeerCounts {
 public:
  // One more, unless it has `limit`.
  bool take(PeerKey peer, std::size_t limit) {
    const Lock lock(mutex_);
    std::size_t& count = counts_[peer];
    if (count >= limit) return false;
    ++count;
    return true;
  }
  void give_back(PeerKey peer) {
    const Lock lock(mutex_);
    const auto found = counts_.find(peer);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }
  std::size_t peers() const {
    const Lock lock(mutex_);
    return counts_.size();
  }

 private:
  mutable Mutex mutex_;
  std::unordered_map<PeerKey, std::size_t> counts_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::http
