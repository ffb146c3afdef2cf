#include "common/log/kafka/logs_topic.hpp"

#include "common/log/kafka/codec.hpp"

namespace certes::log::kafka {
namespace {

constexpr Millis kPause{1'000};

}  // namespace

LogsReading::LogsReading(Client client, const std::string& topic, std::int32_t partition, std::int64_t from)
    : partition_(partition),
      from_(from),
      client_(std::move(client)),
      queue_(rd_kafka_queue_new(client_.get())),
      topic_(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr)) {
  begin();
}

LogsReading::~LogsReading() {
  rd_kafka_consume_stop(topic_.get(), partition_);
  queue_.reset();
  topic_.reset();
}

RecordPtr LogsReading::next(Millis limit) {
  const Message message(rd_kafka_consume_queue(queue_.get(), static_cast<int>(limit.count())));
  rd_kafka_poll(client_.get(), 0);
  if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return to_record(*message, Topic::events);
  if (message && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) broken_ = true;
  if (broken_) restart();
  return nullptr;
}

void LogsReading::begin() { rd_kafka_consume_start_queue(topic_.get(), partition_, from_, queue_.get()); }

// What was to be read has expired, or cannot be read: it begins anew, once in a while. Passing trouble librdkafka mends
// by itself.
void LogsReading::restart() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < restart_at_) return;
  restart_at_ = now + kPause;
  broken_ = false;
  rd_kafka_consume_stop(topic_.get(), partition_);
  begin();
}

Result<Client> make_logs_producer(const Options& options, ClientLimits limits) {
  return make_client(options, Role::lines, nullptr, limits);
}

LogsWriting::LogsWriting(Client producer, const std::string& topic)
    : producer_(std::move(producer)), to_(rd_kafka_topic_new(producer_.get(), topic.c_str(), nullptr)) {}

LogsWriting::~LogsWriting() {
  to_.reset();
  rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

bool LogsWriting::append(std::int32_t partition, const Record& record) {
  RdHeaders headers = to_headers(record.headers);
  rd_kafka_vu_t parts[5];
  std::size_t count = 0;
  parts[count].vtype = RD_KAFKA_VTYPE_RKT;
  parts[count++].u.rkt = to_.get();
  parts[count].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[count++].u.i32 = partition;
  parts[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[count++].u.i = RD_KAFKA_MSG_F_COPY;
  parts[count].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[count++].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
  if (headers) {
    parts[count].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[count++].u.headers = headers.get();
  }
  const RdError error(rd_kafka_produceva(producer_.get(), parts, count));
  if (error) return false;
  (void)headers.release();  // the producer's now
  return true;
}

}  // namespace certes::log::kafka
