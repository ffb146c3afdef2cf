#pragma once
// The names of the headers that Certes puts on records (its own, beside the CloudEvents Kafka binding's ce_*).
// Used by whoever writes or reads records. See docs/architecture.md, Records on the log.

#include <string_view>

namespace certes::log::names {

inline constexpr std::string_view kId = "certes-id";      // evt_…
inline constexpr std::string_view kKind = "certes-kind";  // event, command, result
inline constexpr std::string_view kTenant = "certes-tenant";
inline constexpr std::string_view kClientId = "certes-client-id";  // 1: the client gave ce_id
inline constexpr std::string_view kQuery = "certes-query";         // of a raw webhook
inline constexpr std::string_view kReplyTo = "certes-reply-to";    // of a command, and its result: URL
inline constexpr std::string_view kForward = "certes-h-";          // + name in lower case: a provider's header
// Of whoever appended it to events: the next offset of the registry's topic that it knew (event/stamp.hpp).
inline constexpr std::string_view kRegistry = "certes-registry";
inline constexpr std::string_view kReplay = "certes-replay";  // id of the replay
// Of a replay, and of its dead letter: the how manieth of the event for the endpoint it is, from 1.
inline constexpr std::string_view kReplays = "certes-replays";
inline constexpr std::string_view kPriority = "certes-priority";  // of a replay's deliveries, whatever is subscribed
inline constexpr std::string_view kEndpoint =
    "certes-endpoint";  // the one endpoint of a replay; on dead letters whose delivery it was
inline constexpr std::string_view kDelivery = "certes-delivery";  // dlv_…: event × endpoint (× replay)
inline constexpr std::string_view kOrigin = "certes-origin";      // partition:offset of events
inline constexpr std::string_view kTerm = "certes-term";
inline constexpr std::string_view kGroup = "certes-group";        // of the dispatchers, on the end of a checkpoint
inline constexpr std::string_view kAttempt = "certes-attempt";    // from 1
inline constexpr std::string_view kAttempts = "certes-attempts";  // on dead letters: how many were made
// delivered, retry, awaiting, dead_lettered, cancelled, unmatched
inline constexpr std::string_view kOutcome = "certes-outcome";
inline constexpr std::string_view kRule = "certes-rule";  // what decided a dead letter, on it and on the attempt before
inline constexpr std::string_view kError = "certes-error";
inline constexpr std::string_view kAnswer = "certes-answer";  // on dead letters: the last answer's first 1 KB
// On a record of `dead-letters` that is none itself: letters of its partition that are discarded, offsets with spaces.
inline constexpr std::string_view kDiscards = "certes-discards";
inline constexpr std::string_view kPayload = "certes-payload";  // dropped: of a dead letter that has lost its payload
inline constexpr std::string_view kStatus = "certes-status";
inline constexpr std::string_view kDurationUs = "certes-duration-us";
inline constexpr std::string_view kWait = "certes-wait";              // 1: a caller waits for the outcomes
inline constexpr std::string_view kDeliveries = "certes-deliveries";  // of a waited event, on its attempts: how many
inline constexpr std::string_view kNext = "certes-next";              // unix milliseconds of the next attempt
// On attempts that failed, or were slow; what was not known is not there.
inline constexpr std::string_view kPhases = "certes-phases";               // as base/phases.hpp writes them
inline constexpr std::string_view kAddress = "certes-address";             // that was dialled, with its port
inline constexpr std::string_view kAnswerHeader = "certes-answer-header";  // "name: value" lines
inline constexpr std::string_view kNextBy = "certes-next-by";              // backoff, retry_after
inline constexpr std::string_view kPolicy = "certes-policy";               // the back-off policy that was asked
inline constexpr std::string_view kBreaker = "certes-breaker";             // open: the next attempt waits for it, too

}  // namespace certes::log::names
