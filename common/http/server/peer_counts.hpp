#pragma once
// PeerCounts: how many connections each peer has, so that none has more than its share. An IPv6 peer is its /64:
// whoever has one address there has them all. Who: the server, where the limit is set. Any thread.

#include <cstdint>
#include <mutex>
#include <unordered_map>

struct sockaddr_storage;

namespace certes::http {

using PeerKey = std::uint64_t;
// Never 0.
PeerKey peer_key(const sockaddr_storage& address);

class PeerCounts {
 public:
  // One more, unless it has `limit`.
  bool take(PeerKey peer, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[peer];
    if (count >= limit) return false;
    ++count;
    return true;
  }
  void give_back(PeerKey peer) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(peer);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }
  std::size_t peers() const {
    const std::lock_guard lock(mutex_);
    return counts_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<PeerKey, std::size_t> counts_;  // guarded by mutex_
};

}  // namespace certes::http
