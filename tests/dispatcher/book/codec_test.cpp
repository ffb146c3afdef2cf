// What checkpoints are written as: chunks, lanes, manifests, and the records that they are cut into.

#include <doctest/doctest.h>

#include "common/base/random.hpp"
#include "dispatcher/book/chunk_codec.hpp"
#include "dispatcher/book/items.hpp"
#include "dispatcher/book/manifest_codec.hpp"

using namespace certes;
using namespace certes::dispatcher::book;

namespace {

constexpr UnixMillis kNow = 1'790'000'000'000;
constexpr std::size_t kMemory = 64u << 20;

Shared<Chunk> some_chunk(std::uint64_t seed) {
  Random random(seed);
  auto* const chunk = new Chunk;
  Shared<Chunk> held(chunk);
  for (LaneNumber lane = 3; lane < 40; lane += 1 + static_cast<LaneNumber>(random.bits() % 9)) {
    const std::uint64_t step = 1 + random.bits() % (random.bits() % 2 == 0 ? 2 : 900);
    for (std::uint64_t at = random.bits() % 500; at < 65'536; at += 1 + random.bits() % step) {
      const auto offset = static_cast<std::uint16_t>(at);
      chunk->add(lane, offset);
      chunk->include_time(offset, kNow + static_cast<UnixMillis>(random.bits() % 9'000));
      if (at % 5 == 0) chunk->set_several(offset);
      if (at % 3 == 0)
        chunk->set_tried(lane, offset,
                         {static_cast<std::uint32_t>(random.bits() % 70'000), kNow, kNow - 5, Due::attempt}, {});
      if (at % 31 == 0) chunk->set_tried(lane, offset, {7, kNow, 0, Due::dead_letter}, {"rule", "error", "answer"});
      if (lane % 2 == 0) chunk->set_key({lane, static_cast<std::uint32_t>(random.bits()), offset, Priority::high});
      if (at % 11 == 0) chunk->set_command({random.bits(), lane, offset});
      if (at % 5 == 0 && random.bits() % 3 == 0)
        chunk->remove(lane, offset), chunk->set_ended(lane, offset, static_cast<Ended>(random.bits() % 3));
    }
  }
  return held;
}

std::vector<log::StoredRecord> stored(const std::vector<log::Record>& records) {
  std::vector<log::StoredRecord> stored(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) stored[i].value = records[i].value;
  return stored;
}

}  // namespace

TEST_CASE("Chunk: read as it was written") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const auto chunk = some_chunk(seed);
    const std::string bytes = encode(*chunk);
    const auto read = decode_chunk(bytes, kMemory);
    REQUIRE(read);
    CHECK((*read)->open() == chunk->open());
    CHECK((*read)->all_times() == chunk->all_times());
    CHECK(encode(**read) == bytes);
  }
}

TEST_CASE("Chunk: a lane with every offset takes a few bytes, one with every second a bit each") {
  for (const std::uint32_t step : {1u, 2u, 100u}) {
    Chunk chunk;
    for (std::uint32_t at = 0; at < 65'536; at += step) chunk.add(1, static_cast<std::uint16_t>(at));
    CHECK(encode(chunk).size() < (step == 1 ? 40u : step == 2 ? 8'300u : 700u));
  }
}

TEST_CASE("Chunk: bytes that were cut or changed are an error or another chunk, and never too large") {
  const std::string bytes = encode(*some_chunk(4));
  for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 20)
    CHECK_FALSE(decode_chunk(bytes.substr(0, size), kMemory));
  CHECK_FALSE(decode_chunk(bytes + "x", kMemory));
  Random random(3);
  for (int i = 0; i < 400; ++i) {
    std::string changed = bytes;
    changed[random.bits() % changed.size()] = static_cast<char>(random.bits());
    const auto read = decode_chunk(changed, 1u << 20);
    if (read) CHECK((*read)->bytes() <= 1u << 20);
  }
  CHECK(decode_chunk(bytes, 10'000).error().code == Code::too_large);
}

TEST_CASE("Manifest and lanes: read as they were written") {
  Manifest manifest;
  manifest.group = "certes";
  manifest.term = 17;
  manifest.position = 900'000;
  manifest.watermark = 70'000;
  manifest.tails = {TailPlace{55, 17}, TailPlace{-1, 3}};
  manifest.landmarks[0] = {899'999, kNow};
  manifest.landmarks[3] = {600'000, kNow - 1};
  manifest.watermark_times = {70'000, {kNow - 9, kNow - 3}};
  manifest.next_lane = 2'100;
  manifest.bytes_before = 1u << 30;
  manifest.previous = 12;
  manifest.chunks = {{1, {100, 50, 7}}, {13, {103, 60, 57}}};
  manifest.pieces = {{0, {99, 9, 0}}, {2, {98, 9, 0}}};
  CHECK(*decode_manifest(encode(manifest)) == manifest);
  CHECK(manifest.lowest_place() == 98);
  const std::vector<LaneRow> rows = {{5, {"t", "a", 3, Priority::bulk, false}, {9, kNow, kNow - 1}},
                                     {1'023, {"t", ":reply-to", 0, Priority::normal, true}, {}}};
  CHECK(*decode_lanes(encode(rows)) == rows);
  for (const std::string& bytes : {encode(manifest), encode(rows)})
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(decode_manifest(std::string_view(bytes).substr(0, size)));
      CHECK_FALSE(decode_lanes(std::string_view(bytes).substr(0, size)));
    }
}

TEST_CASE("Items: a run of records, none larger than the topic takes, others between") {
  std::string payload;
  for (int i = 0; i < 5'000; ++i) payload.push_back(static_cast<char>(i * 31));
  const ItemName name{7, ItemKind::chunk, 3};
  const auto records = item_records(name, payload, 1'024);
  CHECK(records.size() == 7);
  for (const log::Record& record : records) CHECK(record.size() + 200 <= 1'024);
  const auto others = stored(item_records({6, ItemKind::chunk, 3}, payload, 1'024));
  ItemReader reader(ItemKind::chunk, 3);
  const auto read = stored(records);
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (i > 0) CHECK_FALSE(*reader.add(others[i]));
    CHECK(*reader.add(read[i]) == (i + 1 == read.size()));
  }
  CHECK(reader.payload() == payload);
  CHECK(reader.name() == name);
  CHECK(ItemReader::of(read[0]) == name);
  CHECK(ItemReader::of(read[1]) == name);
  CHECK(item_records(name, {}, 1 << 20).size() == 1);
  CHECK(item_records(name, std::string(kItemRecordBytes, 'x'), 1 << 30)[0].size() <= kItemRecordBytes);
}

TEST_CASE("Items: what is missing, damaged, of another kind or another format is an error") {
  const auto read = stored(item_records({7, ItemKind::chunk, 3}, std::string(3'000, 'x'), 1'024));
  ItemReader missing(ItemKind::chunk, 3);
  CHECK(missing.add(read[0]));
  CHECK_FALSE(missing.add(read[2]));
  CHECK_FALSE(ItemReader(ItemKind::chunk, 3).add(read[1]));
  CHECK_FALSE(ItemReader(ItemKind::chunk, 4).add(read[0]));
  CHECK_FALSE(ItemReader(ItemKind::lanes, 3).add(read[0]));
  for (std::size_t i = 0; i < read[0].value.size(); ++i) {
    log::StoredRecord damaged;
    damaged.value = read[0].value;
    damaged.value[i] = static_cast<char>(damaged.value[i] ^ 1);
    CHECK_FALSE(ItemReader(ItemKind::chunk, 3).add(damaged));
  }
  log::StoredRecord older;
  older.value = "CKP1" + std::string(60, '\0');
  CHECK(ItemReader().add(older).error().message == "a checkpoint of another format");
}
