#include "dispatcher/sending/attempts.hpp"

#include <algorithm>

#include "common/backoff/backoff.hpp"
#include "common/backoff/retry_after.hpp"
#include "common/base/seconds.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "common/registry/fate.hpp"
#include "common/registry/filtering.hpp"
#include "common/traces/tracer.hpp"
#include "dispatcher/book/delivery_id.hpp"
#include "dispatcher/routing/sieve.hpp"
#include "dispatcher/sending/aws_signing.hpp"
#include "dispatcher/sending/judge.hpp"
#include "dispatcher/sending/request_builder.hpp"

namespace certes::dispatcher {
namespace {

// What decided when the next attempt is made.
constexpr std::string_view kByBackoff = "backoff", kByRetryAfter = "retry_after";

}  // namespace

Attempts::Attempts(const CoreOptions& options, const AttemptParts& parts)
    : options_(options),
      parts_(parts),
      resigner_(parts.sealer, options.resign_only_where_said),
      tokens_(parts.transfers, parts.endpoints, parts.observer, parts.clock),
      random_(options.seed) {}

void Attempts::start(Delivery& delivery, Slot&& slot) {
  // The sweep of what waits comes to it later.
  if (purged(delivery)) {
    const Slot freed = std::move(slot);
    return parts_.recorder.end_unsent(delivery);
  }
  if (const auto against = not_matched(delivery)) {
    const Slot freed = std::move(slot);
    if (!against->empty()) return parts_.recorder.give_up(delivery, {registry::kFilterFailed, *against});
    return parts_.recorder.close(delivery, Cancelled{}, {{}, kUnmatched});
  }
  delivery.endpoint->probes.erase({delivery.partition(), parts_.book.open_place(delivery)});
  parts_.book.begin_sending(delivery, std::move(slot));
  const auto& problem = delivery.endpoint->target->problem();
  if (problem) {
    http::TransferResult result;
    result.id = delivery.id;
    result.error = http::TransferError::internal;
    result.message = problem->message;
    return ended(delivery, result);
  }
  if (has_token(delivery)) {
    std::get<Sending>(delivery.place).seat = parts_.endpoints.choose(*delivery.endpoint, {});
    submit(delivery);
  }
}

// Or it needs none. While one is awaited its endpoint rests, and no attempt is made; where none can be had, that was
// one.
bool Attempts::has_token(Delivery& delivery) {
  Endpoint& endpoint = *delivery.endpoint;
  if (endpoint.target->oauth() == nullptr) return true;
  switch (tokens_.look_after(endpoint)) {
    case Token::Standing::good: return true;
    case Token::Standing::awaited: give_back(delivery, tokens_.wait_of(endpoint)); return false;
    case Token::Standing::refused: break;
  }
  std::get<Sending>(delivery.place).seat = parts_.endpoints.choose(endpoint, {});
  http::TransferResult result;
  result.id = delivery.id;
  result.error = http::TransferError::auth;
  result.message = endpoint.token.refusal();
  came_back(delivery, result);
  parts_.endpoints.seat_is_over(endpoint);
  return false;
}

// It was answered 401 with a token that the endpoint had taken before, or that has been replaced meanwhile: that says
// nothing of the delivery, which is sent again with another one.
bool Attempts::wants_another_token(const Delivery& delivery, const http::TransferResult& result) {
  Endpoint& endpoint = *delivery.endpoint;
  const std::uint32_t token = std::get<Sending>(delivery.place).token;
  if (endpoint.target->oauth() == nullptr || token == 0 || result.error != http::TransferError::none) return false;
  if (result.status == 401) return endpoint.token.rejected(token, parts_.clock.now());
  endpoint.token.worked(token);
  return false;
}

// As its event is routed now, with what is to be made of it; what was sent to that endpoint and no other is, for as
// long as there is the endpoint.
std::optional<std::string> Attempts::not_matched(Delivery& delivery) {
  if (delivery.matched_in == parts_.routes.number() || delivery.endpoint->reply) return std::nullopt;
  const auto& headers = delivery.record->record->headers;
  const bool directed = headers.find(log::names::kReplay) && headers.find(log::names::kEndpoint);
  if (parts_.routes.router().changed_in(delivery.endpoint->config().tenant) > delivery.matched_in) {
    if (directed)
      follow_directed(delivery);
    else if (auto against = against_it_now(delivery))
      return against;
  }
  delivery.matched_in = parts_.routes.number();
  return std::nullopt;
}

void Attempts::follow_directed(Delivery& delivery) {
  const auto view = event::view(*delivery.record->record);
  if (!view) return;
  const auto kind = registry::parse_event_kind(view->kind).value_or(registry::EventKind::event);
  const auto match = parts_.routes.router().only(view->tenant, view->type, delivery.endpoint->config().id, kind);
  if (match) delivery.transform = match->transform;
}

std::optional<std::string> Attempts::against_it_now(Delivery& delivery) {
  const registry::Endpoint& endpoint = delivery.endpoint->config();
  const log::StoredRecord& record = *delivery.record->record;
  const auto view = event::view(record);
  if (!view) return std::nullopt;
  const auto kind = registry::parse_event_kind(view->kind).value_or(registry::EventKind::event);
  const Match* const found = parts_.routes.router().find(view->tenant, view->type, endpoint.tenant, endpoint.id, kind);
  if (found == nullptr) return std::string();
  if (!found->choices) {
    delivery.transform = found->transform;
    return std::nullopt;
  }
  auto taken = Sieve(parts_.routes.document(), record, *view).through(*found);
  if (taken && taken->filter_failure.empty()) {
    delivery.transform = taken->transform;
    return std::nullopt;
  }
  return taken ? std::move(taken->filter_failure) : std::string();
}

// What is made of its event, by the transformation that holds now; nothing: there is none.
std::optional<transform::Transformed> Attempts::transformed(const Delivery& delivery) {
  const Endpoint& endpoint = *delivery.endpoint;
  if (endpoint.reply) return std::nullopt;
  const auto& program = registry::nearest_transform(delivery.transform, endpoint.config());
  if (!program) return std::nullopt;
  const log::StoredRecord& record = *delivery.record->record;
  const auto view = event::view(record);
  if (!view) return std::nullopt;
  auto made = transform::transform(*program, {record, *view, parts_.routes.document()}, options_.transforms);
  parts_.observer.transformed(made ? "made" : to_string(made.error().why));
  return made;
}

// Precondition: it has a seat.
void Attempts::submit(Delivery& delivery) {
  const auto made = transformed(delivery);
  if (!made || *made) return submit(delivery, made ? &**made : nullptr);
  http::TransferResult failed;
  failed.id = delivery.id;
  failed.error = http::TransferError::transform;
  failed.unsent = true;
  failed.message = made->error().text;
  on_result(failed);
}

void Attempts::submit(Delivery& delivery, const transform::Made* made) {
  const Endpoint& endpoint = *delivery.endpoint;
  auto& sending = std::get<Sending>(delivery.place);
  const log::RecordPtr& record = delivery.record->record;
  const std::string event = event_id(*record);
  const std::string name = delivery_id(*record, event, endpoint.config().tenant, endpoint.config().id);
  AttemptRequest request;
  request.id = delivery.id;
  request.delivery = name;
  request.event_id = event;
  request.attempt = delivery.attempts + 1;
  request.now = parts_.clock.unix_millis();
  request.affinity = endpoint.affinity;
  request.url = endpoint.reply ? record->headers.get(log::names::kReplyTo) : sending.seat.worker().url;
  request.made = made;
  request.anew = resigner_(*record, *parts_.routes.state(), request.now);
  std::string traceparent;
  if (options_.tracer != nullptr)
    if (const auto trace = options_.tracer->trace_of(record->headers.get("ce_traceparent"), event))
      traceparent = trace->traceparent_of_attempt(name, request.attempt);
  request.traceparent = traceparent;
  http::Transfer transfer = build_request(record, *endpoint.target, request, random_, parts_.routes.document());
  transfer.tls = endpoint.target->tls();
  if (endpoint.target->oauth() != nullptr) {
    transfer.headers.push_back("Authorization: Bearer " + endpoint.token.text());
    sending.token = endpoint.token.number();
  }
  if (const auto* const aws = endpoint.target->aws()) sign_for_aws(transfer, *aws, request.now);
  if (!endpoint.reply) transfer.address = sending.seat.worker().address;
  if (sending.tries) transfer.timeout = std::max(Millis{1}, transfer.timeout - sending.tries->spent());
  parts_.transfers.submit(std::move(transfer));
}

void Attempts::on_result(const http::TransferResult& result) {
  if (tokens_.on_result(result)) return;
  Delivery* delivery = parts_.book.find(result.id);
  if (delivery == nullptr) return;
  Endpoint& endpoint = *delivery->endpoint;
  if (std::holds_alternative<Forgotten>(delivery->place))
    parts_.book.forget(*delivery);
  else if (std::holds_alternative<Sending>(delivery->place))
    came_back(*delivery, result);
  parts_.endpoints.seat_is_over(endpoint);
}

void Attempts::came_back(Delivery& delivery, const http::TransferResult& result) {
  if (result.error == http::TransferError::aborted) return broken_off(delivery);
  if (wants_another_token(delivery, result)) {
    tokens_.look_after(*delivery.endpoint);
    return give_back(delivery, tokens_.wait_of(*delivery.endpoint));
  }
  const auto& sending = std::get<Sending>(delivery.place);
  note_probe(delivery, result);
  parts_.endpoints.learn(*delivery.endpoint, sending.seat, result.resolution);
  parts_.endpoints.answered(*delivery.endpoint, sending.seat, health_of(result.error, result.status),
                            Micros{result.duration_us});
  if (may_go_elsewhere(result) && delivery.endpoint->workers.size() > 1) return failed_to_reach(delivery, result);
  http::TransferResult told = named(result, sending.seat.worker());
  settle(delivery, sending.tries ? sending.tries->ended(std::move(told)) : std::move(told));
}

// Of an open breaker, and it has failed. What it was told of when to come again is obeyed, though others work.
void Attempts::note_probe(const Delivery& delivery, const http::TransferResult& result) {
  Endpoint& endpoint = *delivery.endpoint;
  const Seat& seat = std::get<Sending>(delivery.place).seat;
  if (endpoint.workers.closed() || !seat || !seat.worker().breaker.probing()) return;
  const Health health = health_of(result.error, result.status);
  if (health != Health::fails && health != Health::too_much) return;
  if (backoff::parse_retry_after(result.retry_after, parts_.clock.unix_millis())) return;
  endpoint.probes.failed({delivery.partition(), parts_.book.open_place(delivery)});
}

// Nobody knows whether it arrived: it is sent again, here or by the partition's next owner.
void Attempts::broken_off(Delivery& delivery) {
  const std::int32_t partition = delivery.partition();
  if (parts_.book.revoking(partition))
    parts_.book.remove(delivery);
  else
    parts_.book.queue(delivery);
  parts_.book.let_go_if_settled(partition);
}

void Attempts::abort(Delivery& delivery) {
  if (std::holds_alternative<Sending>(delivery.place)) return parts_.transfers.abort(delivery.id);
  if (std::holds_alternative<BetweenWorkers>(delivery.place)) broken_off(delivery);
}

void Attempts::failed_to_reach(Delivery& delivery, const http::TransferResult& result) {
  auto& sending = std::get<Sending>(delivery.place);
  if (!sending.tries) sending.tries = std::make_unique<Tries>();
  Tries& tries = *sending.tries;
  tries.failed(sending.seat.worker(), result);
  if (!may_go_on(delivery, tries)) return settle(delivery, tries.all_failed());
  if (parts_.book.revoking(delivery.partition())) return broken_off(delivery);
  parts_.book.wait_for_worker(delivery);
  go_on(delivery);
}

// Whether another request of the attempt is to be made, now or later.
bool Attempts::may_go_on(const Delivery& delivery, const Tries& tries) const {
  const Endpoint& endpoint = *delivery.endpoint;
  if (!takes(endpoint.mode) || endpoint.target->problem() || delivery.answer != Answer::none || doomed(delivery))
    return false;
  if (endpoint.target->oauth() != nullptr && endpoint.token.standing(parts_.clock.now()) != Token::Standing::good)
    return false;
  return tries.spent() < millis_of(endpoint.config().timeout_seconds) && endpoint.workers.any_but(tries.tried());
}

// To a worker that has room, if one has.
void Attempts::go_on(Delivery& delivery) {
  const auto& tries = *std::get<BetweenWorkers>(delivery.place).tries;
  if (!may_go_on(delivery, tries)) return settle(delivery, tries.all_failed());
  if (!parts_.outcomes.may_act(delivery.partition())) return;
  Seat seat = parts_.endpoints.choose(*delivery.endpoint, tries.tried());
  if (!seat) return;
  parts_.book.go_on(delivery, std::move(seat));
  submit(delivery);
}

void Attempts::step() {
  parts_.book.each_between_workers([this](Delivery& delivery) { go_on(delivery); });
}

void Attempts::settle(Delivery& delivery, const http::TransferResult& result) {
  if (!http::not_tried(result.error)) return ended(delivery, result);
  parts_.observer.given_back(result.error, result.message);
  give_back(delivery, result.retry_in);
}

// It has made no attempt, and makes it later, here or elsewhere.
void Attempts::give_back(Delivery& delivery, Millis retry_in) {
  const std::int32_t partition = delivery.partition();
  if (parts_.book.revoking(partition))
    parts_.book.remove(delivery);
  else
    wait_again(delivery, retry_in);
  parts_.book.let_go_if_settled(partition);
}

// Nothing was sent, and nothing is known of the endpoint: the delivery waits where it stood, and so do those behind it,
// which would fare the same. What goes to URLs of its own (reply_to) waits alone.
void Attempts::wait_again(Delivery& delivery, Millis retry_in) {
  Endpoint& endpoint = *delivery.endpoint;
  if (delivery.command && delivery.answer != Answer::none) return parts_.recorder.end_answered(delivery);
  if (endpoint.reply) return parts_.book.wait_until(delivery, parts_.clock.unix_millis() + retry_in.count());
  parts_.book.rest(delivery);
  parts_.endpoints.rest(endpoint, parts_.clock.now() + std::max(retry_in, Millis{1}));
}

void Attempts::ended(Delivery& delivery, const http::TransferResult& result) {
  ++delivery.attempts;
  if (delivery.command && delivery.answer != Answer::none) return answered(delivery, result);
  const registry::Endpoint& config = delivery.endpoint->config();
  const Judgement judgement =
      judge(result.error, result.status, config.retry_on, config.dead_letter_on, delivery.command);
  switch (judgement.verdict) {
    case Verdict::delivered:
      if (delivery.command && result.status == 202) return await_result(delivery, result);
      return record(delivery, result, {Delivered{}});
    case Verdict::retry: return failed(delivery, result, {});
    case Verdict::dead_letter: return failed(delivery, result, judgement.rule);
    case Verdict::gone: break;
  }
  disable(*delivery.endpoint, "gone");
  failed(delivery, result, judgement.rule);
}

void Attempts::disable(Endpoint& endpoint, std::string_view reason) {
  if (endpoint.reply) return;
  switch (endpoint.mode) {
    case Mode::open:
    case Mode::broken:
    case Mode::paused: break;
    case Mode::gone:
    case Mode::disabled:
    case Mode::deleted: return;
  }
  parts_.endpoints.given_up(endpoint);
  parts_.registrar.disable(endpoint.config(), reason);
}

// The result came while the request was out.
void Attempts::answered(Delivery& delivery, const http::TransferResult& result) {
  const bool taken = result.error == http::TransferError::none && result.status >= 200 && result.status < 300;
  if (taken || delivery.answer == Answer::given) return record(delivery, result, {Delivered{}});
  failed(delivery, result, kFailedBefore);
}

void Attempts::await_result(Delivery& delivery, const http::TransferResult& result) {
  const UnixMillis until = parts_.clock.unix_millis() + options_.result_timeout.count();
  record(delivery, result, {Awaiting{until}, {}, {}, options_.result_timeout});
}

void Attempts::record(Delivery& delivery, const http::TransferResult& result, Judged judged) {
  const auto* const sending = std::get_if<Sending>(&delivery.place);
  if (sending != nullptr && sending->seat) judged.worker = sending->seat.worker().name;
  parts_.recorder.attempt(delivery, result, judged);
}

// `rule`: what ends the delivery already; empty: the policy decides.
void Attempts::failed(Delivery& delivery, const http::TransferResult& result, std::string_view rule) {
  const UnixMillis now = parts_.clock.unix_millis();
  Endpoint& endpoint = *delivery.endpoint;
  if (delivery.first_at == 0) delivery.first_at = now;
  Judged judged{DeadLettered{}, std::string(rule), failure_kind(result.error, result.status)};
  if (endpoint.mode == Mode::deleted) {
    judged.ending = Cancelled{};
    judged.rule.clear();
  } else if (rule.empty() && purged(delivery)) {
    judged.ending = Cancelled{};
    judged.rule = kPurged;
  } else if (event::is_test(delivery.record->record->headers)) {
    judged.ending = Cancelled{};
    judged.rule = kTest;
  } else if (rule.empty() && doomed(delivery)) {
    judged.rule = kEndpointDisabled;
  } else if (rule.empty()) {
    const Millis paused = paused_between(endpoint.config(), delivery.first_at, now);
    const backoff::Failure failure{delivery.attempts, std::max(Millis{0}, Millis{now - delivery.first_at} - paused),
                                   backoff::parse_retry_after(result.retry_after, now)};
    const auto next = backoff::next_attempt(*delivery.policy, failure, random_.unit());
    judged.rule = next.rule;
    if (next.again) {
      judged.ending = RetryAt{now + next.delay.count()};
      judged.rule.clear();
      judged.delay = next.delay;
      judged.next_by = next.asked ? kByRetryAfter : kByBackoff;
      judged.policy = delivery.policy->id;
    }
  }
  record(delivery, result, judged);
  const registry::Endpoint& config = endpoint.config();
  const Millis most{static_cast<std::int64_t>(config.disable_after_seconds * 1'000)};
  if (most > Millis{0} && failing_for(config, endpoint.attempts.failing_since, now) >= most)
    disable(endpoint, "failing");
}

}  // namespace certes::dispatcher
