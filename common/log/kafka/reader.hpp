#pragma once
// KafkaReader: log::Reader, one partition through a shared Fetcher into a queue of its own. Private to
// common/log/kafka. Confined to the thread that made it; librdkafka's threads only ring `wake`.

#include "common/log/damage.hpp"
#include "common/log/kafka/detour.hpp"
#include "common/log/kafka/fetcher.hpp"
#include "common/log/kafka/prefetch.hpp"
#include "common/log/kafka/stall.hpp"
#include "common/log/kafka/troubles.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

class KafkaReader final : public Reader {
 public:
  KafkaReader(Fetchers& fetchers, Role role, Troubles& troubles, Damage& damage, Topic topic, std::int32_t partition,
              std::int64_t from, Wake wake);
  ~KafkaReader() override;

  Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out) override;
  std::int64_t position() const override { return position_; }

 private:
  void start(std::int64_t from);
  // Takes one message; false if it is not to be given.
  bool take(const rd_kafka_message_t& message, std::vector<RecordPtr>& out);
  void failed(const rd_kafka_message_t& message);
  void nothing_came();
  void look_for_damage();
  void begin_detour(std::int64_t batch);
  void follow_detour();

  Fetchers& fetchers_;
  Troubles& troubles_;
  Damage& damage_;
  const Topic topic_;
  const std::int32_t partition_;
  const Wake wake_;
  std::shared_ptr<Fetcher> fetcher_;
  Queue queue_;
  std::int64_t position_;
  Burst burst_;
  std::optional<Detour> detour_;  // round what cannot be decoded
  Stall stall_;
  SteadyTime looked_at_{};
  std::int64_t given_to_ = kNoOffset;  // where all had been given
  std::optional<Error> error_;         // met behind records that were given already
};

// The error that a fetched message stands for. not_found: that partition's reading has ended.
Error fetch_error(const rd_kafka_message_t& message, Topic topic);

}  // namespace certes::log::kafka
