#pragma once
// The topic `logs` (two partitions, kept for a minute, written with acks=0): reading a partition of it, and writing to
// it. Nothing here is promised to come. Who: the carriers of lines and of questions. Private to common/log/kafka.

#include <string>

#include "common/log/kafka/client.hpp"
#include "common/log/record.hpp"

namespace certes::log::kafka {

// What its partitions have. Of announcements, questions and answers there are few, and all read them.
inline constexpr std::int32_t kAnnouncements = 0, kQuestions = 0, kLines = 1;

// A partition that is read, by a client of its own. Confined to one thread.
class LogsReading {
 public:
  // `from`: RD_KAFKA_OFFSET_….
  LogsReading(Client client, const std::string& topic, std::int32_t partition, std::int64_t from);
  ~LogsReading();
  LogsReading(const LogsReading&) = delete;
  LogsReading& operator=(const LogsReading&) = delete;
  // The next record; null: none came within that time. Blocks for it.
  RecordPtr next(Millis limit);

 private:
  void begin();
  void restart();

  const std::int32_t partition_;
  const std::int64_t from_;
  const Client client_;
  Queue queue_;
  TopicHandle topic_;
  bool broken_ = false;
  SteadyTime restart_at_{};
};

Result<Client> make_logs_producer(const Options& options, ClientLimits limits);

class LogsWriting {
 public:
  LogsWriting(Client producer, const std::string& topic);
  ~LogsWriting();
  LogsWriting(const LogsWriting&) = delete;
  LogsWriting& operator=(const LogsWriting&) = delete;
  // False: too much is on its way, or the record is too large. Any thread; does not block.
  bool append(std::int32_t partition, const Record& record);
  void poll() { rd_kafka_poll(producer_.get(), 0); }  // once in a while

 private:
  const Client producer_;
  TopicHandle to_;
};

}  // namespace certes::log::kafka
