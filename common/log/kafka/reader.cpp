#include "common/log/kafka/reader.hpp"

#include "common/log/kafka/codec.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/wake.hpp"

namespace certes::log::kafka {

Error fetch_error(const rd_kafka_message_t& message, Topic topic) {
  const std::string where = std::string(to_string(topic)) + "[" + std::to_string(message.partition) + "]";
  Error error = to_error(message.err, where, rd_kafka_message_errstr(&message));
  error.pointer = std::to_string(message.partition);
  return error;
}

KafkaReader::KafkaReader(Fetchers& fetchers, Role role, Troubles& troubles, Topic topic, std::int32_t partition,
                         std::int64_t from, Wake wake)
    : fetchers_(fetchers),
      troubles_(troubles),
      topic_(topic),
      partition_(partition),
      wake_(std::move(wake)),
      position_(from),
      burst_(role) {
  auto fetcher = fetchers_.claim(topic, partition);
  if (!fetcher.has_value()) {
    error_ = std::move(fetcher.error());
    return;
  }
  fetcher_ = std::move(*fetcher);
  queue_.reset(rd_kafka_queue_new(fetcher_->client()));
  ring_when_filled(queue_.get(), wake_);
  start();
}

void KafkaReader::start() {
  if (auto started = fetcher_->start(topic_, partition_, position_, queue_.get()); !started.has_value())
    error_ = std::move(started.error());
}

KafkaReader::~KafkaReader() {
  if (!fetcher_) return;
  ring_no_more(queue_.get());
  fetcher_->stop(topic_, partition_);
  queue_.reset();
  fetchers_.give_back(fetcher_, topic_, partition_);
}

Result<std::size_t> KafkaReader::read(std::size_t max, std::vector<RecordPtr>& out) {
  std::size_t count = 0;
  while (!error_ && count < max) {
    const Message message(rd_kafka_consume_queue(queue_.get(), 0));
    if (!message) {
      if (!burst_.ended()) break;
      fetcher_->stop(topic_, partition_);
      start();
      break;
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (message->offset < position_) continue;  // fetched before it was started anew
      out.push_back(to_record(*message, topic_));
      burst_.took(out.back()->size());
      troubles_.over(topic_, partition_);
      position_ = message->offset + 1;
      ++count;
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      position_ = std::max(position_, message->offset);  // behind what is never given: the marks of transactions
      troubles_.over(topic_, partition_);
    } else {
      error_ = fetch_error(*message, topic_);
      if (error_->code != Code::not_found) troubles_.met(*message, topic_, position_);
    }
  }
  if (count > 0 && error_ && wake_) wake_();  // the next call has it
  if (count > 0 || !error_) return count;
  Error error = *error_;
  if (error.code == Code::unavailable || error.code == Code::timeout) {
    error.code = Code::unavailable;
    error_.reset();
  }
  return fail(std::move(error));
}

}  // namespace certes::log::kafka
