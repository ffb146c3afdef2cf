#pragma once
// The Prefer header (RFC 7240), as far as Certes knows it: wait=N. Who: ingest. Pure, any thread.

#include <chrono>
#include <optional>

#include "common/http/server/server.hpp"

namespace certes::gateway::ingest {

inline constexpr std::chrono::seconds kLongestWait{30};

// How long the caller prefers to wait for the outcome; at most kLongestWait. Nothing: it does not. What is not
// understood is passed over, as the RFC wants it; of several the first counts.
std::optional<std::chrono::seconds> preferred_wait(const http::Request& request);

}  // namespace certes::gateway::ingest
