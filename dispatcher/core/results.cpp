// What becomes of an answer: judged, and the delivery ended or made to wait.
#include <algorithm>

#include "common/backoff/backoff.hpp"
#include "common/backoff/retry_after.hpp"
#include "dispatcher/core/core.hpp"
#include "dispatcher/retry/outcome.hpp"
#include "dispatcher/routing/fate.hpp"

namespace certes::dispatcher {

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
    if (doomed(delivery)) begin_sweep(entry);
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
  const bool disabled = entry.config().state == registry::EndpointState::disabled;
  if (!entry.reply && !entry.deleted && !disabled && !entry.gone) {
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
  if (delivery.first_at == 0) delivery.first_at = now;
  Ending ending{kDeadLettered, std::string(rule), failure};
  if (entry.deleted) {
    ending = {kCancelled, {}, failure};
  } else if (rule.empty() && doomed(delivery)) {
    ending.rule = "endpoint_disabled";
  } else if (rule.empty()) {
    const Millis paused = paused_between(entry.config(), delivery.first_at, now);
    const backoff::Failure failed{delivery.attempts, std::max(Millis{0}, Millis{now - delivery.first_at} - paused),
                                  backoff::parse_retry_after(result.retry_after, now)};
    const auto next = backoff::next_attempt(*delivery.policy, failed, random_.unit());
    ending.rule = next.rule;
    if (next.again) ending = {kRetry, {}, failure, next.delay, now + next.delay.count()};
  }
  record(delivery, result, ending);
}

}  // namespace certes::dispatcher
