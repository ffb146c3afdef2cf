#include "common/log/kafka/admin.hpp"

#include "common/log/kafka/committed.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/handles.hpp"

namespace certes::log::kafka {
namespace {

using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroyer<rd_kafka_NewTopic_destroy>>;
using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t, Destroyer<rd_kafka_ConfigResource_destroy>>;
using GroupCommit =
    std::unique_ptr<rd_kafka_AlterConsumerGroupOffsets_t, Destroyer<rd_kafka_AlterConsumerGroupOffsets_destroy>>;
using DeleteRecords = std::unique_ptr<rd_kafka_DeleteRecords_t, Destroyer<rd_kafka_DeleteRecords_destroy>>;

// One admin request: its options, its answer's queue, and the wait for it.
class Request {
 public:
  Request(rd_kafka_t* client, rd_kafka_admin_op_t op, Millis timeout)
      : queue_(rd_kafka_queue_new(client)), options_(rd_kafka_AdminOptions_new(client, op)), timeout_(timeout) {
    char text[256];
    const int ms = static_cast<int>(timeout.count());
    rd_kafka_AdminOptions_set_request_timeout(options_.get(), ms, text, sizeof text);
    if (op != RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS)
      rd_kafka_AdminOptions_set_operation_timeout(options_.get(), ms, text, sizeof text);
  }
  rd_kafka_queue_t* queue() { return queue_.get(); }
  rd_kafka_AdminOptions_t* options() { return options_.get(); }

  Result<Event> answer(std::string_view what) {
    // The request itself ends first.
    Event event(rd_kafka_queue_poll(queue_.get(), static_cast<int>(timeout_.count()) + 1'000));
    if (!event) return fail(Code::timeout, std::string(what) + ": no answer");
    if (const auto code = rd_kafka_event_error(event.get()))
      return fail(to_error(code, what, rd_kafka_event_error_string(event.get())));
    return event;
  }

 private:
  Queue queue_;
  AdminOptions options_;
  Millis timeout_;
};

Result<NewTopic> new_topic(const TopicSpec& spec) {
  char text[256] = "";
  NewTopic topic(rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replication_factor, text, sizeof text));
  if (!topic) return fail(Code::invalid, spec.name + ": " + text, spec.name);
  for (const auto& [name, value] : spec.config) rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  return topic;
}

// The one partition of the one group that was asked for.
Result<const rd_kafka_topic_partition_t*> only(const rd_kafka_group_result_t* const* groups, std::size_t count,
                                               const std::string& what) {
  if (count != 1) return fail(Code::unavailable, what + ": no answer");
  if (const auto* error = rd_kafka_group_result_error(groups[0]))
    return fail(to_error(rd_kafka_error_code(error), what, rd_kafka_error_string(error)));
  const auto* list = rd_kafka_group_result_partitions(groups[0]);
  if (list == nullptr || list->cnt != 1) return fail(Code::unavailable, what + ": no answer");
  if (list->elems[0].err) return fail(to_error(list->elems[0].err, what));
  return &list->elems[0];
}

}  // namespace

Result<void> create_topics(rd_kafka_t* client, const std::vector<const TopicSpec*>& specs, Millis timeout) {
  std::vector<NewTopic> owned;
  std::vector<rd_kafka_NewTopic_t*> topics;
  for (const TopicSpec* spec : specs) {
    auto topic = new_topic(*spec);
    if (!topic.has_value()) return fail(std::move(topic.error()));
    topics.push_back(topic->get());
    owned.push_back(std::move(*topic));
  }
  Request request(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout);
  rd_kafka_CreateTopics(client, topics.data(), topics.size(), request.options(), request.queue());
  const auto event = request.answer("kafka: creating topics");
  if (!event.has_value()) return fail(event.error());
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const char* text = rd_kafka_topic_result_error_string(results[i]);
    return fail(to_error(code, "kafka: creating topic " + std::string(rd_kafka_topic_result_name(results[i])),
                         text ? text : ""));
  }
  return {};
}

Result<TopicConfigs> describe_topics(rd_kafka_t* client, const std::vector<TopicSpec>& specs, Millis timeout) {
  std::vector<ConfigResource> owned;
  std::vector<rd_kafka_ConfigResource_t*> resources;
  for (const TopicSpec& spec : specs) {
    owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, spec.name.c_str()));
    resources.push_back(owned.back().get());
  }
  Request request(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout);
  rd_kafka_DescribeConfigs(client, resources.data(), resources.size(), request.options(), request.queue());
  const auto event = request.answer("kafka: topic settings");
  if (!event.has_value()) return fail(event.error());
  std::size_t count = 0;
  const auto* const* found =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  TopicConfigs configs;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(found[i]);
    if (const auto code = rd_kafka_ConfigResource_error(found[i])) return fail(to_error(code, name + ": settings"));
    std::size_t entries = 0;
    const auto* const* settings = rd_kafka_ConfigResource_configs(found[i], &entries);
    for (std::size_t e = 0; e < entries; ++e)
      if (const char* value = rd_kafka_ConfigEntry_value(settings[e]))
        configs[name][rd_kafka_ConfigEntry_name(settings[e])] = value;
  }
  return configs;
}

rd_kafka_resp_err_t ask_offset(rd_kafka_t* client, const std::string& topic, std::int32_t partition, UnixMillis at,
                               Millis timeout, std::int64_t& offset) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* entry = rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  entry->offset = at;
  const auto code = rd_kafka_offsets_for_times(client, list.get(), static_cast<int>(timeout.count()));
  offset = entry->offset;
  return code != RD_KAFKA_RESP_ERR_NO_ERROR ? code : entry->err;
}

Result<void> delete_records(rd_kafka_t* client, const std::string& topic, std::int32_t partition, std::int64_t before,
                            Millis timeout) {
  const PartitionList below(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(below.get(), topic.c_str(), partition)->offset = before;
  const DeleteRecords deletion(rd_kafka_DeleteRecords_new(below.get()));
  rd_kafka_DeleteRecords_t* deletions[] = {deletion.get()};
  Request request(client, RD_KAFKA_ADMIN_OP_DELETERECORDS, timeout);
  rd_kafka_DeleteRecords(client, deletions, 1, request.options(), request.queue());
  const std::string what = topic + "[" + std::to_string(partition) + "]: trim";
  const auto event = request.answer(what);
  if (!event.has_value()) return fail(event.error());
  const auto* list = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event->get()));
  for (int i = 0; i < list->cnt; ++i) {
    const auto code = list->elems[i].err;
    if (code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
      return fail(Code::invalid, what + " below " + std::to_string(before) + ": beyond the end");
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(to_error(code, what));
  }
  return {};
}

Result<Committed> group_committed(rd_kafka_t* client, const std::string& group,
                                  const rd_kafka_topic_partition_list_t* list, Millis timeout) {
  Request request(client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout);
  const GroupQuery query(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), list));
  rd_kafka_ListConsumerGroupOffsets_t* queries[] = {query.get()};
  rd_kafka_ListConsumerGroupOffsets(client, queries, 1, request.options(), request.queue());
  const std::string what = "kafka: what the group " + group + " has committed";
  const auto event = request.answer(what);
  if (!event.has_value()) return fail(event.error());
  std::size_t count = 0;
  const auto* const* groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event->get()), &count);
  const auto found = only(groups, count, what);
  if (!found.has_value()) return fail(found.error());
  return to_committed(**found);
}

Result<void> commit_for_group(rd_kafka_t* client, const std::string& group, const rd_kafka_topic_partition_list_t* list,
                              Millis timeout) {
  Request request(client, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, timeout);
  const GroupCommit commit(rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), list));
  rd_kafka_AlterConsumerGroupOffsets_t* commits[] = {commit.get()};
  rd_kafka_AlterConsumerGroupOffsets(client, commits, 1, request.options(), request.queue());
  const std::string what = "kafka: commit for the group " + group;
  const auto event = request.answer(what);
  if (!event.has_value()) return fail(event.error());
  std::size_t count = 0;
  const auto* const* groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(event->get()), &count);
  auto done = only(groups, count, what);
  if (done.has_value()) return {};
  if (done.error().code == Code::conflict)
    done.error().message = "the group " + group + " has members: stop its dispatchers first";
  return fail(std::move(done.error()));
}

}  // namespace certes::log::kafka
