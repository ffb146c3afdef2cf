#include "common/log/kafka/fetcher.hpp"

#include <algorithm>

#include "common/log/kafka/errors.hpp"

namespace certes::log::kafka {

Result<std::shared_ptr<Fetcher>> Fetcher::make(const Options& options, Role role) {
  auto client = make_client(options, role, nullptr);
  if (!client.has_value()) return fail(std::move(client.error()));
  return std::shared_ptr<Fetcher>(new Fetcher(std::move(*client), options));
}

Fetcher::Fetcher(Client client, const Options& options) : client_(std::move(client)) {
  for (int i = 0; i < kTopics; ++i)
    topics_[static_cast<std::size_t>(i)].reset(
        rd_kafka_topic_new(client_.get(), topic_name(options, static_cast<Topic>(i)).c_str(), nullptr));
  know_leaders(client_.get());
}

Result<void> Fetcher::start(Topic topic, std::int32_t partition, std::int64_t offset, rd_kafka_queue_t* into) {
  const std::int64_t from = offset == kLogStart ? RD_KAFKA_OFFSET_BEGINNING : offset;
  if (rd_kafka_consume_start_queue(topics_[static_cast<std::size_t>(topic)].get(), partition, from, into) == 0)
    return {};
  return fail(to_error(rd_kafka_last_error(), to_string(topic)));
}

void Fetcher::stop(Topic topic, std::int32_t partition) {
  rd_kafka_consume_stop(topics_[static_cast<std::size_t>(topic)].get(), partition);
}

OffsetRange Fetcher::known(Topic topic, std::int32_t partition) const {
  OffsetRange range;
  const char* name = rd_kafka_topic_name(topics_[static_cast<std::size_t>(topic)].get());
  if (rd_kafka_get_watermark_offsets(client_.get(), name, partition, &range.start, &range.end)) return {};
  return {std::max<std::int64_t>(0, range.start), std::max<std::int64_t>(0, range.end)};
}

Result<std::shared_ptr<Fetcher>> Fetchers::claim(Topic topic, std::int32_t partition) {
  const Lock lock(mutex_);
  for (Entry& entry : entries_)
    if (entry.reading.emplace(topic, partition).second) return entry.fetcher;
  auto made = Fetcher::make(options_, role_);
  if (!made.has_value()) return made;
  entries_.push_back({*made, {{topic, partition}}});
  return made;
}

void Fetchers::give_back(const std::shared_ptr<Fetcher>& fetcher, Topic topic, std::int32_t partition) {
  const Lock lock(mutex_);
  for (Entry& entry : entries_)
    if (entry.fetcher == fetcher) entry.reading.erase({topic, partition});
}

}  // namespace certes::log::kafka
