#include "tests/common/log/kafka/meddling.hpp"

#include <librdkafka/rdkafka.h>

#include <stdexcept>

#include "common/log/kafka/handles.hpp"

namespace certes::test {
namespace {

using log::kafka::Destroyer;
using log::kafka::PartitionList;
using NewPartitions = std::unique_ptr<rd_kafka_NewPartitions_t, Destroyer<rd_kafka_NewPartitions_destroy>>;
using DeleteTopic = std::unique_ptr<rd_kafka_DeleteTopic_t, Destroyer<rd_kafka_DeleteTopic_destroy>>;
using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t, Destroyer<rd_kafka_ConfigResource_destroy>>;
using AlterOffsets =
    std::unique_ptr<rd_kafka_AlterConsumerGroupOffsets_t, Destroyer<rd_kafka_AlterConsumerGroupOffsets_destroy>>;

constexpr int kPatienceMs = 30'000;

// A client and the queue of its one request.
struct Session {
  explicit Session(const std::string& brokers) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), text, sizeof text);
    client.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text));
    if (!client) throw std::runtime_error(text);
    queue.reset(rd_kafka_queue_new(client.get()));
  }
  log::kafka::Event answer() {
    log::kafka::Event event(rd_kafka_queue_poll(queue.get(), kPatienceMs));
    if (!event) throw std::runtime_error("no answer");
    if (rd_kafka_event_error(event.get())) throw std::runtime_error(rd_kafka_event_error_string(event.get()));
    return event;
  }
  static void check(rd_kafka_resp_err_t code) {
    if (code) throw std::runtime_error(rd_kafka_err2str(code));
  }
  static void check_topics(const rd_kafka_topic_result_t* const* results, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) check(rd_kafka_topic_result_error(results[i]));
  }

  char text[512] = "";
  log::kafka::Client client;
  log::kafka::Queue queue;
};

void check(rd_kafka_error_t* raw) {
  const log::kafka::RdError error(raw);
  if (error) throw std::runtime_error(rd_kafka_error_string(error.get()));
}

}  // namespace

ForeignTransaction::ForeignTransaction(const std::string& brokers, std::string topic, std::int32_t partition)
    : topic_(std::move(topic)), partition_(partition) {
  char text[512] = "";
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), text, sizeof text);
  rd_kafka_conf_set(conf, "transactional.id", topic_.c_str(), text, sizeof text);
  client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text));
  if (!client_) throw std::runtime_error(text);
  check(rd_kafka_init_transactions(client_.get(), kPatienceMs));
  check(rd_kafka_begin_transaction(client_.get()));
}

void ForeignTransaction::put(const std::string& value) {
  const auto code = rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_PARTITION(partition_),
                                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                      RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END);
  Session::check(code);
  Session::check(rd_kafka_flush(client_.get(), kPatienceMs));
}

void ForeignTransaction::commit() { check(rd_kafka_commit_transaction(client_.get(), kPatienceMs)); }
void ForeignTransaction::abort() { check(rd_kafka_abort_transaction(client_.get(), kPatienceMs)); }

void add_partitions(const std::string& brokers, const std::string& topic, int count_in_all) {
  Session session(brokers);
  const NewPartitions more(rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(count_in_all),
                                                      session.text, sizeof session.text));
  rd_kafka_NewPartitions_t* all[] = {more.get()};
  rd_kafka_CreatePartitions(session.client.get(), all, 1, nullptr, session.queue.get());
  const auto event = session.answer();
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
  Session::check_topics(results, count);
}

void delete_topic(const std::string& brokers, const std::string& topic) {
  Session session(brokers);
  const DeleteTopic deletion(rd_kafka_DeleteTopic_new(topic.c_str()));
  rd_kafka_DeleteTopic_t* all[] = {deletion.get()};
  rd_kafka_DeleteTopics(session.client.get(), all, 1, nullptr, session.queue.get());
  const auto event = session.answer();
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  Session::check_topics(results, count);
}

void set_config(const std::string& brokers, const std::string& topic, const std::map<std::string, std::string>& all) {
  Session session(brokers);
  const ConfigResource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  for (const auto& [name, value] : all) rd_kafka_ConfigResource_set_config(resource.get(), name.c_str(), value.c_str());
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  rd_kafka_AlterConfigs(session.client.get(), resources, 1, nullptr, session.queue.get());
  const auto event = session.answer();
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) Session::check(rd_kafka_ConfigResource_error(results[i]));
}

void commit_offset(const std::string& brokers, const std::string& group, const std::string& topic,
                   std::int32_t partition, std::int64_t offset) {
  Session session(brokers);
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  const AlterOffsets alter(rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), list.get()));
  rd_kafka_AlterConsumerGroupOffsets_t* all[] = {alter.get()};
  rd_kafka_AlterConsumerGroupOffsets(session.client.get(), all, 1, nullptr, session.queue.get());
  const auto event = session.answer();
  std::size_t count = 0;
  const auto* const* groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto* error = rd_kafka_group_result_error(groups[i])) Session::check(rd_kafka_error_code(error));
    const auto* partitions = rd_kafka_group_result_partitions(groups[i]);
    for (int p = 0; p < partitions->cnt; ++p) Session::check(partitions->elems[p].err);
  }
}

void fill(const std::string& brokers, const std::string& topic, std::int32_t partition, int count, std::size_t bytes) {
  Session session(brokers);
  const std::string value(bytes, '1');
  for (int n = 0; n < count;) {
    const std::string id = std::to_string(partition) + "-" + std::to_string(n);
    const auto code = rd_kafka_producev(
        session.client.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_HEADER("ce_specversion", "1.0", 3), RD_KAFKA_V_HEADER("ce_id", id.data(), id.size()),
        RD_KAFKA_V_HEADER("ce_source", "urn:fill", 8), RD_KAFKA_V_HEADER("ce_type", "fill.one", 8),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
        RD_KAFKA_V_END);
    rd_kafka_poll(session.client.get(), code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 100 : 0);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) continue;
    Session::check(code);
    ++n;
  }
  Session::check(rd_kafka_flush(session.client.get(), kPatienceMs));
}

}  // namespace certes::test
