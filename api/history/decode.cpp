#include "api/history/decode.hpp"

#include "common/base/number.hpp"
#include "common/event/event_id.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "common/log/origin.hpp"

namespace certes::api::history {
namespace {

namespace names = log::names;

constexpr std::size_t kMostText = 4u << 10;  // of an error and an answer: what dispatchers write
constexpr std::size_t kMostWord = 128;

std::string text_of(const log::Headers& headers, std::string_view name) { return std::string(headers.get(name)); }

std::int64_t number_in(const log::Headers& headers, std::string_view name) {
  return parse_whole<std::int64_t>(headers.get(name)).value_or(0);
}

// Nothing: a word that this version does not know. The delivery is open then, as its dispatcher would take it.
DeliveryState state_after(std::string_view outcome) {
  if (outcome == "delivered") return DeliveryState::delivered;
  if (outcome == "dead_lettered") return DeliveryState::dead_lettered;
  if (outcome == "cancelled") return DeliveryState::cancelled;
  if (outcome == "unmatched") return DeliveryState::unmatched;
  return outcome == "awaiting" ? DeliveryState::sending : DeliveryState::retrying;
}

AttemptRow attempt_of(const log::StoredRecord& record, const DeliveryRow& delivery) {
  AttemptRow row;
  row.event = delivery.event;
  row.offset = record.offset;
  row.delivery = delivery.id;
  row.attempt = delivery.attempts;
  row.at = record.appended_at;
  row.outcome = record.headers.get(names::kOutcome).substr(0, 64);
  row.status = delivery.status;
  row.error = delivery.error;
  row.rule = delivery.rule;
  row.duration_us = delivery.duration_us;
  row.next_at = delivery.next_at;
  row.answer = record.value.substr(0, kMostText);
  row.phases = record.headers.get(names::kPhases).substr(0, kMostWord);
  row.address = record.headers.get(names::kAddress).substr(0, kMostWord);
  row.answer_header = record.headers.get(names::kAnswerHeader).substr(0, kMostText);
  row.next_by = record.headers.get(names::kNextBy).substr(0, kMostWord);
  row.policy = record.headers.get(names::kPolicy).substr(0, kMostWord);
  row.breaker_open = record.headers.find(names::kBreaker).has_value();
  return row;
}

}  // namespace

std::optional<EventRow> event_row(const log::StoredRecord& record) {
  const auto view = event::view(record);
  if (!view) return std::nullopt;
  EventRow row;
  row.place = {record.partition, record.offset};
  row.at = record.appended_at;
  row.id = event::event_id(*view);
  if (view->client_gave_id) row.client_id = view->client_id;
  row.type = view->type;
  row.source = view->source;
  row.subject = text_of(record.headers, "ce_subject");
  row.tenant = view->tenant;
  row.kind = view->kind;
  row.conversation = text_of(record.headers, "ce_conversationid");
  if (row.conversation == row.id) row.conversation.clear();
  row.cause = text_of(record.headers, "ce_causeid");
  row.time = text_of(record.headers, "ce_time");
  row.replay = view->replay;
  row.endpoint = view->endpoint;
  row.content_type = view->content_type;
  row.bytes = static_cast<std::int64_t>(record.value.size());
  return row;
}

std::optional<Told> told_by(const log::StoredRecord& record) {
  const auto& headers = record.headers;
  const auto origin = log::parse_origin(headers.get(names::kOrigin));
  if (!origin || origin->partition != record.partition || origin->offset < 0) return std::nullopt;
  const bool letter = record.topic == log::Topic::dead_letters;
  Told told;
  DeliveryRow& row = told.delivery;
  row.event = {origin->partition, origin->offset};
  row.id = text_of(headers, names::kDelivery);
  row.state = letter ? DeliveryState::dead_lettered : state_after(headers.get(names::kOutcome));
  if (row.id.empty() != (row.state == DeliveryState::unmatched)) return std::nullopt;
  row.tenant = headers.find(names::kTenant).value_or("default");
  row.endpoint = text_of(headers, names::kEndpoint);
  row.attempts = number_in(headers, letter ? names::kAttempts : names::kAttempt);
  row.status = number_in(headers, names::kStatus);
  row.error = headers.get(names::kError).substr(0, kMostText);
  row.rule = text_of(headers, names::kRule);
  row.last_at = record.appended_at;
  row.next_at = is_end(row.state) ? 0 : number_in(headers, names::kNext);
  row.duration_us = number_in(headers, names::kDurationUs);
  row.expected = number_in(headers, names::kDeliveries);
  row.letter = letter;
  row.told_at = record.offset;
  if (!letter && row.state != DeliveryState::unmatched) told.attempt = attempt_of(record, row);
  return told;
}

bool EventRow::is_repeat() const { return (!replay.empty() && !endpoint.empty()) || event::is_of_event(replay); }

bool is_record_of(const log::StoredRecord& record, const EventRow& event) {
  return record.appended_at == event.at && event::event_id(record) == event.id;
}

}  // namespace certes::api::history
