#pragma once
// KafkaReader: log::Reader, one partition through a shared Fetcher into a queue of its own. Private to
// common/log/kafka. Confined to the thread that made it; librdkafka's threads only ring `wake`.

#include "common/log/kafka/fetcher.hpp"
#include "common/log/kafka/prefetch.hpp"
#include "common/log/kafka/troubles.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

class KafkaReader final : public Reader {
 public:
  KafkaReader(Fetchers& fetchers, Role role, Troubles& troubles, Topic topic, std::int32_t partition, std::int64_t from,
              Wake wake);
  ~KafkaReader() override;

  Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out) override;
  std::int64_t position() const override { return position_; }

 private:
  void start();

  Fetchers& fetchers_;
  Troubles& troubles_;
  const Topic topic_;
  const std::int32_t partition_;
  const Wake wake_;
  std::shared_ptr<Fetcher> fetcher_;
  Queue queue_;
  std::int64_t position_;
  Burst burst_;
  std::optional<Error> error_;  // met behind records that were given already
};

// The error that a fetched message stands for. not_found: that partition's reading has ended.
Error fetch_error(const rd_kafka_message_t& message, Topic topic);

}  // namespace certes::log::kafka
