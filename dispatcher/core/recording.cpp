// How outcomes go to the log: attempts, dead letters, and what follows once they are acknowledged.
#include "common/log/names.hpp"
#include "dispatcher/core/core.hpp"
#include "dispatcher/delivery/command_result.hpp"
#include "dispatcher/delivery/dead_letter.hpp"
#include "dispatcher/delivery/delivery_id.hpp"
#include "dispatcher/retry/outcome.hpp"

namespace certes::dispatcher {
namespace {

End end_of(std::string_view outcome) {
  if (outcome == kDeadLettered) return End::dead_lettered;
  return outcome == kCancelled ? End::cancelled : End::delivered;
}

// "timeout: no answer within 15 s", "500".
std::string error_text(const http::TransferResult& result) {
  std::string text = failure_kind(result.error, result.status);
  if (!result.message.empty()) text.append(": ").append(result.message);
  return std::string(cut(text, kMaxErrorBytes));
}

}  // namespace

std::string_view to_string(End end) {
  switch (end) {
    case End::delivered: return kDelivered;
    case End::dead_lettered: return kDeadLettered;
    case End::cancelled: break;
  }
  return kCancelled;
}

void Core::record(Delivery& delivery, const http::TransferResult& result, const Ending& ending) {
  const bool waits = ending.outcome == kRetry || ending.outcome == kAwaiting;
  if (!waits && needs_answer(delivery)) {
    auto answer = ending.outcome == kDelivered
                      ? succeeded(result)
                      : failed(ending.rule.empty() ? ending.outcome : std::string_view(ending.rule), error_text(result),
                               delivery.attempts, &result);
    return answer_first(delivery, std::move(answer),
                        [this, result, ending](Delivery& one) { record(one, result, ending); });
  }
  const registry::Endpoint& endpoint = delivery.endpoint->config();
  const log::StoredRecord& event = *delivery.record->record;
  const std::string event_name = event_id(event);
  const std::string name = delivery_id(event_name, endpoint.id, event.headers.get(log::names::kReplay));
  const bool failed_now = ending.outcome != kDelivered && ending.outcome != kAwaiting;
  const std::string error = failed_now ? error_text(result) : std::string();
  ports_.observer.attempted({event, endpoint, event_name, delivery.attempts, delivery.priority, ending.outcome,
                             ending.rule, ending.failure, result.status, result.duration_us, ending.delay,
                             delivery.endpoint->meter, delivery.endpoint->key, error, result.body,
                             sign_of(delivery, result.status, ending.outcome)});
  log::AttemptRecord attempt;
  attempt.delivery = name;
  attempt.event_id = event_name;
  attempt.endpoint = endpoint.id;
  attempt.tenant = endpoint.tenant;
  attempt.attempt = delivery.attempts;
  attempt.outcome = ending.outcome;
  attempt.error = error;
  attempt.rule = ending.rule;
  attempt.status = result.status;
  attempt.duration_us = result.duration_us;
  attempt.next_at = ending.next_at;
  attempt.deliveries = delivery.record->awaited;
  const std::string_view answer = failed_now ? cut(result.body, log::kFailedAnswerBytes) : std::string_view();
  attempt.answer = delivery.command || attempt.deliveries != 0 ? std::string_view(result.body) : answer;
  delivery.next_at = ending.next_at;
  if (!waits) decide(delivery, end_of(ending.outcome));
  const std::uint64_t id = delivery.id;
  const bool letter = ending.outcome == kDeadLettered;
  delivery.unrecorded = letter ? 2 : 1;  // both before the first may be acknowledged
  ports_.outcomes.record_attempt(delivery.record->origin(), attempt, [this, id] { on_recorded(id); });
  if (letter) append_dead_letter(delivery, name, {ending.rule, error, answer});
}

Sign Core::sign_of(const Delivery& delivery, int status, std::string_view outcome) {
  if (outcome == kDelivered || outcome == kAwaiting) return Sign::works;
  if (!delivery.endpoint->taking()) return Sign::none;
  return delivery.command && refuses_command(status) ? Sign::works : Sign::fails;
}

// Ends a delivery that is not being sent with a dead letter. Precondition: settled as recording.
void Core::give_up(Delivery& delivery, std::string_view rule, std::string_view error, std::string_view answer) {
  if (needs_answer(delivery))
    return answer_first(delivery, failed(rule, error, delivery.attempts, nullptr),
                        [this, rule = std::string(rule), error = std::string(error),
                         answer = std::string(answer)](Delivery& one) { give_up(one, rule, error, answer); });
  const log::StoredRecord& event = *delivery.record->record;
  decide(delivery, End::dead_lettered);
  delivery.unrecorded = 1;
  if (delivery.endpoint == nullptr) {
    const std::string place = std::to_string(event.partition) + ":" + std::to_string(event.offset);
    return append_dead_letter(delivery, delivery_id(place, rule, {}), {rule, error, answer});
  }
  const std::string name =
      delivery_id(event_id(event), delivery.endpoint->config().id, event.headers.get(log::names::kReplay));
  append_dead_letter(delivery, name, {rule, error, answer});
}

// Ends a delivery that is not being sent, by a record in attempts. Precondition: settled as recording.
void Core::close_unsent(Delivery& delivery, std::string_view outcome, std::string_view error) {
  if (needs_answer(delivery))
    return answer_first(delivery, failed(outcome, error, delivery.attempts, nullptr),
                        [this, outcome = std::string(outcome), error = std::string(error)](Delivery& one) {
                          close_unsent(one, outcome, error);
                        });
  const log::StoredRecord& event = *delivery.record->record;
  const registry::Endpoint& endpoint = delivery.endpoint->config();
  const std::string name = delivery_id(event_id(event), endpoint.id, event.headers.get(log::names::kReplay));
  close_unsent(delivery, name, endpoint.id, endpoint.tenant, {outcome, error});
}

void Core::close_unsent(Delivery& delivery, std::string_view name, std::string_view endpoint, std::string_view tenant,
                        const Unsent& how) {
  const std::string event_name = event_id(*delivery.record->record);
  log::AttemptRecord attempt;
  attempt.delivery = name;
  attempt.event_id = event_name;
  attempt.endpoint = endpoint;
  attempt.tenant = tenant;
  attempt.attempt = delivery.attempts;
  attempt.outcome = how.outcome;
  attempt.error = how.error;
  attempt.deliveries = delivery.record->awaited;
  decide(delivery, end_of(how.outcome));
  delivery.unrecorded = 1;
  const std::uint64_t id = delivery.id;
  ports_.outcomes.record_attempt(delivery.record->origin(), attempt, [this, id] { on_recorded(id); });
}

void Core::append_dead_letter(Delivery& delivery, std::string_view name, const Why& why) {
  const log::StoredRecord& event = *delivery.record->record;
  DeadLetter letter;
  letter.delivery = name;
  if (delivery.endpoint) letter.endpoint = delivery.endpoint->config().id;
  letter.attempts = delivery.attempts;
  letter.rule = why.rule;
  letter.error = why.error;
  letter.answer = why.answer;
  letter.undelivered = undelivered(delivery);
  ports_.observer.dead_lettered(why.rule);
  const std::uint64_t id = delivery.id;
  const log::Origin origin = delivery.record->origin();
  std::string text;
  for (const Keep keep : {Keep::all, Keep::headers, Keep::nothing}) {
    auto taken = ports_.outcomes.append_and_finish(origin, dead_letter_record(event, letter, keep),
                                                   [this, id] { on_recorded(id); });
    if (taken) return;
    text = std::string(cut(why.error, 1024)) + " (too large to be kept here: see events " +
           std::to_string(origin.partition) + ":" + std::to_string(origin.offset) + ")";
    letter.error = text;
    if (keep != Keep::nothing) continue;
    // The event stays open: a later owner tries again.
    ports_.observer.problem("dead letter refused: " + taken.error().message);
    delivery.record->abandoned = true;
    on_recorded(id);
  }
}

void Core::on_recorded(std::uint64_t id) {
  Delivery* delivery = deliveries_.find(id);
  if (delivery == nullptr || delivery->record == nullptr || delivery->unrecorded == 0) return;
  if (--delivery->unrecorded == 0) recorded(*delivery);
}

void Core::recorded(Delivery& delivery) {
  const std::int32_t number = delivery.record->record->partition;
  unsettle(delivery);
  free_slot(delivery);
  if (delivery.last) {
    ports_.observer.ended(delivery.priority, delivery.end, delivery.endpoint != nullptr,
                          delivery.endpoint ? delivery.endpoint->meter : 0);
    end(delivery);
  } else if (partition(number).revoking) {
    delivery.record->abandoned = true;
    end(delivery);
  } else if (delivery.command && delivery.answer != Answer::none) {
    end_answered(delivery);
  } else if (delivery.awaits) {
    begin_awaiting(delivery, delivery.next_at);
  } else {
    wait_until(delivery, delivery.next_at);
  }
  let_go_if_settled(number);
}

}  // namespace certes::dispatcher
