#pragma once
// A question to the processes of an installation, and what one of them answers: what is known only where it happens,
// such as what waits for an endpoint. A question has a kind; who knows none of that kind says nothing. Who: the Master
// API asks (Asker), dispatchers and gateways answer. Plain values; any thread.
//
// Answers are worth as much as the topic that they come by: whoever reads one holds it for text from outside, and takes
// from it what it expects, no more.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"

namespace certes::questions {

inline constexpr Millis kAnsweredWithin{1'000};  // who has not answered by then is not waited for

struct Question {
  std::string id;
  std::string kind;
  std::string tenant;
  std::string subject;  // of which the tenant has it: an endpoint's id
  UnixMillis asked_at = 0;
  std::string from;  // the process that asks
};

struct Answer {
  std::string question;                  // its id
  std::string from;                      // the process that answers
  std::vector<std::int32_t> partitions;  // of `events`: those that it speaks for
  std::string value;                     // JSON, an object
};

// Takes an answer, once; its `from` is who answers' business. Any thread; does not block.
using Answered = std::function<void(Answer)>;

// The kinds.
inline constexpr std::string_view kEndpointStats = "endpoint-stats";  // subject: the endpoint (endpoint_stats.hpp)
// subject: places of the event, and the endpoint (delivery_standing.hpp)
inline constexpr std::string_view kDeliveryStanding = "delivery-standing";
// To gateways; subject: the source, and whether payloads are asked for (refused_requests.hpp).
inline constexpr std::string_view kRefusedRequests = "refused-requests";
// To both; subject: of whom, and how many endpoints (overview.hpp).
inline constexpr std::string_view kOverview = "overview";

}  // namespace certes::questions
