#include "dispatcher/outcome/recorder.hpp"

#include "common/base/overloaded.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "dispatcher/book/delivery_id.hpp"
#include "dispatcher/loading/lane_health.hpp"
#include "dispatcher/outcome/command_result.hpp"
#include "dispatcher/outcome/undelivered.hpp"
#include "dispatcher/sending/judge.hpp"

namespace certes::dispatcher {
namespace {

// "timeout: no answer within 15 s", "500".
std::string error_text(const http::TransferResult& result) {
  std::string text = failure_kind(result.error, result.status);
  if (!result.message.empty()) text.append(": ").append(result.message);
  return std::string(cut(text, kMaxErrorBytes));
}

bool is_delivered(const Ending& ending) { return std::holds_alternative<Delivered>(ending); }

// `event`: its id.
std::string name_of(const Delivery& delivery, std::string_view event) {
  const book::LaneName& lane = *delivery.backlog->name;
  return delivery_id(*delivery.record->record, event, lane.tenant, lane.endpoint);
}

bool is_nobodys(const Delivery& delivery) { return delivery.backlog->name->endpoint == kNobody; }

// What the attempt says of its endpoint.
Sign sign_of(const Delivery& delivery, int status, const Ending& ending) {
  if (is_delivered(ending) || std::holds_alternative<Awaiting>(ending)) return Sign::works;
  if (!takes(delivery.endpoint->mode)) return Sign::none;
  return delivery.command && refuses_command(status) ? Sign::works : Sign::fails;
}

// Of most attempts, which went well, a status and a duration are enough: the rest would be a quarter more on the log.
void note_circumstances(AttemptRecord& record, const Delivery& delivery, const http::TransferResult& result,
                        const Judged& judged) {
  const bool slow = Micros{result.duration_us} >= http::kSlowTransfer;
  if (record.error.empty() && !slow && !event::is_test(delivery.record->record->headers)) return;
  record.phases = &result.phases;
  record.address = result.address;
  record.answer_header = result.header;
  record.next_by = judged.next_by;
  record.policy = judged.policy;
  record.breaker_open = std::holds_alternative<RetryAt>(judged.ending) && !delivery.endpoint->workers.closed();
}

void count(questions::Attempts& attempts, const Ending& ending) {
  std::visit(
      Overloaded{[&](const Delivered&) { ++attempts.delivered; }, [&](const RetryAt&) { ++attempts.retry; },
                 [&](const Awaiting&) { ++attempts.awaiting; }, [&](const DeadLettered&) { ++attempts.dead_lettered; },
                 [&](const Cancelled&) { ++attempts.cancelled; }},
      ending);
}

void note_sign(questions::Attempts& attempts, Sign sign, UnixMillis now) {
  if (sign == Sign::works) {
    attempts.last_success = now;
    attempts.failing_since = 0;
  } else if (sign == Sign::fails) {
    attempts.last_failure = now;
    if (attempts.failing_since == 0) attempts.failing_since = now;
  }
}

// Deliveries, by how they have ended.
void count(questions::Delivering& tally, const Ending& ending) {
  std::visit(
      Overloaded{[&](const Delivered&) { ++tally.delivered; }, [](const RetryAt&) {}, [](const Awaiting&) {},
                 [&](const DeadLettered&) { ++tally.dead_lettered; }, [&](const Cancelled&) { ++tally.cancelled; }},
      ending);
}

}  // namespace

Recorder::Recorder(const CoreOptions& options, Book& book, Commands& commands, Outcomes& outcomes, Observer& observer,
                   Notices& notices, Tallies& tallies, const Clock& clock)
    : options_(options),
      book_(book),
      commands_(commands),
      outcomes_(outcomes),
      observer_(observer),
      notices_(notices),
      tallies_(tallies),
      clock_(clock),
      answers_(book, outcomes, observer, clock, options.seed) {}

void Recorder::attempt(Delivery& delivery, const http::TransferResult& result, const Judged& judged) {
  if (is_last(judged.ending) && needs_answer(delivery)) {
    const std::string_view rule = judged.rule.empty() ? text_of(judged.ending) : std::string_view(judged.rule);
    auto answer =
        is_delivered(judged.ending) ? succeeded(result) : failed(rule, error_text(result), delivery.attempts, &result);
    return answer_first(delivery, std::move(answer),
                        [this, result, judged](Delivery& one) { attempt(one, result, judged); });
  }
  const registry::Endpoint& endpoint = delivery.endpoint->config();
  const log::StoredRecord& event = *delivery.record->record;
  const std::string event_name = event_id(event);
  const std::string name = name_of(delivery, event_name);
  const bool failed_now = !is_delivered(judged.ending) && !std::holds_alternative<Awaiting>(judged.ending);
  const std::string error = failed_now ? error_text(result) : std::string();
  const Sign sign = sign_of(delivery, result.status, judged.ending);
  const UnixMillis failed_since = delivery.endpoint->attempts.failing_since;
  count(delivery.endpoint->attempts, judged.ending);
  note_sign(delivery.endpoint->attempts, sign, clock_.unix_millis());
  if (sign == Sign::fails) delivery.endpoint->last_error = error.substr(0, questions::ProcessOverview::kMostErrorBytes);
  tally_attempt(delivery, result, judged);
  if (failed_since != delivery.endpoint->attempts.failing_since) note(*delivery.endpoint);
  notices_.attempted(*delivery.endpoint, {sign, failed_since, error, result.status});
  observer_.attempted({event, endpoint, event_name, delivery.attempts, delivery.priority, judged.ending, judged.rule,
                       judged.failure, result.status, result.duration_us, judged.delay, delivery.endpoint->meter,
                       delivery.endpoint->key, error, result.body, sign, judged.worker,
                       delivery.attempts > 1 ? delivery.last_at : event.appended_at});
  delivery.last_at = clock_.unix_millis();
  AttemptRecord record;
  record.delivery = name;
  record.event_id = event_name;
  record.endpoint = endpoint.id;
  record.tenant = endpoint.tenant;
  record.attempt = delivery.attempts;
  record.ending = judged.ending;
  record.error = error;
  record.rule = judged.rule;
  record.status = result.status;
  record.duration_us = result.duration_us;
  record.deliveries = delivery.record->awaited;
  const std::string_view answer = failed_now ? cut(result.body, kFailedAnswerBytes) : std::string_view();
  const bool all = delivery.command || record.deliveries != 0 || event::is_test(event.headers);
  record.answer = all ? std::string_view(result.body) : answer;
  note_circumstances(record, delivery, result, judged);
  const bool letter = std::holds_alternative<DeadLettered>(judged.ending);
  begin(delivery, judged.ending, letter ? 2 : 1);  // both before the first may be acknowledged
  append_attempt(delivery, record);
  if (letter) append_dead_letter(delivery, name, {judged.rule, error, answer, result.status});
}

// For the next owner, too. A partition that was lost has no index until its lanes leave.
void Recorder::note(const Endpoint& endpoint) {
  for (const Backlog* const backlog : endpoint.backlogs)
    if (book::OpenIndex* const index = backlog ? book_.index(backlog->partition) : nullptr)
      note_health(index->lanes(), backlog->lane, endpoint.attempts);
}

void Recorder::give_up(Delivery& delivery, const Why& why) {
  if (needs_answer(delivery))
    return answer_first(delivery, failed(why.rule, why.error, delivery.attempts, nullptr),
                        [this, rule = std::string(why.rule), error = std::string(why.error),
                         answer = std::string(why.answer)](Delivery& one) {
                          give_up(one, {rule, error, answer});
                        });
  begin(delivery, DeadLettered{});
  const std::string name = is_nobodys(delivery) ? delivery_id(text_of(delivery.record->place()), why.rule, {})
                                                : name_of(delivery, event_id(*delivery.record->record));
  append_dead_letter(delivery, name, why);
}

void Recorder::close(Delivery& delivery, const Ending& ending, const Why& why) {
  if (needs_answer(delivery))
    return answer_first(delivery,
                        failed(why.rule.empty() ? text_of(ending) : why.rule, why.error, delivery.attempts, nullptr),
                        [this, ending, rule = std::string(why.rule), error = std::string(why.error)](Delivery& one) {
                          close(one, ending, {rule, error});
                        });
  const std::string event_name = event_id(*delivery.record->record);
  const std::string name = name_of(delivery, event_name);
  AttemptRecord record;
  record.delivery = name;
  record.event_id = event_name;
  record.endpoint = delivery.backlog->name->endpoint;
  record.tenant = delivery.backlog->name->tenant;
  record.attempt = delivery.attempts;
  record.ending = ending;
  record.error = why.error;
  record.rule = why.rule;
  record.deliveries = delivery.record->awaited;
  begin(delivery, ending);
  append_attempt(delivery, record);
}

void Recorder::end_unsent(Delivery& delivery) {
  if (delivery.endpoint->mode == Mode::deleted) return close(delivery, Cancelled{}, {{}, kDeleted});
  if (purged(delivery)) return close(delivery, Cancelled{}, {kPurged, kPurgedText});
  give_up(delivery, {kEndpointDisabled, disabled_text(*delivery.endpoint)});
}

void Recorder::tally_attempt(const Delivery& delivery, const http::TransferResult& result, const Judged& judged) {
  questions::Delivering& tally = tallies_.of(delivery.endpoint->config().tenant);
  count(tally.attempts, judged.ending);
  tally.attempt.count(Micros{result.duration_us});
  if (is_delivered(judged.ending)) tally.age.count(Millis{clock_.unix_millis() - delivery.record->record->appended_at});
}

// Of the event nothing is known but its place.
void Recorder::lost(Place place, const Backlog& backlog, std::string_view why, std::function<void()> recorded) {
  const std::string name = delivery_id(text_of(place), backlog.name->endpoint, kLost);
  AttemptRecord record;
  record.delivery = name;
  record.endpoint = backlog.name->endpoint;
  record.tenant = backlog.name->tenant;
  record.ending = Cancelled{};
  record.rule = kLost;
  record.error = why;
  observer_.lost();
  const Endpoint* const endpoint = backlog.endpoint;
  outcomes_.record_attempt(
      place, backlog.lane, record,
      [this, priority = backlog.priority, known = endpoint != nullptr, meter = endpoint ? endpoint->meter : 0,
       tenant = backlog.name->tenant, recorded = std::move(recorded)] {
        count(tallies_.of(tenant), Cancelled{});
        observer_.ended(priority, Cancelled{}, known, meter);
        recorded();
      });
}

void Recorder::tell_unmatched(Place place, const event::EventView& view) {
  const std::string name = event_id(view);
  AttemptRecord told;
  told.event_id = name;
  told.tenant = view.tenant;
  told.attempt = 0;
  outcomes_.record_attempt(place, std::nullopt, told, [] {});
}

void Recorder::append_attempt(Delivery& delivery, const AttemptRecord& attempt) {
  outcomes_.record_attempt(delivery.record->place(), delivery.backlog->lane, attempt,
                           [this, id = delivery.id] { on_recorded(id); });
}

void Recorder::append_dead_letter(Delivery& delivery, std::string_view name, const Why& why) {
  const log::StoredRecord& event = *delivery.record->record;
  DeadLetter letter;
  letter.delivery = name;
  if (!is_nobodys(delivery)) {
    letter.endpoint = delivery.backlog->name->endpoint;
    letter.tenant = delivery.backlog->name->tenant;
  }
  letter.attempts = delivery.attempts;
  letter.rule = why.rule;
  letter.error = why.error;
  letter.answer = why.answer;
  const std::string undelivered = undelivered_of(delivery, *book_.index(delivery.partition()));
  letter.undelivered = undelivered;
  observer_.dead_lettered(why.rule);
  notices_.dead_lettered(delivery, {name, why.rule, why.error, why.status});
  if (delivery.policy && !delivery.command && !is_nobodys(delivery)) {
    letter.policy = delivery.policy->id;
    tell_if_exhausted(delivery, {name, why.rule, why.error, why.status});
  }
  const std::uint64_t id = delivery.id;
  const Place place = delivery.record->place();
  std::string text;
  for (const Keep keep : {Keep::all, Keep::headers, Keep::nothing}) {
    auto taken = outcomes_.append_and_finish(place, delivery.backlog->lane, dead_letter_record(event, letter, keep),
                                             [this, id] { on_recorded(id); });
    if (taken) return;
    text = std::string(cut(why.error, 1024)) + " (too large to be kept here: see events " + text_of(place) + ")";
    letter.error = text;
    if (keep != Keep::nothing) continue;
    // The delivery stays open: a later owner tries again.
    observer_.problem("dead letter refused: " + taken.error().message);
    on_recorded(id);
  }
}

void Recorder::tell_if_exhausted(const Delivery& delivery, const Notices::Letter& letter) {
  const auto& reprocess = delivery.policy->reprocess;
  const std::uint32_t replays = event::replays_of(delivery.record->record->headers);
  if (!reprocess || replays < reprocess->max_attempts) return;
  observer_.exhausted();
  notices_.exhausted(delivery, letter, replays);
}

// Its end, if that is one, is known now, and goes to the log.
void Recorder::begin(Delivery& delivery, const Ending& ending, std::uint8_t appends) {
  book_.begin_recording(delivery, ending, appends);
  const std::string_view endpoint = is_nobodys(delivery) ? std::string_view() : delivery.backlog->name->endpoint;
  std::visit(
      Overloaded{[&](const Delivered&) { note_end(*delivery.record, false, endpoint); }, [](const RetryAt&) {},
                 [](const Awaiting&) {}, [&](const DeadLettered&) { note_end(*delivery.record, true, endpoint); },
                 [&](const Cancelled&) { note_end(*delivery.record, false, endpoint); }},
      ending);
}

void Recorder::on_recorded(std::uint64_t id) {
  Delivery* delivery = book_.find(id);
  Recording* recording = delivery ? delivery->recording() : nullptr;
  if (recording == nullptr || recording->appends == 0) return;
  if (--recording->appends == 0) recorded(*delivery);
}

void Recorder::recorded(Delivery& delivery) {
  const std::int32_t partition = delivery.partition();
  const Ending ending = delivery.recording()->ending;
  std::visit(
      Overloaded{
          [&](const Delivered&) { ended(delivery, ending); },
          [&](const RetryAt& retry) { go_on(delivery, [&] { book_.wait_for_retry(delivery, retry.at); }); },
          [&](const Awaiting& awaiting) { go_on(delivery, [&] { book_.await_result(delivery, awaiting.until); }); },
          [&](const DeadLettered&) { ended(delivery, ending); }, [&](const Cancelled&) { ended(delivery, ending); }},
      ending);
  book_.let_go_if_settled(partition);
}

void Recorder::ended(Delivery& delivery, const Ending& ending) {
  const std::string_view tenant = delivery.backlog ? std::string_view(delivery.backlog->name->tenant) : "";
  count(tallies_.of(tenant), ending);
  observer_.ended(delivery.priority, ending, delivery.endpoint != nullptr,
                  delivery.endpoint ? delivery.endpoint->meter : 0);
  if (delivery.command) commands_.remove(*delivery.record->record);
  book_.end(delivery);
}

template <class Wait>
void Recorder::go_on(Delivery& delivery, Wait wait) {
  if (book_.revoking(delivery.partition())) return book_.remove(delivery);
  if (delivery.command && delivery.answer != Answer::none) return end_answered(delivery);
  wait();
}

}  // namespace certes::dispatcher
