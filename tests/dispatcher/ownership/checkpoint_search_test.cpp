#include "dispatcher/ownership/checkpoint_search.hpp"

#include <doctest/doctest.h>

#include "common/log/names.hpp"
#include "dispatcher/book/manifest_codec.hpp"

namespace certes::dispatcher {
namespace {

struct Progress {
  // Of the item's records the first `most`.
  void put(const book::ItemName& name, const std::string& payload, const std::string& group, std::size_t most = 100) {
    auto records = book::item_records(name, payload, 1'024);
    for (std::size_t i = 0; i < std::min(most, records.size()); ++i) {
      log::StoredRecord& record = stored.emplace_back();
      record.topic = log::Topic::progress;
      record.offset = static_cast<std::int64_t>(stored.size()) + 99;
      record.value = records[i].value;
      record.headers.add(log::names::kGroup, group);
    }
  }
  void put_manifest(std::int64_t term, std::int64_t watermark, std::uint64_t id, std::size_t most = 100) {
    book::Manifest manifest;
    manifest.group = "g" + std::to_string(term);
    manifest.term = term;
    manifest.watermark = manifest.position = watermark;
    manifest.previous = 50;
    for (std::uint32_t number = 0; number < 500; ++number) manifest.chunks.push_back({number, {7, 8, 9}});
    put({id, book::ItemKind::manifest, 0}, encode(manifest), manifest.group, most);
  }
  CheckpointSearch search() const {
    CheckpointSearch search;
    for (const log::StoredRecord& record : stored) search.add(record);
    return search;
  }
  std::vector<log::StoredRecord> stored;
};

}  // namespace

TEST_CASE("CheckpointSearch: finds the last manifest that is complete, of the highest term, between what others left") {
  Progress progress;
  CHECK_FALSE(progress.search().newest());
  progress.put_manifest(1, 10, 1);
  progress.put_manifest(2, 20, 2);
  progress.put({2, book::ItemKind::chunk, 3}, "a chunk", "g2");
  const auto place = static_cast<std::int64_t>(progress.stored.size()) + 100;
  progress.put_manifest(2, 30, 3);
  REQUIRE(static_cast<std::int64_t>(progress.stored.size()) + 100 > place + 1);  // of several records
  progress.put_manifest(1, 40, 4);                                               // void
  progress.put_manifest(2, 50, 5, 1);                                            // its end never came
  progress.stored.emplace_back().value = "no checkpoint at all";
  CHECK(progress.search().newest() == CommitNote{place, 50, 2, 30});
  CHECK(progress.search().group() == "g2");
}

TEST_CASE("CheckpointSearch: what stands behind the record of a higher term is void") {
  Progress progress;
  progress.put_manifest(1, 10, 1);
  log::StoredRecord& begins = progress.stored.emplace_back();
  begins.headers.add(log::names::kTerm, "7");
  progress.put_manifest(2, 20, 2);
  CHECK(progress.search().newest() == CommitNote{100, 50, 7, 10});
}

TEST_CASE("CheckpointSearch: whose the last record is, is known of any of an item") {
  Progress progress;
  progress.put_manifest(1, 10, 1);
  progress.put({9, book::ItemKind::lanes, 0}, "lanes", "another");
  CHECK(progress.search().group() == "g1");
  CHECK(progress.search().last_group() == "another");
}

}  // namespace certes::dispatcher
