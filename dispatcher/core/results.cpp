// What becomes of an answer: judged, recorded, and the delivery ended or made to wait.
#include <algorithm>

#include "common/backoff/backoff.hpp"
#include "common/backoff/retry_after.hpp"
#include "common/log/names.hpp"
#include "dispatcher/core/core.hpp"
#include "dispatcher/delivery/command_result.hpp"
#include "dispatcher/delivery/dead_letter.hpp"
#include "dispatcher/delivery/delivery_id.hpp"
#include "dispatcher/retry/outcome.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::string_view kDelivered = "delivered";
constexpr std::string_view kRetry = "retry";
constexpr std::string_view kAwaiting = "awaiting";
constexpr std::string_view kDeadLettered = "dead_lettered";
constexpr std::string_view kCancelled = "cancelled";

End end_of(std::string_view outcome) {
  if (outcome == kDeadLettered) return End::dead_lettered;
  return outcome == kCancelled ? End::cancelled : End::delivered;
}

std::string_view to_string(End end) {
  switch (end) {
    case End::delivered: return kDelivered;
    case End::dead_lettered: return kDeadLettered;
    case End::cancelled: break;
  }
  return kCancelled;
}

// "timeout: no answer within 15 s", "500".
std::string error_text(const http::TransferResult& result) {
  std::string text = failure_kind(result.error, result.status);
  if (!result.message.empty()) text.append(": ").append(result.message);
  return std::string(cut(text, kMaxErrorBytes));
}

}  // namespace

void Core::on_result(http::TransferResult&& result) {
  Delivery* delivery = deliveries_.find(result.id);
  if (delivery == nullptr || delivery->state != Stage::sending) return;
  if (delivery->record == nullptr) return forget(*delivery);
  if (result.error == http::TransferError::aborted) return returned(*delivery);
  if (http::not_tried(result.error)) return given_back(*delivery, result);
  attempt_ended(*delivery, result);
}

// Nobody knows whether it arrived: it is sent again, here or by the partition's next owner.
void Core::returned(Delivery& delivery) {
  const std::int32_t number = delivery.record->record->partition;
  unsettle(delivery);
  free_slot(delivery);
  if (partition(number).revoking) {
    delivery.record->abandoned = true;
    end(delivery);
  } else {
    enqueue(delivery);
  }
  let_go_if_settled(number);
}

// Nothing was sent, and nothing is known of the endpoint: the delivery waits where it stood, and so do those behind it,
// which would fare the same. What goes to URLs of its own (reply_to) waits alone.
void Core::given_back(Delivery& delivery, const http::TransferResult& result) {
  ports_.observer.given_back(result.error, result.message);
  const std::int32_t number = delivery.record->record->partition;
  EndpointEntry& entry = *delivery.endpoint;
  unsettle(delivery);
  free_slot(delivery);
  if (partition(number).revoking) {
    delivery.record->abandoned = true;
    end(delivery);
  } else if (delivery.command && delivery.answer != Answer::none) {
    end_answered(delivery);
  } else if (entry.reply) {
    wait_until(delivery, ports_.clock.unix_millis() + result.retry_in.count());
  } else {
    delivery.state = Stage::held;
    entry.waiting.push_back(delivery);
    entry.given_back.push_back(delivery);
    rest(entry, ports_.clock.now() + std::max(result.retry_in, Millis{1}));
    if (entry.deleted || entry.disabled()) begin_sweep(entry);
  }
  let_go_if_settled(number);
}

void Core::attempt_ended(Delivery& delivery, const http::TransferResult& result) {
  delivery.state = Stage::recording;
  ++delivery.attempts;
  if (delivery.command && delivery.answer != Answer::none) return answered_attempt(delivery, result);
  const registry::Endpoint& endpoint = delivery.endpoint->config();
  const Judgement judgement =
      judge(result.error, result.status, endpoint.retry_on, endpoint.dead_letter_on, delivery.command);
  switch (judgement.verdict) {
    case Verdict::delivered:
      if (delivery.command && result.status == 202) return await_result(delivery, result);
      return record(delivery, result, {kDelivered, {}, {}});
    case Verdict::retry: return attempt_failed(delivery, result, {});
    case Verdict::dead_letter: return attempt_failed(delivery, result, judgement.rule);
    case Verdict::gone: break;
  }
  EndpointEntry& entry = *delivery.endpoint;
  if (!entry.reply && !entry.deleted && !entry.disabled() && !entry.gone) {
    entry.gone = true;
    apply(entry);
    ports_.registrar.disable(entry.config());
  }
  attempt_failed(delivery, result, judgement.rule);
}

// `rule`: what ends the delivery already; empty: the policy decides.
void Core::attempt_failed(Delivery& delivery, const http::TransferResult& result, std::string_view rule) {
  const UnixMillis now = ports_.clock.unix_millis();
  const EndpointEntry& entry = *delivery.endpoint;
  const std::string failure = failure_kind(result.error, result.status);
  if (delivery.first_at == 0) {
    delivery.first_at = now;
    delivery.paused_before = entry.paused(now);
  }
  Ending ending{kDeadLettered, std::string(rule), failure};
  if (entry.deleted) {
    ending = {kCancelled, {}, failure};
  } else if (rule.empty() && entry.disabled()) {
    ending.rule = "endpoint_disabled";
  } else if (rule.empty()) {
    const Millis paused = entry.paused(now) - delivery.paused_before;
    const backoff::Failure failed{delivery.attempts, std::max(Millis{0}, Millis{now - delivery.first_at} - paused),
                                  backoff::parse_retry_after(result.retry_after, now)};
    const auto next = backoff::next_attempt(*delivery.policy, failed, random_.unit());
    ending.rule = next.rule;
    if (next.again) ending = {kRetry, {}, failure, next.delay, now + next.delay.count()};
  }
  record(delivery, result, ending);
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
                             delivery.endpoint->meter});
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
  const std::string event_name = event_id(event);
  const std::string name = delivery_id(event_name, endpoint.id, event.headers.get(log::names::kReplay));
  log::AttemptRecord attempt;
  attempt.delivery = name;
  attempt.event_id = event_name;
  attempt.endpoint = endpoint.id;
  attempt.tenant = endpoint.tenant;
  attempt.attempt = delivery.attempts;
  attempt.outcome = outcome;
  attempt.error = error;
  attempt.deliveries = delivery.record->awaited;
  decide(delivery, end_of(outcome));
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
    ports_.observer.ended(delivery.priority, to_string(delivery.end), delivery.endpoint != nullptr,
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
