#include "common/log/kafka/detour.hpp"

#include <algorithm>
#include <utility>

#include "common/log/log.hpp"

namespace certes::log::kafka {
namespace {

constexpr std::chrono::seconds kSilence{5};

}  // namespace

bool is_undecodable(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR_INVALID_MSG: return true;
    default: return false;
  }
}

std::int64_t batch_of(const rd_kafka_message_t& message) {
  return message.err == RD_KAFKA_RESP_ERR_INVALID_MSG ? kNoOffset : message.offset;
}

Detour::Detour(std::int64_t at, std::int64_t batch, std::int64_t end, SteadyTime now)
    : at_(at), batch_(batch), end_(std::max(end, at + 1)), bad_(at), ask_(at + 1), asked_at_(now) {}

bool Detour::took(const rd_kafka_message_t& message, SteadyTime now) {
  const bool is_record = message.err == RD_KAFKA_RESP_ERR_NO_ERROR || message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
  if (is_record && message.offset < ask_) return false;  // asked for before
  if (is_record) {
    given();
  } else if (is_undecodable(message.err)) {
    // Of another batch: what stands before that can be read.
    const bool of_another = ask_ >= end_ || (batch_ >= 0 && batch_of(message) > batch_);
    of_another ? given() : damaged();
  } else {
    over_ = at_;  // says nothing of what stands there: from the beginning
  }
  go_on(now);
  return true;
}

bool Detour::waited(SteadyTime now) {
  if (now - asked_at_ < kSilence) return false;
  damaged();
  go_on(now);
  return true;
}

void Detour::damaged() {
  if (ask_ >= end_) return;  // nothing stands there: whoever should say so is silent
  if (again_) {
    over_ = *good_;
    return;
  }
  bad_ = ask_;
  if (!good_) step_ *= 2;
}

void Detour::given() {
  if (again_ && bad_ == at_) {
    over_ = at_;
    return;
  }
  good_ = ask_;
  if (std::exchange(again_, false)) bad_ = at_;
}

void Detour::go_on(SteadyTime now) {
  asked_at_ = now;
  if (over_) return;
  if (!good_) {
    ask_ = std::min(bad_ + step_, end_);
    return;
  }
  again_ = bad_ + 1 == *good_;
  ask_ = again_ ? bad_ : bad_ + (*good_ - bad_) / 2;
}

}  // namespace certes::log::kafka
