#pragma once
// Producer: one librdkafka producer with its topics known. Private to common/log/kafka: KafkaAppender. Confined to the
// appender's thread; librdkafka's threads only ring `wake`.

#include <array>
#include <functional>
#include <memory>

#include "common/log/kafka/client.hpp"
#include "common/log/kafka/spread.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

class Producer {
 public:
  using OnDelivery = std::function<void(const rd_kafka_message_t&)>;

  // `partitions`, of those topics that have several, and `wake` outlive it. Blocks for know_leaders(). Errors:
  // make_client's.
  static Result<std::unique_ptr<Producer>> make(const Options& options, Role role, ClientLimits limits,
                                                const std::atomic<std::int32_t>& partitions, const Wake& wake,
                                                OnDelivery on_delivery);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Takes the record, whose bytes must stay until its delivery is reported with `opaque`.
  rd_kafka_resp_err_t send(Topic topic, std::int32_t partition, const Record& record, void* opaque);
  // Runs on_delivery for what has ended.
  void poll();
  // It can do no more: what was queued has been given back.
  bool fatal() const;

 private:
  Producer(Client client, std::unique_ptr<ClientEvents> events, const Options& options,
           const std::atomic<std::int32_t>& partitions, const Wake& wake);
  void know_topics(const Options& options);

  std::unique_ptr<ClientEvents> events_;
  Spread spread_;  // the client's topics point to it
  Client client_;
  Queue queue_;
  std::array<TopicHandle, kTopics> topics_;
};

}  // namespace certes::log::kafka
