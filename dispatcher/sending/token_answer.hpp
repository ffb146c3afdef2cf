#pragma once
// What a token server has answered (RFC 6749, 4.4.3 and 5): an access token, or why there is none. Who: Tokens. Pure.

#include <string>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/http/client/sender.hpp"

namespace certes::dispatcher {

inline constexpr std::size_t kMostTokenAnswerBytes = 16u << 10;
inline constexpr Millis kTokenLife{300'000};  // of one whose answer does not say

struct GrantedToken {
  std::string text;
  Millis life{0};
};
// Error: unavailable; a sentence that holds nothing of the answer but its status and the code of its error.
Result<GrantedToken> read_token_answer(const http::TransferResult& result);

}  // namespace certes::dispatcher
