// What a pipeline's thread does: answers in, one commit, requests out, and it waits for more.
#include <algorithm>

#include "client/encoding.hpp"
#include "client/pipeline.hpp"

namespace certes::client {
namespace {

constexpr Millis kWriteAgain{1'000};  // after the disk took nothing
constexpr Millis kLongestWait{1'000};
constexpr std::size_t kKeptProblem = 4u << 10;  // of what the gateway said of an event that is given up

void append(Turn& to, Turn&& from) {
  std::move(from.sent.begin(), from.sent.end(), std::back_inserter(to.sent));
  std::move(from.rejected.begin(), from.rejected.end(), std::back_inserter(to.rejected));
  std::move(from.retried.begin(), from.retried.end(), std::back_inserter(to.retried));
}

// Of an answer that accepted nothing: with what the gateway says of the key, which nothing else would tell.
std::string error_of(const Answer& answer) {
  if (answer.status == 0) return answer.error;
  std::string text = "answered " + std::to_string(answer.status);
  if (verdict_of(answer) == Verdict::denied)
    if (const std::string detail = detail_of(answer); !detail.empty()) text.append(": ").append(detail);
  return text;
}

}  // namespace

void Pipeline::run() {
  for (;;) {
    Turn turn;
    std::vector<Publishing> publishings;
    std::deque<Work> works;
    {
      const Lock lock(mutex_);
      publishings.assign(std::make_move_iterator(publishings_.begin()), std::make_move_iterator(publishings_.end()));
      publishings_.clear();
      works.swap(works_);
      woke_ = false;
    }
    take_answers(turn);
    commit(turn, publishings);
    for (const Work& work : works) work();
    send_what_may();
    publish_state();
    if (finished_closing()) return;
    wait();
  }
}

void Pipeline::take_answers(Turn& turn) {
  answers_.clear();
  transport_->poll(answers_);
  for (const Answer& answer : answers_) {
    const auto found = flying_.find(answer.id);
    if (found == flying_.end()) continue;
    const Flying flying = std::move(found->second);
    flying_.erase(found);
    apply(flying, answer, turn);
  }
}

void Pipeline::apply(const Flying& flying, const Answer& answer, Turn& turn) {
  Outcome outcome = forwarder_.finished(flying.flight, flying.kinds, answer, clock_.now(), clock_.unix_millis());
  const Verdict verdict = verdict_of(answer);
  if (meters_ != nullptr) meters_->answered(verdict, outcome);
  if (verdict == Verdict::accepted) tell_accepted(flying, answer);
  if (!outcome.refused.empty()) tell_refused(flying, outcome, answer);
  {
    const Lock lock(mutex_);
    status_.accepted += outcome.accepted.size();
    status_.retried += outcome.retried.size();
    status_.refused += outcome.refused.size();
    status_.rejected_events += outcome.refused.size();
    status_.last_error = verdict == Verdict::accepted ? std::string() : error_of(answer);
    status_.denied = verdict == Verdict::denied;
    if (verdict == Verdict::accepted)
      for (const std::size_t bytes : flying.bytes) give_back(1, bytes);
  }
  std::move(outcome.accepted.begin(), outcome.accepted.end(), std::back_inserter(turn.sent));
  for (Refusal& refusal : outcome.refused) {
    if (refusal.problem.size() > kKeptProblem) refusal.problem.resize(kKeptProblem);
    turn.rejected.push_back(std::move(refusal));
  }
  std::move(outcome.retried.begin(), outcome.retried.end(), std::back_inserter(turn.retried));
}

void Pipeline::tell_accepted(const Flying& flying, const Answer& answer) {
  if (!options_.on_end) return;
  for (const std::string& id : flying.ids)
    options_.on_end({id, true, {}, answer.status, flying.ids.size() == 1 ? answer.body : std::string()});
}

void Pipeline::tell_refused(const Flying& flying, const Outcome& outcome, const Answer& answer) {
  if (!options_.on_end) return;
  for (const Refusal& refusal : outcome.refused) {
    const auto& sequences = flying.flight.sequences;
    const auto at =
        static_cast<std::size_t>(std::find(sequences.begin(), sequences.end(), refusal.sequence) - sequences.begin());
    options_.on_end({flying.ids[at], false, refusal.rule, answer.status, refusal.problem});
  }
}

// What was published and what was answered, in one transaction. If the disk does not take it, the publishers are told,
// and what was answered is written later: until then a restart repeats it, with the same ids.
void Pipeline::commit(Turn& turn, std::vector<Publishing>& publishings) {
  append(turn, std::exchange(owed_, {}));
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (Publishing& publishing : publishings) {
    bytes += publishing.bytes;
    count += publishing.items.size();
    std::move(publishing.items.begin(), publishing.items.end(), std::back_inserter(turn.added));
  }
  if (turn.empty()) return;
  const auto sequences = spool_->commit(turn, clock_.unix_millis());
  {
    const Lock lock(mutex_);
    pending_bytes_ -= std::min(pending_bytes_, bytes);
    if (!sequences) give_back(count, bytes);
    if (auto broken = spool_->failure()) failure_ = std::move(broken);
  }
  if (sequences) {
    for (std::size_t i = 0; i < count; ++i) forwarder_.add(entry_of(turn.added[i], (*sequences)[i]));
    write_again_at_.reset();
  } else {
    turn.added.clear();
    owed_ = std::move(turn);
    write_again_at_ = clock_.now() + kWriteAgain;
  }
  if (meters_ != nullptr) meters_->stored(count, sequences.has_value());
  for (const Publishing& publishing : publishings)
    publishing.stored(sequences ? Result<void>() : Result<void>(fail(sequences.error())));
}

void Pipeline::send_what_may() {
  while (const auto flight = forwarder_.next(clock_.now()))
    if (!send(*flight)) return;
}

// False: the spool cannot be read.
bool Pipeline::send(const Flight& flight) {
  std::vector<Item> items;
  Flying flying{flight, {}, {}, {}};
  for (const std::int64_t sequence : flight.sequences) {
    auto item = spool_->read(sequence);
    if (!item) {
      Answer none;
      none.sent = false;
      forwarder_.finished(flight, {}, none, clock_.now(), clock_.unix_millis());
      const Lock lock(mutex_);
      status_.last_error = item.error().message;
      return false;
    }
    flying.kinds.push_back({item->type, item->source});
    flying.ids.push_back(item->id);
    flying.bytes.push_back(item->bytes());
    items.push_back(std::move(*item));
  }
  const bool batch = items.size() > 1;
  Post post;
  post.id = flight.id;
  post.path = items.front().path;
  post.headers = std::move(items.front().headers);
  if (flight.form != Form::whole)
    post.headers.push_back("Content-Type: " + std::string(content_type_of(flight.form, batch)));
  post.body = std::make_shared<const std::string>(batch ? joined_bodies(items) : std::move(items.front().body));
  flying_.emplace(flight.id, std::move(flying));
  transport_->post(std::move(post));
  return true;
}

// Closing ends when nothing is left, when time is up, or when nothing more can happen in time.
bool Pipeline::finished_closing() {
  const Lock lock(mutex_);
  if (!closing_ || !publishings_.empty()) return false;
  const SteadyTime now = clock_.now();
  const auto due = forwarder_.due();
  const bool idle = forwarder_.flying() == 0 && (!due || *due > close_by_);
  if (!idle && now < close_by_ && forwarder_.size() > 0) return false;
  if (!works_.empty()) return false;
  running_ = false;
  changed_.notify_all();
  return true;
}

void Pipeline::wait() {
  const SteadyTime now = clock_.now();
  SteadyTime until = now + kLongestWait;
  if (const auto due = forwarder_.due()) until = std::min(until, *due);
  if (write_again_at_) until = std::min(until, *write_again_at_);
  Lock lock(mutex_);
  if (closing_) until = std::min(until, close_by_);
  const Millis limit = std::max(Millis{0}, std::chrono::ceil<Millis>(until - now));
  woken_.wait_for(lock, limit, [this]() CERTES_REQUIRES(mutex_) { return woke_; });
}

void Pipeline::publish_state() {
  const Lock lock(mutex_);
  if (meters_ != nullptr) meters_->spool(forwarder_.size(), status_.rejected_events, bytes_);
  changed_.notify_all();
}

}  // namespace certes::client
