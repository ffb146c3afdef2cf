// Membership's part about committed offsets: asked for and written without blocking, answered through a queue.

#include "common/log/kafka/codec.hpp"
#include "common/log/kafka/committed.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/membership.hpp"

namespace certes::log::kafka {
namespace {

constexpr std::size_t kLargestMetadata = 3'072;  // 4,096 as base64
constexpr int kQueryMs = 5'000;

}  // namespace

void Membership::committed(std::int32_t partition, CommittedDone done) {
  next_query_.wanted[partition].push_back(std::move(done));
  if (wake_) wake_();
}

// All that was asked for since the last poll in one request. rd_kafka_committed would block.
void Membership::ask_committed() {
  if (next_query_.wanted.empty()) return;
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(next_query_.wanted.size())));
  for (const auto& [partition, done] : next_query_.wanted)
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
  auto query = std::make_unique<Query>(std::exchange(next_query_, {}));
  const AdminOptions options(rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS));
  char text[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kQueryMs, text, sizeof text);
  rd_kafka_AdminOptions_set_opaque(options.get(), query.get());
  const GroupQuery request(rd_kafka_ListConsumerGroupOffsets_new(group_.c_str(), list.get()));
  rd_kafka_ListConsumerGroupOffsets_t* requests[] = {request.get()};
  queries_[query.get()] = std::move(query);
  rd_kafka_ListConsumerGroupOffsets(client_.get(), requests, 1, options.get(), replies_.get());
}

void Membership::on_committed(rd_kafka_event_t* event) {
  const auto found = queries_.find(rd_kafka_event_opaque(event));
  if (found == queries_.end()) return;
  const auto query = std::move(found->second);
  queries_.erase(found);
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  const rd_kafka_group_result_t* group = nullptr;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    std::size_t count = 0;
    const auto* const* groups =
        rd_kafka_ListConsumerGroupOffsets_result_groups(rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    group = count == 1 ? groups[0] : nullptr;
    const auto* error = group ? rd_kafka_group_result_error(group) : nullptr;
    if (error) code = rd_kafka_error_code(error);
  }
  std::map<std::int32_t, Result<Committed>> answers;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && group)
    if (const auto* list = rd_kafka_group_result_partitions(group))
      for (int i = 0; i < list->cnt; ++i)
        answers.insert_or_assign(list->elems[i].partition, to_committed(list->elems[i]));
  for (auto& [partition, waiting] : query->wanted)
    for (CommittedDone& done : waiting) {
      const auto answer = answers.find(partition);
      done(answer != answers.end()
               ? answer->second
               : fail(to_error(code ? code : RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "kafka: committed offset")));
    }
}

Result<void> Membership::may_commit(std::int32_t partition, const Committed& value) const {
  if (value.metadata.size() > kLargestMetadata)
    return fail(Code::too_large, "commit metadata is larger than " + std::to_string(kLargestMetadata) + " bytes");
  // The group takes a commit of any member for any partition: who owns it is ours to know.
  if (!client_ || !owned_.contains(partition) || rd_kafka_assignment_lost(client_.get()))
    return fail(Code::conflict, "partition " + std::to_string(partition) + " is not this member's");
  return {};
}

void Membership::commit(std::int32_t partition, const Committed& value, CommitDone done) {
  const auto refuse = [&](Error error) {
    refused_.emplace_back(std::move(done), std::move(error));
    if (wake_) wake_();
  };
  if (auto allowed = may_commit(partition, value); !allowed.has_value()) return refuse(std::move(allowed.error()));
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* entry = rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
  entry->offset = value.offset;
  const std::string text = encode_metadata(value.metadata);
  if (!text.empty()) {
    entry->metadata = ::strndup(text.data(), text.size());  // the list's: freed with it
    entry->metadata_size = text.size();
  }
  // librdkafka hands back what it was given: a number serves.  NOLINTNEXTLINE(performance-no-int-to-ptr)
  auto* opaque = reinterpret_cast<void*>(next_commit_++);
  const auto code = rd_kafka_commit_queue(client_.get(), list.get(), replies_.get(), nullptr, opaque);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return refuse(to_error(code, "kafka: commit"));
  commits_.emplace(opaque, std::move(done));
}

void Membership::on_commit(rd_kafka_event_t* event) {
  const auto found = commits_.find(rd_kafka_event_opaque(event));
  if (found == commits_.end()) return;
  const CommitDone done = std::move(found->second);
  commits_.erase(found);
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  const auto* list = rd_kafka_event_topic_partition_list(event);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && list && list->cnt > 0) code = list->elems[0].err;
  done(code == RD_KAFKA_RESP_ERR_NO_ERROR ? Result<void>() : Result<void>(fail(to_error(code, "kafka: commit"))));
}

void Membership::serve_replies() {
  while (const Event event{rd_kafka_queue_poll(replies_.get(), 0)}) {
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_OFFSET_COMMIT) on_commit(event.get());
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT) on_committed(event.get());
  }
  std::deque<std::pair<CommitDone, Error>> refused;
  refused.swap(refused_);
  for (auto& [done, error] : refused) done(fail(std::move(error)));
}

}  // namespace certes::log::kafka
