#pragma once
// Detail: what is left out while history is behind, so that it catches up: first the words of payloads, then the
// answers of attempts that went well, then these attempts themselves; events, and the states of deliveries, never. Who:
// the follower. Pure.

#include "api/history/rows.hpp"

namespace certes::api::history {

inline constexpr Millis kTextsFrom{3'000};
inline constexpr Millis kAnswersFrom{5'000};
inline constexpr Millis kAttemptsFrom{30'000};

struct Detail {
  bool texts = true;
  bool good_answers = true;
  bool good_attempts = true;
};

inline Detail detail_at(Millis behind) { return {behind < kTextsFrom, behind < kAnswersFrom, behind < kAttemptsFrom}; }

// Whether it is one that failed, or ended as nothing went well: of these all is kept.
inline bool is_good(const AttemptRow& attempt) {
  return attempt.outcome == "delivered" || attempt.outcome == "awaiting";
}

}  // namespace certes::api::history
