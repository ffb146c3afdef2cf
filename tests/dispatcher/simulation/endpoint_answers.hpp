#pragma once
// How the endpoints of a simulation answer: by seed, delivery and attempt alone, so that a repeat gets the same answer,
// and what becomes of a delivery does not depend on when it is sent.

#include <string>

#include "common/base/clock.hpp"
#include "common/http/client/sender.hpp"

namespace certes::dispatcher::simulation {

struct Answerer {
  std::uint64_t seed = 1;
  bool command = false;  // some are taken with 202, or refused
  bool gone = true;      // some answer 410
};
http::TransferResult answer_of(const Answerer& who, const std::string& delivery, std::uint32_t attempt);
// By its Retry-After; 0: none.
Millis delay_asked(const http::TransferResult& answer);
// Whether there is no attempt after it, whatever the policy.
bool is_last(const http::TransferResult& answer);

}  // namespace certes::dispatcher::simulation
