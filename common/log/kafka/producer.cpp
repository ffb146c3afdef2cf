#include "common/log/kafka/producer.hpp"

#include "common/log/kafka/codec.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/wake.hpp"

namespace certes::log::kafka {

Result<std::unique_ptr<Producer>> Producer::make(const Options& options, Role role, ClientLimits limits,
                                                 const std::atomic<std::int32_t>& partitions, const Wake& wake,
                                                 OnDelivery on_delivery) {
  auto events = std::make_unique<ClientEvents>();
  events->delivery = std::move(on_delivery);
  auto client = make_client(options, role, events.get(), limits);
  if (!client.has_value()) return fail(std::move(client.error()));
  // A producer that has failed for good keeps what is queued: have it given back, as unsent or as unknown.
  events->error = [rk = client->get()](rd_kafka_resp_err_t code, const char*) {
    if (code == RD_KAFKA_RESP_ERR__FATAL)
      rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  };
  return std::unique_ptr<Producer>(new Producer(std::move(*client), std::move(events), options, partitions, wake));
}

Producer::Producer(Client client, std::unique_ptr<ClientEvents> events, const Options& options,
                   const std::atomic<std::int32_t>& partitions, const Wake& wake)
    : events_(std::move(events)),
      spread_(partitions),
      client_(std::move(client)),
      queue_(rd_kafka_queue_get_main(client_.get())) {
  know_topics(options);
  ring_when_filled(queue_.get(), wake);
}

Producer::~Producer() {
  ring_no_more(queue_.get());
  queue_.reset();
  for (TopicHandle& topic : topics_) topic.reset();
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

void Producer::know_topics(const Options& options) {
  for (int i = 0; i < kTopics; ++i) {
    const auto topic = static_cast<Topic>(i);
    rd_kafka_topic_conf_t* conf = rd_kafka_default_topic_conf_dup(client_.get());
    if (topic != Topic::registry) spread_.apply(conf);
    topics_[static_cast<std::size_t>(i)].reset(
        rd_kafka_topic_new(client_.get(), topic_name(options, topic).c_str(), conf));  // takes the conf
  }
  know_leaders(client_.get());
}

rd_kafka_resp_err_t Producer::send(Topic topic, std::int32_t partition, const Record& record, void* opaque) {
  RdHeaders headers = to_headers(record.headers);
  rd_kafka_vu_t parts[6];
  std::size_t count = 0;
  parts[count].vtype = RD_KAFKA_VTYPE_RKT;
  parts[count++].u.rkt = topics_[static_cast<std::size_t>(topic)].get();
  parts[count].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[count++].u.i32 = partition == kAnyPartition ? RD_KAFKA_PARTITION_UA : partition;
  parts[count].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[count++].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
  parts[count].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[count++].u.ptr = opaque;
  if (record.key) {
    parts[count].vtype = RD_KAFKA_VTYPE_KEY;
    parts[count++].u.mem = {const_cast<char*>(record.key->data()), record.key->size()};
  }
  if (headers) {
    parts[count].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[count++].u.headers = headers.get();
  }
  const RdError error(rd_kafka_produceva(client_.get(), parts, count));
  if (error) return rd_kafka_error_code(error.get());
  (void)headers.release();  // the producer's now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void Producer::poll() { rd_kafka_poll(client_.get(), 0); }

bool Producer::fatal() const {
  char text[1];
  return rd_kafka_fatal_error(client_.get(), text, sizeof text) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace certes::log::kafka
