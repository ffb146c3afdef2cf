#pragma once
// What it takes to find out whether a request verifies, estimated before it is begun, so that a loop does not begin
// what would hold up others. On the high side: of a processor of 2 GHz without instructions for SHA. Who: the verifiers
// say it; Intake decides where they run. Pure.

#include <chrono>
#include <cstddef>
#include <string_view>

namespace certes::gateway::ingest::verify {

using Effort = std::chrono::microseconds;

inline constexpr Effort kLongestOnLoop{1'000};  // above, it is for a thread of its own
inline constexpr std::size_t kHashedBytesPerMicrosecond = 400;
inline constexpr std::size_t kParsedBytesPerMicrosecond = 200;  // JSON of small values, forms
inline constexpr Effort kEd25519{150};                          // a verification, beside hashing the text

constexpr Effort to_hash(std::size_t bytes) {
  return Effort(static_cast<Effort::rep>(bytes / kHashedBytesPerMicrosecond));
}
// As JSON. What a double does not hold exactly may take ten microseconds each: a megabyte of such, a third of a second.
// Looks no further than it takes to know that it is more than `most`, and not at all at what is so by its size.
Effort to_parse(std::string_view text, Effort most);
// Of so many bytes that nobody can look at yet.
Effort to_parse_unseen(std::size_t bytes);

}  // namespace certes::gateway::ingest::verify
