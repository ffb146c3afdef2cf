#include "common/log/kafka/pick_lane.hpp"

#include <algorithm>

#include "common/log/kafka/codec.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/reader.hpp"
#include "common/log/kafka/wake.hpp"

namespace certes::log::kafka {
namespace {

constexpr std::int64_t kGapBytes = 256 << 10;   // read on through less, jump over more
constexpr int kTurn = 256;                      // messages, before it is another lane's turn
constexpr std::chrono::seconds kSilence{5};     // then the run is to be asked for again
constexpr std::chrono::seconds kSilentFor{30};  // then what stands there is looked at
constexpr std::size_t kSilentPlaces = 64;
constexpr Millis kAskRange{1'000};

std::int64_t bytes_of(const rd_kafka_message_t& message) {
  return static_cast<std::int64_t>(message.len + message.key_len) + 64;
}

}  // namespace

Result<Fetcher*> PickSources::get(Role role) {
  auto& fetcher = role == Role::points ? points_ : windows_;
  if (!fetcher) {
    auto made = Fetcher::make(options_, role);
    if (!made.has_value()) return fail(std::move(made.error()));
    fetcher = std::move(*made);
  }
  return fetcher.get();
}

bool PickLane::step() {
  if (task_ && shared_.desk.cancelled(topic_, partition_, number_)) end_run();
  if (!task_) begin_run();
  for (int i = 0; i < kTurn && task_; ++i) {
    const Message message(rd_kafka_consume_queue(queue_.get(), 0));
    if (message) {
      take(*message);
      continue;
    }
    nothing_came();
    break;
  }
  if (task_) shared_.desk.answer(number_, task_->results());
  return !task_ ? !waiting_.empty() : rd_kafka_queue_length(queue_.get()) > 0;
}

void PickLane::begin_run() {
  while (!task_ && !waiting_.empty()) {
    PickDesk::Asked asked = std::move(waiting_.front());
    waiting_.pop_front();
    if (shared_.desk.cancelled(topic_, partition_, asked.number)) continue;
    number_ = asked.number;
    task_.emplace(std::move(asked.run));
    begin_piece();
  }
}

void PickLane::begin_piece() {
  const OffsetRange piece = task_->piece(kGapBytes / record_bytes_);
  piece_end_ = piece.end;
  const bool small = (piece.end - piece.start) * record_bytes_ < kPointBytes;
  start(small ? Role::points : Role::windows, piece.start);
}

// Behind what was answered.
void PickLane::go_on() {
  if (task_->ended()) return end_run();
  if (!reading_ || task_->next() >= piece_end_) begin_piece();
}

void PickLane::end(Error error) {
  task_->again(std::move(error));
  end_run();
}

void PickLane::end_run() {
  stop();
  detour_.reset();
  shared_.desk.answer(number_, task_->results());
  task_.reset();
}

void PickLane::start(Role role, std::int64_t offset) {
  stop();
  auto fetcher = shared_.sources.get(role);
  if (!fetcher.has_value()) return end(std::move(fetcher.error()));
  queue_.reset(rd_kafka_queue_new((*fetcher)->client()));
  ring_when_filled(queue_.get(), shared_.ring);
  position_ = offset;
  heard_at_ = shared_.troubles.now();
  auto started = (*fetcher)->start(topic_, partition_, offset, queue_.get());
  if (!started.has_value()) return end(std::move(started.error()));
  reading_ = *fetcher;
}

// What was fetched ahead goes with the queue.
void PickLane::stop() {
  if (queue_) ring_no_more(queue_.get());
  if (reading_) std::exchange(reading_, nullptr)->stop(topic_, partition_);
  queue_.reset();
}

void PickLane::take(const rd_kafka_message_t& message) {
  if (detour_) {
    if (detour_->took(message, shared_.troubles.now())) follow_detour();
    return;
  }
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return read(message);
  if (message.err != RD_KAFKA_RESP_ERR__PARTITION_EOF) return failed(message);
  end({Code::not_found, std::string(to_string(topic_)) + "[" + std::to_string(partition_) + "] ends at " +
                            std::to_string(message.offset)});
}

void PickLane::read(const rd_kafka_message_t& message) {
  if (message.offset < position_) return;
  position_ = message.offset + 1;
  heard_at_ = shared_.troubles.now();
  record_bytes_ += (bytes_of(message) - record_bytes_) / 16;
  shared_.troubles.over(topic_, partition_);
  if (task_->wants(message.offset)) {
    silent_.erase(message.offset);
    task_->read(to_record(message, topic_));
  } else {
    task_->gone_below(message.offset);
  }
  task_->check_time(heard_at_);
  go_on();
}

void PickLane::failed(const rd_kafka_message_t& message) {
  if (is_undecodable(message.err)) {
    if (shared_.damage.goes_on(topic_)) return begin_detour(batch_of(message));
    return end(shared_.damage.stays("the log", topic_, partition_, task_->next()));
  }
  Error error = fetch_error(message, topic_);
  if (error.code == Code::not_found) return out_of_range();
  shared_.troubles.met(message, topic_, task_->next());
  end({Code::unavailable, std::move(error.message)});
}

// The start is asked for now: what is known of it from fetches may be old.
void PickLane::out_of_range() {
  stop();
  const auto range = shared_.cluster.offsets(topic_, partition_, kAskRange);
  if (!range.has_value()) return end({Code::unavailable, range.error().message});
  const std::int64_t next = task_->next();
  task_->gone_below(range->start);
  if (task_->ended()) return end_run();
  if (task_->next() > next && task_->next() < range->end) return begin_piece();
  const Code code = task_->next() >= range->end ? Code::not_found : Code::unavailable;
  end({code, std::string(to_string(topic_)) + "[" + std::to_string(partition_) + "] holds offsets " +
                 std::to_string(range->start) + " to " + std::to_string(range->end)});
}

void PickLane::nothing_came() {
  const SteadyTime now = shared_.troubles.now();
  if (detour_) {
    if (detour_->waited(now)) follow_detour();
    return;
  }
  if (now - heard_at_ < kSilence) return;
  // librdkafka says nothing of a record whose lengths are damaged: it asks for it again, for ever.
  const std::int64_t next = task_->next();
  if (silent_.size() >= kSilentPlaces) silent_.clear();
  const SteadyTime since = silent_.try_emplace(next, heard_at_).first->second;
  const bool lasts = now - since >= kSilentFor && reading_->known(topic_, partition_).end > next;
  if (lasts && shared_.damage.goes_on(topic_)) return begin_detour(kNoOffset);
  end({Code::timeout, std::string(to_string(topic_)) + "[" + std::to_string(partition_) + "]: nothing came"});
}

// `batch`: where it begins, if that was told.
void PickLane::begin_detour(std::int64_t batch) {
  damaged_at_ = std::max(task_->next(), batch);
  detour_.emplace(damaged_at_, batch, reading_->known(topic_, partition_).end, shared_.troubles.now());
  follow_detour();
}

void PickLane::follow_detour() {
  const auto over = detour_->over();
  if (!over) return start(Role::windows, detour_->ask());
  stop();
  detour_.reset();
  silent_.erase(task_->next());
  if (*over > damaged_at_) {
    shared_.damage.passed(topic_, partition_, damaged_at_, *over);
    task_->damaged_below(*over);
  }
  go_on();
}

}  // namespace certes::log::kafka
