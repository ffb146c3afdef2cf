#include "common/log/kafka/group_offsets.hpp"

#include <cstring>

#include "common/log/kafka/admin.hpp"
#include "common/log/kafka/client.hpp"
#include "common/log/kafka/codec.hpp"

namespace certes::log::kafka {
namespace {

constexpr Millis kLimit{10'000};

class Admin final : public GroupOffsets {
 public:
  Admin(Client client, std::string topic) : client_(std::move(client)), topic_(std::move(topic)) {}

  Result<Committed> committed(const std::string& group, std::int32_t partition) override {
    const PartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
    return group_committed(client_.get(), group, list.get(), kLimit);
  }
  Result<void> commit(const std::string& group, std::int32_t partition, const Committed& value) override {
    const PartitionList list(rd_kafka_topic_partition_list_new(1));
    auto* entry = rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
    entry->offset = value.offset;
    const std::string text = encode_metadata(value.metadata);
    if (!text.empty()) {
      entry->metadata = ::strndup(text.data(), text.size());  // the list's: freed with it
      entry->metadata_size = text.size();
    }
    return commit_for_group(client_.get(), group, list.get(), kLimit);
  }

 private:
  Client client_;
  const std::string topic_;
};

}  // namespace

Result<std::unique_ptr<GroupOffsets>> group_offsets(const Options& options) {
  auto client = make_client(options, Role::admin, nullptr);
  if (!client.has_value()) return fail(std::move(client.error()));
  return std::make_unique<Admin>(std::move(*client), topic_name(options, Topic::events));
}

}  // namespace certes::log::kafka
