#include "dispatcher/ownership/checkpoint_search.hpp"

#include "common/log/names.hpp"
#include "common/log/terms.hpp"
#include "dispatcher/book/manifest_codec.hpp"

namespace certes::dispatcher {

std::optional<CommitNote> CheckpointSearch::newest() const {
  std::optional<CommitNote> newest = newest_;
  if (newest) newest->term = highest_;
  return newest;
}

void CheckpointSearch::add(const log::StoredRecord& record) {
  if (const auto term = log::Terms::of(record)) {
    if (*term < highest_) return;
    highest_ = *term;
  }
  if (const auto group = record.headers.get(log::names::kGroup); !group.empty()) last_group_ = group;
  const auto name = book::ItemReader::of(record);
  if (!name || name->kind != book::ItemKind::manifest) return;
  Begun& begun = begun_[name->checkpoint];
  if (begun.place == log::kNoOffset) begun.place = record.offset;
  const auto added = begun.reader.add(record);
  if (added && !*added) return;
  if (added) complete(begun);
  begun_.erase(name->checkpoint);
}

void CheckpointSearch::complete(const Begun& begun) {
  const auto manifest = book::decode_manifest(begun.reader.payload());
  if (!manifest || manifest->term < highest_) return;
  highest_ = manifest->term;
  newest_ = {begun.place, manifest->previous, manifest->term, manifest->watermark};
  group_ = manifest->group;
}

}  // namespace certes::dispatcher
