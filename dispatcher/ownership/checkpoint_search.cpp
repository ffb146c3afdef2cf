#include "dispatcher/ownership/checkpoint_search.hpp"

#include "common/log/names.hpp"

namespace certes::dispatcher {

void CheckpointSearch::add(const log::StoredRecord& record) {
  const auto id = CheckpointReader::id_of(record);
  if (!id) return;
  if (const auto group = record.headers.get(log::names::kGroup); !group.empty()) last_group_ = group;
  Begun& checkpoint = begun_[*id];
  if (checkpoint.first == log::kNoOffset) checkpoint.first = record.offset;
  const auto added = checkpoint.reader.add(record);
  if (added && !*added) return;
  if (added) complete(checkpoint, record.offset);
  begun_.erase(*id);
}

// What a former owner wrote behind a later one's is void.
void CheckpointSearch::complete(const Begun& checkpoint, std::int64_t last) {
  const auto progress = checkpoint.reader.finish();
  if (!progress || (newest_ && progress->term < newest_->term)) return;
  newest_ = {checkpoint.first, last, progress->term, progress->before, progress->watermark};
  group_ = progress->group;
}

}  // namespace certes::dispatcher
