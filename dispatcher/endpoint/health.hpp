#pragma once
// What the answer to an attempt says of its endpoint, whatever becomes of the delivery. Who: core, for Breaker and
// Pace. Pure.

#include <cstdint>

#include "common/http/client/sender.hpp"

namespace certes::dispatcher {

enum class Health : std::uint8_t {
  unknown,  // nothing: what failed is not the endpoint's
  works,    // it answers, be it that it does not take this one
  fails,
  too_much,  // it fails, and may not if it gets fewer at once
};
Health health_of(http::TransferError error, int status);

}  // namespace certes::dispatcher
