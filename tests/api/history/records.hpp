#pragma once
// Records as gateways and dispatchers write them, for tests of history.

#include <string>

#include "common/event/event.hpp"
#include "common/log/names.hpp"

namespace certes::api::history::testing {

struct EventText {
  std::string id, type = "order.created", tenant = "default", client_id = {}, source = "/shop", conversation = {};
  std::string replay = {}, endpoint = {}, data = R"({"n":1})";
};

inline log::Record event_record(const EventText& text) {
  event::Event event;
  event.id = text.id;
  event.client_id = text.client_id.empty() ? text.id : text.client_id;
  event.client_gave_id = !text.client_id.empty();
  event.source = text.source;
  event.type = text.type;
  event.tenant = text.tenant;
  event.conversation_id = text.conversation.empty() ? text.id : text.conversation;
  event.data_content_type = "application/json";
  event.data = text.data;
  log::Record record = event::to_record(std::move(event));
  if (!text.replay.empty()) record.headers.add(log::names::kReplay, text.replay);
  if (!text.endpoint.empty()) record.headers.add(log::names::kEndpoint, text.endpoint);
  return record;
}

struct AttemptText {
  std::string origin, endpoint = "billing", outcome = "delivered";
  int attempt = 1, status = 200;
  std::string term = "1", event = "evt_1", tenant = "default", answer = {}, error = {}, rule = {};
  std::int64_t next_at = 0;
  int deliveries = 0;
  std::string replay = {}, type = "order.created";  // of a dead letter
  std::string phases = {}, address = {}, answer_header = {}, next_by = {}, policy = {}, breaker = {};
  int replays = 0;  // of a dead letter
};

inline log::Record attempt_record(const AttemptText& text) {
  namespace names = log::names;
  log::Record record;
  auto& headers = record.headers;
  if (text.outcome != "unmatched") headers.add(names::kDelivery, "dlv_" + text.event + "_" + text.endpoint);
  headers.add(names::kOrigin, text.origin);
  headers.add(names::kId, text.event);
  if (text.outcome != "unmatched") headers.add(names::kEndpoint, text.endpoint);
  headers.add(names::kTenant, text.tenant);
  headers.add(names::kAttempt, std::to_string(text.attempt));
  headers.add(names::kOutcome, text.outcome);
  if (!text.error.empty()) headers.add(names::kError, text.error);
  if (!text.rule.empty()) headers.add(names::kRule, text.rule);
  if (text.status != 0) headers.add(names::kStatus, std::to_string(text.status));
  headers.add(names::kDurationUs, "1500");
  if (text.next_at != 0) headers.add(names::kNext, std::to_string(text.next_at));
  if (text.deliveries != 0) headers.add(names::kDeliveries, std::to_string(text.deliveries));
  const std::pair<std::string_view, std::string> more[] = {
      {names::kPhases, text.phases},  {names::kAddress, text.address}, {names::kAnswerHeader, text.answer_header},
      {names::kNextBy, text.next_by}, {names::kPolicy, text.policy},   {names::kBreaker, text.breaker}};
  for (const auto& [name, value] : more)
    if (!value.empty()) headers.add(name, value);
  headers.add(names::kTerm, text.term);
  record.value = text.answer;
  return record;
}

inline log::Record letter_record(const AttemptText& text) {
  namespace names = log::names;
  log::Record record;
  auto& headers = record.headers;
  headers.add(names::kId, text.event);
  headers.add(names::kTenant, text.tenant);
  headers.add(names::kDelivery, "dlv_" + text.event + "_" + text.endpoint);
  headers.add(names::kOrigin, text.origin);
  headers.add(names::kEndpoint, text.endpoint);
  headers.add(names::kAttempts, std::to_string(text.attempt));
  headers.add(names::kRule, text.rule);
  headers.add("ce_specversion", "1.0");
  headers.add("ce_id", text.event);
  headers.add("ce_type", text.type);
  headers.add("ce_source", "/shop");
  if (!text.error.empty()) headers.add(names::kError, text.error);
  if (!text.replay.empty()) headers.add(names::kReplay, text.replay);
  if (text.replays != 0) headers.add(names::kReplays, std::to_string(text.replays));
  if (!text.policy.empty()) headers.add(names::kPolicy, text.policy);
  headers.add(names::kTerm, text.term);
  record.value = "{}";
  return record;
}

inline log::Record discard_record(std::string_view offsets) {
  log::Record record;
  record.headers.add(log::names::kDiscards, offsets);
  return record;
}

// As it is read.
inline log::StoredRecord stored(log::Topic topic, std::int32_t partition, std::int64_t offset, log::Record record,
                                UnixMillis at = 1'700'000'000'000) {
  return {topic, partition, offset, at, std::move(record.key), std::move(record.headers), std::move(record.value)};
}

}  // namespace certes::api::history::testing
