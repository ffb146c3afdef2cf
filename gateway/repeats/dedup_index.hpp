#pragma once
// DedupIndex: which (source, id) are on the log, for engines that cannot tell by themselves
// (Log::exact_deduplication): what this gateway has appended, and what DedupFollower reads of others and of before.
// Bounded by number and time; 80 bytes an identity. An entry is pending while its append is; a repeat then shares its
// fate, and a failed append is forgotten. Who: ingest, one for all loops of a gateway. Any thread: a mutex for each of
// the shards, held for a look-up; waiters are called without it.

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/log/identity_window.hpp"
#include "common/log/log.hpp"

namespace certes::gateway::ingest {

class DedupIndex {
 public:
  // Called once, by the thread that settles the first one's append.
  using Waiter = std::function<void(log::AppendOutcome outcome)>;
  enum class State {
    fresh,    // not seen: now pending, to be settled by the caller
    pending,  // the waiter was kept
    known,    // it is on the log
  };
  struct Seen {
    State state;
    std::string first_id;        // certes-id of the first; empty if fresh
    std::int32_t partition = 0;  // where it stands, if it is known
  };
  // Where a record stands.
  struct Place {
    std::int32_t partition = 0;
    std::int64_t offset = log::kNoOffset;
  };

  DedupIndex(std::size_t max_ids, Millis window);
  Seen begin(log::Identity identity, std::string_view certes_id, SteadyTime now, Waiter waiter);
  void settle(log::Identity identity, log::AppendOutcome outcome, Place place, SteadyTime now);
  // It was read there; `at`: when it was appended. Of two in one partition the lower one is the first.
  void learn(log::Identity identity, std::string_view certes_id, Place place, SteadyTime at, SteadyTime now);

  std::size_t size() const;   // pending ones included
  std::size_t bytes() const;  // of those that are not
  // How many fit into so many bytes.
  static std::size_t most_within(std::size_t bytes) { return Known::most_within(bytes); }

 private:
  static constexpr std::size_t kShards = 64;          // where there are many: growing one holds up few
  static constexpr std::size_t kMostIdBytes = 31;     // of certes-id: evt_ and 26
  static constexpr std::size_t kManyIds = 64 * 1024;  // less are one shard

  struct First {
    std::array<char, kMostIdBytes> id{};
    std::uint8_t id_size = 0;
    std::int32_t partition = 0;
    std::int64_t offset = log::kNoOffset;
    void name(std::string_view certes_id, Place place);
    std::string_view text() const { return {id.data(), id_size}; }
  };
  using Known = log::IdentityWindow<First>;
  struct Hash {
    std::size_t operator()(log::Identity id) const { return static_cast<std::size_t>(id.high ^ id.low); }
  };
  struct Pending {
    std::string first_id;
    std::vector<Waiter> waiters;
  };
  struct Shard {
    explicit Shard(std::size_t most) : known(most) {}
    mutable Mutex mutex;
    Known known CERTES_GUARDED_BY(mutex);
    std::unordered_map<log::Identity, Pending, Hash> pending CERTES_GUARDED_BY(mutex);
  };
  Shard& shard(log::Identity identity) { return *shards_[identity.high % shards_.size()]; }
  void expire(Shard& shard, std::int64_t now) const CERTES_REQUIRES(shard.mutex);
  bool within(std::int64_t at, std::int64_t now) const { return now - at < window_.count(); }

  const std::size_t max_ids_;
  const Millis window_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace certes::gateway::ingest
