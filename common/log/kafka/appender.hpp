#pragma once
// KafkaAppender: log::Appender over one or three librdkafka producers. Ordered appenders, and records with a key or a
// named partition, use an idempotent producer; keyless ones of unordered appenders a plain one that sends at once while
// few acknowledgements are pending, and one that gathers batches while many are (docs/decisions, 3).
// Private to common/log/kafka. Confined to the thread that made it; the producers' own threads only ring `wake`.

#include <array>
#include <deque>
#include <string_view>

#include "common/log/kafka/producer.hpp"
#include "common/log/kafka/troubles.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

class KafkaAppender final : public Appender {
 public:
  // `partitions`, which may grow, and `troubles` outlive it.
  KafkaAppender(const Options& options, AppenderOptions limits, const std::atomic<std::int32_t>& partitions,
                Troubles& troubles, Wake wake);
  ~KafkaAppender() override;

  Result<void> append(Topic topic, std::int32_t partition, Record&& record, AppendCallback done) override;
  // Producers send by themselves: nothing waits for this.
  void flush() override {}
  void poll() override;
  std::size_t pending() const override { return pending_; }

 private:
  // One record on its way. Its bytes stay here until the producer is done with them.
  struct Slot {
    Record record;
    AppendCallback done;
    Topic topic = Topic::events;
    Producer* producer = nullptr;
    std::size_t size = 0;
  };

  // Makes the producers that are not there yet; with one of them missing all appends fail, until a later call, a second
  // or more after, has made it.
  void make_missing();
  Result<void> check(Topic topic, std::int32_t partition, std::size_t size) const;
  Producer& choose(std::int32_t partition, const Record& record);
  Slot* take_slot();
  // Ends a record: frees its slot, then calls back.
  void end(Slot* slot, AppendResult&& result);
  void on_delivery(const rd_kafka_message_t& message);
  void fail_later(Slot* slot, Error error);
  void judge(Topic topic, rd_kafka_resp_err_t code);

  const Options& options_;
  const AppenderOptions limits_;
  const std::atomic<std::int32_t>& partitions_;
  Troubles& troubles_;
  std::array<std::string_view, kTopics> refuses_{};  // why a topic took nothing when it was tried last
  const Wake wake_;
  std::deque<Slot> slots_;  // never moved: producers point to them
  std::vector<Slot*> free_;
  std::vector<std::pair<Slot*, Error>> failed_;  // refused by a producer, not yet reported
  std::size_t pending_ = 0;
  std::size_t pending_bytes_ = 0;
  std::size_t pending_keyless_ = 0;
  std::optional<Error> broken_;  // why a producer could not be made: all appends fail with it
  SteadyTime next_try_{};        // to make it, if broken
  // Destroyed first, so that nothing points to the slots any more.
  std::unique_ptr<Producer> ordered_;
  std::unique_ptr<Producer> immediate_;
  std::unique_ptr<Producer> batching_;
};

}  // namespace certes::log::kafka
