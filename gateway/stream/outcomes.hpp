#pragma once
// Outcomes: what becomes of one event that a caller waits for, as its records on `attempts` tell it: which deliveries
// it has, how each stands, and whether all have ended. Who: OutcomeFeed. Pure, confined to one thread.

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/log/record.hpp"

namespace certes::gateway::stream {

class Outcomes {
 public:
  // One of its records; they may come again, and in any order. `room`: bytes of the answer that may be kept; a larger
  // one is left out. False: it was.
  bool take(const log::StoredRecord& record, std::size_t room);
  std::size_t bytes() const { return bytes_; }  // of the answers that are kept

  bool over() const;                     // all deliveries have ended, or nobody takes it
  bool later_than(UnixMillis at) const;  // not over, and nothing more will happen before that
  bool any() const { return unmatched_ || !deliveries_.empty(); }
  // "delivered", "failed", "unmatched"; "accepted" while it is not over.
  std::string_view status() const;
  // {"id","status","deliveries":[{"endpoint","state","attempts","status"?,"error"?,"retry_at"?,"body"?,"body_cut"?}]}
  std::string json(std::string_view event_id) const;

 private:
  struct Delivery {
    std::string id, endpoint, outcome, error, answer;
    std::uint32_t attempts = 0;
    int status = 0;
    bool cut = false;  // its answer was left out
    UnixMillis next_at = 0;
    bool ended() const;
  };
  Delivery& delivery(std::string_view id);

  bool unmatched_ = false;
  std::size_t bytes_ = 0;
  std::size_t expected_ = 0;  // deliveries that it has; 0: not known yet
  std::vector<Delivery> deliveries_;
};

}  // namespace certes::gateway::stream
