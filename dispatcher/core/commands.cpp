// Commands: delivered like events, to one endpoint, and ended only after their result is on the log. The result is
// appended first: should the process die then, the next owner reads it behind the command and does not ask again.
#include "common/base/seconds.hpp"
#include "common/log/names.hpp"
#include "dispatcher/core/core.hpp"
#include "dispatcher/delivery/command_result.hpp"
#include "dispatcher/delivery/delivery_id.hpp"
#include "dispatcher/retry/outcome.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::string_view kAwaitingFull = "awaiting_full";
constexpr std::string_view kFailedBefore = "failed_before";
constexpr std::string_view kNoResult = "no_result";
constexpr std::string_view kUnbound = "unbound";

// The memory that a command keeps while it awaits its result.
std::size_t bytes_of(const OpenRecord& open) {
  return open.record->size() + sizeof(log::StoredRecord) + Pool<OpenRecord>::kBytes + Pool<Delivery>::kBytes;
}

std::string result_name(const log::StoredRecord& command) {
  return event::result_name(event_id(command), command.headers.get(log::names::kReplay));
}

std::string seconds(Millis time) {
  std::string text = std::to_string(static_cast<double>(time.count()) / 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

}  // namespace

// Precondition: settled as recording. `then` runs once the result is acknowledged.
void Core::answer_first(Delivery& delivery, event::CommandResult&& result, Then then) {
  event::CommandResult short_result{result.succeeded, true, result.content_type, {}, result.rule, result.error};
  auto taken = append_result(delivery, std::move(result), then);
  if (!taken) taken = append_result(delivery, std::move(short_result), std::move(then));
  if (taken) return;
  // The command stays open: a later owner tries again.
  ports_.observer.problem("a command's result was refused: " + taken.error().message);
  delivery.record->abandoned = true;
  decide(delivery, End::cancelled);
  delivery.unrecorded = 1;
  on_recorded(delivery.id);
}

Result<void> Core::append_result(Delivery& delivery, event::CommandResult&& result, Then then) {
  const log::StoredRecord& command = *delivery.record->record;
  const std::string_view status = result.succeeded ? event::kSucceeded : event::kFailed;
  auto record = event::result_record(command, event_id(command), std::move(result), ids_.next("evt_"),
                                     ports_.clock.unix_millis());
  const std::uint64_t id = delivery.id;
  return ports_.outcomes.append_event(delivery.record->origin(), std::move(record),
                                      [this, id, status, then = std::move(then)] {
                                        Delivery* one = deliveries_.find(id);
                                        if (one == nullptr || one->record == nullptr) return;
                                        ports_.observer.answered(status);
                                        one->answer = Answer::given;
                                        then(*one);
                                      });
}

// A result stands on the log: of this process's making, of an earlier owner's, or posted by the service.
void Core::result_seen(const event::EventView& view, const log::StoredRecord& record) {
  const auto found = commands_.find(view.client_id);
  if (found == commands_.end() || view.source != event::result_source(view.tenant)) return;
  Delivery* delivery = deliveries_.find(found->second);
  if (delivery == nullptr || !needs_answer(*delivery)) return;
  const auto rule = record.headers.get(log::names::kRule);
  if (delivery->state != Stage::sending && delivery->state != Stage::recording)
    return end_answered(*delivery, rule, record.headers.get(log::names::kError));
  delivery->answer = rule.empty() ? Answer::given : Answer::failed;
}

// `rule`: what the result says Certes gave up for; empty: the service has answered.
void Core::end_answered(Delivery& delivery, std::string_view rule, std::string_view error) {
  settle(delivery, Stage::recording);
  delivery.awaits = false;
  delivery.answer = rule.empty() ? Answer::given : Answer::failed;
  if (!rule.empty()) return give_up(delivery, rule, error);
  delivery.attempts = std::max<std::uint32_t>(1, delivery.attempts);
  close_unsent(delivery, kDelivered, {});
}

// The same, where the result came while the outcome of an attempt was being recorded.
void Core::end_answered(Delivery& delivery) {
  const bool failed_before = delivery.answer == Answer::failed;
  end_answered(delivery, failed_before ? kFailedBefore : std::string_view(), {});
}

// The result came while the request was out.
void Core::answered_attempt(Delivery& delivery, const http::TransferResult& result) {
  const bool taken = result.error == http::TransferError::none && result.status >= 200 && result.status < 300;
  if (taken || delivery.answer == Answer::given) return record(delivery, result, {kDelivered, {}, {}});
  attempt_failed(delivery, result, kFailedBefore);
}

void Core::await_result(Delivery& delivery, const http::TransferResult& result) {
  const std::string& tenant = delivery.endpoint->config().tenant;
  const auto held = awaiting_of_.find(tenant);
  const std::size_t free = options_.awaiting_bytes - std::min(awaiting_, options_.awaiting_bytes);
  if ((held == awaiting_of_.end() ? 0 : held->second) + bytes_of(*delivery.record) > free)
    return attempt_failed(delivery, result, kAwaitingFull);
  delivery.awaits = true;
  record(delivery, result,
         {kAwaiting, {}, {}, options_.result_timeout, ports_.clock.unix_millis() + options_.result_timeout.count()});
}

// What becomes of its endpoint does not matter any more. Its memory is counted apart: what it waits for must be read.
void Core::begin_awaiting(Delivery& delivery, UnixMillis until) {
  const Millis delay{std::max<std::int64_t>(0, until - ports_.clock.unix_millis())};
  delivery.awaits = true;
  delivery.state = Stage::retry;
  uncount_age(delivery);
  memory_ -= bytes_of(*delivery.record);
  count_awaiting(delivery, bytes_of(*delivery.record));
  wheel_.add(delivery, tick(ports_.clock.now() + delay) + 1);
}

void Core::stop_awaiting(Delivery& delivery) {
  wheel_.cancel(delivery);
  memory_ += bytes_of(*delivery.record);
  count_awaiting(delivery, 0 - bytes_of(*delivery.record));
  delivery.awaits = false;
}

// No tenant may have more than is free for all: what others need is there, and one alone has half (the dynamic
// threshold of A. K. Choudhury and E. L. Hahne, IEEE/ACM Transactions on Networking 6(2), 1998, with alpha = 1).
void Core::count_awaiting(const Delivery& delivery, std::size_t change) {
  awaiting_ += change;
  const auto held = awaiting_of_.try_emplace(delivery.endpoint->config().tenant, 0).first;
  held->second += change;
  if (held->second == 0) awaiting_of_.erase(held);
}

// Its time in the wheel is over.
void Core::no_result(Delivery& delivery) {
  stop_awaiting(delivery);
  settle(delivery, Stage::recording);
  give_up(delivery, kNoResult, "no result came within " + seconds(options_.result_timeout));
}

// Nobody takes it any more, though somebody did when it was accepted.
void Core::unbound(OpenRecord& open) {
  Delivery& delivery = deliveries_.take();
  memory_ += Pool<Delivery>::kBytes;
  delivery.record = &open;
  ++open.open;
  delivery.command = true;
  track(delivery);
  settle(delivery, Stage::recording);
  give_up(delivery, kUnbound, "no subscription of kind command takes it, or its endpoint is disabled");
}

void Core::track(const Delivery& delivery) { commands_[result_name(*delivery.record->record)] = delivery.id; }

void Core::untrack(const Delivery& delivery) {
  if (!delivery.command) return;
  const auto found = commands_.find(result_name(*delivery.record->record));
  if (found != commands_.end() && found->second == delivery.id) commands_.erase(found);
}

Match Core::reply_match(std::string_view tenant) {
  auto& endpoint = reply_endpoints_[std::string(tenant)];
  if (!endpoint) {
    auto made = std::make_shared<registry::Endpoint>();
    made->tenant = tenant;
    made->id = kReplyEndpoint;
    made->concurrency = options_.reply_concurrency;
    made->timeout_seconds = seconds_of(options_.reply_timeout);
    const std::string context = made->tenant + "/endpoints/" + made->id;
    for (const auto& secret : ports_.sealer.derived_secrets("reply_to/" + made->tenant))
      made->secrets.push_back({ports_.sealer.seal(secret, context), 0});
    endpoint = std::move(made);
  }
  return router_->apart(tenant, endpoint);
}

}  // namespace certes::dispatcher
