#include "gateway/ingest/acceptor.hpp"

#include <algorithm>
#include <optional>

#include "common/log/names.hpp"
#include "gateway/access/answers.hpp"

namespace certes::gateway::ingest {
namespace {

const Reply kStandardReply;
constexpr std::size_t kMaxWhyBytes = 4'096;

// The engine's own deadline is a little earlier, so that its verdict usually comes first.
Millis append_deadline(Millis durable_timeout) {
  return std::max(Millis{1}, durable_timeout - std::min(Millis{200}, durable_timeout / 5));
}

}  // namespace

// A request whose events are on their way to the log.
struct Acceptor::Request {
  Acceptor* owner = nullptr;
  std::uint64_t number = 0;  // of its use; 0: free
  std::optional<http::Exchange> exchange;
  IdempotencyIndex::Claim claim;
  std::string tenant, source;
  std::vector<std::string> ids;           // answered: Certes', or the first one's
  std::vector<log::Identity> identities;  // to settle in the index; none elsewhere
  SteadyTime started{}, appending{};
  AcceptSpans spans;
  std::size_t open = 0;  // appends, shared fates, and the call that started them
  std::size_t persisted = 0, not_persisted = 0;
  std::vector<std::size_t> repeats;  // which of them had been accepted before
  std::size_t stored = 0;            // persisted by this request, not by an earlier one
  std::string error;
  std::int32_t partition = log::kAnyPartition;  // of what was stored last
  bool batch = false;
  std::shared_ptr<const Reply> reply;
  Aim aim;
  bool quarantined = false;
};

Acceptor::Acceptor(http::Loop& loop, log::Log& log, Shared shared, IngestMetrics& metrics, Options options)
    : loop_(loop),
      log_(log),
      dedup_(shared.dedup),
      redeliveries_(shared.redeliveries),
      registry_(std::move(shared.registry)),
      tracer_(shared.tracer),
      metrics_(metrics),
      options_(options),
      max_record_bytes_(log.max_record_bytes(log::Topic::events)),
      wake_(loop.waker([this] { poll(); })) {
  make_appender();
  loop.at_round_end([this] { appender_->flush(); });
}

Acceptor::~Acceptor() = default;

void Acceptor::make_appender() {
  log::AppenderOptions options;
  options.deadline = append_deadline(options_.durable_timeout);
  options.ordered = false;
  options.queue_bytes = options_.queue_bytes;
  appender_ = log_.appender(options, wake_);
}

void Acceptor::poll() {
  // What a retired one reports as fatal says nothing of the one that took its place.
  for (const auto& retired : retired_) retired->poll();
  std::erase_if(retired_, [](const auto& retired) { return retired->pending() == 0; });
  replace_appender_ = false;
  appender_->poll();
  if (!replace_appender_) return;
  replace_appender_ = false;
  appender_->flush();  // nobody else will
  retired_.push_back(std::move(appender_));
  make_appender();
}

Acceptor::Request& Acceptor::take(bool batch, std::shared_ptr<const Reply>&& reply, std::string_view source,
                                  http::Exchange exchange) {
  if (free_.empty()) {
    requests_.push_back(std::make_unique<Request>());
    free_.push_back(requests_.back().get());
  }
  Request& request = *free_.back();
  free_.pop_back();
  request.owner = this;
  request.number = next_number_++;
  request.exchange.emplace(std::move(exchange));
  request.tenant.clear();
  request.spans.clear();
  request.source = source;
  request.started = loop_.now();
  request.open = 1;
  request.persisted = request.not_persisted = request.stored = 0;
  request.batch = batch;
  request.reply = std::move(reply);
  request.quarantined = false;
  ++pending_;
  return request;
}

void Acceptor::accept(std::vector<event::Event>&& events, bool batch, std::shared_ptr<const Reply> reply,
                      std::string_view source, http::Exchange exchange, Aim aim, IdempotencyIndex::Claim claim) {
  Request& request = take(batch, std::move(reply), source, std::move(exchange));
  request.aim = std::move(aim);
  request.claim = std::move(claim);
  std::vector<log::Record> records;
  records.reserve(events.size());
  if (!events.empty()) request.tenant = events.front().tenant;
  if (tracer_ != nullptr) request.spans.begin(*tracer_, events);
  for (auto& event : events) {
    request.ids.push_back(event.id);
    records.push_back(event::to_record(std::move(event)));
    event::stamp(records.back(), registry_);
  }
  if (fits(request, records)) {
    request.open += records.size();
    due_.push_back({request.started + options_.durable_timeout, &request, request.number});
    arm_timer();
    request.appending = loop_.now();
    for (std::size_t i = 0; i < records.size(); ++i) append(request, i, std::move(records[i]));
  } else {
    request.spans.clear();
  }
  if (--request.open == 0) finish(request);
}

// Without an identity: what is repaired and published later must not be taken for a repeat of this.
void Acceptor::quarantine(event::Event&& event, const Why& why, std::shared_ptr<const Reply> reply,
                          std::string_view source, http::Exchange exchange) {
  Request& request = take(false, std::move(reply), source, std::move(exchange));
  request.quarantined = true;
  request.tenant = event.tenant;
  request.aim = {};
  request.ids.push_back(event.id);
  std::vector<log::Record> records;
  records.push_back(event::to_record(std::move(event)));
  if (fits(request, records)) {
    ++request.open;
    due_.push_back({request.started + options_.durable_timeout, &request, request.number});
    arm_timer();
    log::Record& record = records.front();
    record.identity = {};
    record.headers.add(log::names::kAttempts, "0");
    record.headers.add(log::names::kRule, why.rule);
    record.headers.add(log::names::kError, std::string_view(why.error).substr(0, kMaxWhyBytes));
    append(request, 0, std::move(record), log::Topic::dead_letters);
  }
  if (--request.open == 0) finish(request);
}

void Acceptor::tell(log::Record&& notice) {
  event::stamp(notice, registry_);
  const auto taken =
      appender_->append(log::Topic::events, log::kAnyPartition, std::move(notice), [this](log::AppendResult&& result) {
        if (result.fatal) replace_appender_ = true;
        if (result.outcome != log::AppendOutcome::persisted) metrics_.notice_lost(result.error.message, loop_.now());
      });
  if (!taken) metrics_.notice_lost(taken.error().message, loop_.now());
}

bool Acceptor::fits(Request& request, const std::vector<log::Record>& records) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].size() <= max_record_bytes_) continue;
    const std::string detail = "the event has " + std::to_string(records[i].size()) +
                               " bytes with its headers; at most " + std::to_string(max_record_bytes_) + " are taken";
    metrics_.rejected(request.tenant, request.source, "too_large");
    respond(request, answer({Code::too_large, detail, request.batch ? "/" + std::to_string(i) : ""}));
    return false;
  }
  return true;
}

void Acceptor::append(Request& request, std::size_t index, log::Record&& record, log::Topic topic) {
  request.identities.resize(std::max(request.identities.size(), dedup_ ? index + 1 : 0));
  if (dedup_ && record.identity) {
    auto seen = dedup_->begin(record.identity, request.ids[index], loop_.now(),
                              [&request](log::AppendOutcome outcome) { request.owner->share_fate(request, outcome); });
    if (seen.state != DedupIndex::State::fresh) {
      request.ids[index] = std::move(seen.first_id);
      request.repeats.push_back(index);
      if (seen.state != DedupIndex::State::known) return;
      repeated(request, index, seen.partition);
      return one_done(request, log::AppendOutcome::persisted);
    }
    request.identities[index] = record.identity;
  }
  // A trivial capture of two words fits into std::function without an allocation.
  struct Done {
    Request* request;
    std::size_t index;
    void operator()(log::AppendResult&& result) const {
      request->owner->acknowledged(*request, index, std::move(result));
    }
  };
  auto taken = appender_->append(topic, request.aim.partition, std::move(record), Done{&request, index});
  if (!taken) refused(request, index, taken.error());
}

// It has been on the log for longer than this request is there.
void Acceptor::repeated(const Request& request, std::size_t index, std::int32_t partition) {
  if (redeliveries_ && request.aim.kind == registry::EventKind::event)
    redeliveries_->repeated(partition, request.ids[index]);
}

void Acceptor::refused(Request& request, std::size_t index, const Error& error) {
  request.error = error.message;
  log::AppendResult result;
  result.outcome = log::AppendOutcome::not_persisted;
  if (dedup_) settle(request.identities[index], result);
  one_done(request, log::AppendOutcome::not_persisted);
}

void Acceptor::acknowledged(Request& request, std::size_t index, log::AppendResult&& result) {
  acknowledged_at_ = loop_.now();
  if (result.fatal) replace_appender_ = true;
  if (result.outcome != log::AppendOutcome::persisted) request.error = result.error.message;
  if (!result.duplicate_of.empty()) {
    request.ids[index] = std::move(result.duplicate_of);
    request.repeats.push_back(index);
    repeated(request, index, result.partition);
  } else if (result.outcome == log::AppendOutcome::persisted) {
    ++request.stored;
    request.partition = result.partition;
  }
  if (dedup_) settle(request.identities[index], result);
  one_done(request, result.outcome);
}

void Acceptor::settle(log::Identity identity, const log::AppendResult& result) {
  if (identity) dedup_->settle(identity, result.outcome, {result.partition, result.offset}, loop_.now());
}

// Called by the loop that appended the first one: maybe another than this request's.
void Acceptor::share_fate(Request& request, log::AppendOutcome outcome) {
  loop_.post([this, &request, outcome] { one_done(request, outcome); });
}

void Acceptor::one_done(Request& request, log::AppendOutcome outcome) {
  if (outcome == log::AppendOutcome::persisted) ++request.persisted;
  if (outcome == log::AppendOutcome::not_persisted) ++request.not_persisted;
  if (--request.open == 0) finish(request);
}

// In the order in which they were sent.
std::vector<std::string> Acceptor::duplicates(Request& request) {
  std::ranges::sort(request.repeats);
  std::vector<std::string> ids;
  for (const std::size_t index : request.repeats) ids.push_back(request.ids[index]);
  return ids;
}

void Acceptor::record_spans(Request& request) {
  request.spans.end(*tracer_, {request.started, request.appending, loop_.now()}, request.repeats,
                    request.persisted == request.ids.size() ? std::string() : request.error);
}

void Acceptor::finish(Request& request) {
  if (!request.spans.empty()) record_spans(request);
  const std::size_t count = request.ids.size();
  if (request.stored != 0) {
    const std::chrono::nanoseconds took = loop_.now() - request.started;
    if (request.quarantined)
      metrics_.quarantined();
    else
      metrics_.accepted(request.tenant, request.aim.kind, request.stored, took);
    metrics_.appended(took);
  }
  if (!request.repeats.empty()) metrics_.duplicates(request.tenant, request.repeats.size());
  if (request.persisted == count) {
    auto response = request.batch ? accepted_batch(request.ids, duplicates(request))
                                  : accepted(request.reply ? *request.reply : kStandardReply, request.ids.front(),
                                             !request.repeats.empty());
    request.claim.keep(response, loop_.now());
    respond(request, std::move(response));
  } else if (request.not_persisted == count) {
    if (request.exchange) metrics_.rejected(request.tenant, request.source, "not_accepted");
    respond(request, not_accepted(request.error));
  } else {
    if (request.exchange) metrics_.rejected(request.tenant, request.source, "outcome_unknown");
    respond(request, outcome_unknown(request.error));
  }
  request.claim.release();
  request.ids.clear();
  request.repeats.clear();
  request.identities.clear();
  request.error.clear();
  request.reply.reset();
  request.number = 0;
  free_.push_back(&request);
  --pending_;
}

void Acceptor::respond(Request& request, http::Response&& response) {
  if (!request.exchange) return;
  http::Exchange exchange = std::move(*request.exchange);
  request.exchange.reset();
  if (!request.aim.then) return exchange.respond(std::move(response));
  const Then then = std::exchange(request.aim.then, nullptr);
  then(std::move(exchange), std::move(response), request.stored == 1 ? request.partition : log::kAnyPartition);
}

Admission::Waiting Acceptor::waiting() {
  forget_answered();
  if (due_.empty()) return {pending_, {}, false};
  return {pending_, std::max(due_.front().request->started, acknowledged_at_), true};
}

void Acceptor::forget_answered() {
  while (!due_.empty() && due_.front().request->number != due_.front().number) due_.pop_front();
}

// All wait equally long, so one timer for the oldest is enough.
void Acceptor::arm_timer() {
  forget_answered();
  if (timer_armed_ || due_.empty()) return;
  timer_armed_ = true;
  const auto left = std::chrono::ceil<Millis>(due_.front().at - loop_.now());
  loop_.after(std::max(Millis{0}, left), [this] { on_timer(); });
}

void Acceptor::on_timer() {
  timer_armed_ = false;
  for (; !due_.empty() && due_.front().at <= loop_.now(); due_.pop_front()) {
    Request& request = *due_.front().request;
    if (request.number != due_.front().number || !request.exchange) continue;
    metrics_.rejected(request.tenant, request.source, "outcome_unknown");
    respond(request, outcome_unknown("the log has not answered in time"));
  }
  arm_timer();
}

}  // namespace certes::gateway::ingest
