#pragma once
// What a server counts: each loop for itself, without a lock; read by any thread. It may outlive its server, so that a
// scrape never meets half of one. Who: the server's loops write, metrics read.

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string_view>

#include "common/http/server/unfinished.hpp"

namespace certes::http {

// One thread writes, any reads.
class Tally {
 public:
  void add() { value_.store(get() + 1, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Why a client was not taken, what it was waited for in vain, and with which status something was refused that is no
// request.
enum class Full : std::uint8_t { connections, per_peer, descriptors, unfinished_bytes };
inline constexpr std::array<std::string_view, 4> kFullNames{"connections", "per_peer", "descriptors",
                                                            "unfinished_bytes"};
enum class Late : std::uint8_t { handshake, idle, header, body, write };
inline constexpr std::array<std::string_view, 5> kLateNames{"handshake", "idle", "header", "body", "write"};
inline constexpr std::array<int, 10> kRefusedStatuses{400, 408, 413, 414, 417, 431, 501, 503, 505, 0};  // 0: others

struct LoopCounters {
  Tally accepted, requests, handshakes, failed_handshakes;
  std::array<Tally, kFullNames.size()> full;
  std::array<Tally, kLateNames.size()> late;
  std::array<Tally, kRefusedStatuses.size()> refused;

  void count(Full reason) { full[static_cast<std::size_t>(reason)].add(); }
  void count(Late reason) { late[static_cast<std::size_t>(reason)].add(); }
  void count_refused(int status) {
    std::size_t i = 0;
    while (kRefusedStatuses[i] != status && kRefusedStatuses[i] != 0) ++i;
    refused[i].add();
  }
};

// Pooled requests of one kind; any thread.
struct JobCounters {
  std::atomic<std::size_t> waiting{0};
  std::atomic<std::uint64_t> refused{0};
};

struct ServerCounters {
  ServerCounters(std::size_t count, std::size_t connections_max, std::size_t unfinished_max_bytes)
      : max_connections(connections_max), unfinished(unfinished_max_bytes, count), loops(count) {}

  template <class Pick>
  std::uint64_t sum(Pick pick) const {
    std::uint64_t total = 0;
    for (const LoopCounters& loop : loops) total += pick(loop).get();
    return total;
  }

  const std::size_t max_connections;
  UnfinishedBudget unfinished;
  std::deque<LoopCounters> loops;
  std::atomic<std::size_t> open{0};  // connections of all loops
  JobCounters short_jobs, lengthy_jobs;
};

}  // namespace certes::http
