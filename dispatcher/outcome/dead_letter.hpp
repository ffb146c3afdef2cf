#pragma once
// The record of a delivery that has come to nothing: the event as it was, and why. Who: core. Pure functions.

#include <cstdint>
#include <string_view>

#include "common/log/record.hpp"

namespace certes::dispatcher {

struct DeadLetter {
  std::string_view delivery;
  std::string_view endpoint;  // empty: there was none (malformed)
  std::uint32_t attempts = 0;
  std::string_view rule;         // what decided
  std::string_view error;        // cut at 4 KB
  std::string_view answer = {};  // of the endpoint to the last attempt, cut at 1 KB
  // Of the last of an event that nobody received: the endpoints of all, with commas. Else empty. Only kept with all of
  // the event, which is delivered again by this.
  std::string_view undelivered = {};
  std::string_view policy = {};  // the back-off policy that was asked, by its id; empty: none says what follows
  std::string_view tenant = {};  // the endpoint's, whose the letter is; empty: the event's
};

inline constexpr std::size_t kMaxErrorBytes = 4096;

enum class Keep : std::uint8_t { all, headers, nothing };  // what of the event, where the log takes no more

log::Record dead_letter_record(const log::StoredRecord& event, const DeadLetter& letter, Keep keep = Keep::all);

// At most `bytes` of a text, cut between UTF-8 characters.
std::string_view cut(std::string_view text, std::size_t bytes);

}  // namespace certes::dispatcher
