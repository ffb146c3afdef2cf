#include "dispatcher/ownership/progress.hpp"

#include <doctest/doctest.h>

#include "common/base/crc32.hpp"
#include "common/base/random.hpp"

namespace certes::dispatcher {
namespace {

Progress sample(std::size_t open) {
  Progress progress;
  progress.term = 12;
  progress.watermark = 1'000'000;
  progress.before = 1'700'000'000'123;
  progress.last = 1'700'000'000'456;
  progress.position = 1'000'000 + static_cast<std::int64_t>(open) * 3;
  for (std::size_t i = 0; i < open; ++i) {
    const auto offset = progress.watermark + static_cast<std::int64_t>(i) * 3;
    progress.open.push_back(offset);
    if (i % 2 == 0) continue;
    progress.states[offset]["dlv_" + std::to_string(i)] = {i % 3 == 0, static_cast<std::uint32_t>(i), 17, -5};
    progress.states[offset]["dlv_other"] = {true, 0, 0, 0};
    progress.states[offset]["dlv_taken"] = {false, 1, 99, 7, Due::result};
    progress.states[offset]["dlv_given_up"] = {false, 5, 0, 7, Due::dead_letter, "max_attempts", "500: no", "no"};
    progress.states[offset]["dlv_letter"] = {true, 5, 0, 7, Due::attempt, {}, {}, {}, true};
  }
  progress.tails = {123'456, log::kLogStart};
  progress.group = "certes.dispatcher";
  return progress;
}

bool same(const DeliveryStates& a, const DeliveryStates& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.done == y.second.done && x.second.attempts == y.second.attempts &&
           x.second.next_at == y.second.next_at && x.second.first_at == y.second.first_at &&
           x.second.due == y.second.due && x.second.rule == y.second.rule && x.second.error == y.second.error &&
           x.second.answer == y.second.answer && x.second.dead_lettered == y.second.dead_lettered;
  });
}

bool same(const Progress& a, const Progress& b) {
  return a.term == b.term && a.watermark == b.watermark && a.before == b.before && a.last == b.last &&
         a.position == b.position && a.open == b.open && a.tails == b.tails && a.group == b.group &&
         std::equal(a.states.begin(), a.states.end(), b.states.begin(), b.states.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && same(x.second, y.second); });
}

log::StoredRecord stored(const log::Record& record) {
  log::StoredRecord result;
  result.topic = log::Topic::progress;
  result.headers = record.headers;
  result.value = record.value;
  return result;
}

Result<Progress> read_all(const std::vector<log::Record>& records) {
  CheckpointReader reader;
  for (const log::Record& record : records) {
    auto complete = reader.add(stored(record));
    if (!complete) return fail(complete.error());
    if (*complete) return reader.finish();
  }
  return fail(Code::not_found, "no end");
}

TEST_CASE("Progress: what is encoded is decoded") {
  for (const std::size_t open : {std::size_t{0}, std::size_t{1}, std::size_t{17}, std::size_t{1'000}}) {
    const Progress progress = sample(open);
    const auto decoded = decode(encode(progress));
    REQUIRE(decoded);
    CHECK(same(*decoded, progress));
  }
}

TEST_CASE("Progress: a checkpoint of the version before is read") {
  Progress progress;
  progress.position = 3;
  progress.open = {0, 2};
  progress.states[0]["dlv_0"] = {true, 1, 0, 5};
  progress.states[2]["dlv_2"] = {false, 2, 17, 6};
  std::string bytes = encode(progress);
  bytes[0] = 1;
  bytes.pop_back();  // of no group
  const auto decoded = decode(bytes);
  REQUIRE(decoded);
  CHECK(same(*decoded, progress));
}

TEST_CASE("Progress: every truncation is refused") {
  const std::string bytes = encode(sample(9));
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode(std::string_view(bytes).substr(0, size)));
  CHECK_FALSE(decode(bytes + '\0'));
}

TEST_CASE("Progress: bytes of any kind are decoded or refused, never more") {
  Random random(99);
  const std::string bytes = encode(sample(20));
  for (int round = 0; round < 5'000; ++round) {
    std::string damaged = bytes;
    for (int i = 0; i < 3; ++i) damaged[random.bits() % damaged.size()] = static_cast<char>(random.bits());
    const auto decoded = decode(damaged);
    if (decoded) CHECK(decoded->open.size() <= damaged.size());
  }
}

TEST_CASE("Checkpoint: no record is larger than may be") {
  const Progress progress = sample(60'000);
  const auto records = checkpoint_records(progress, 7, 70'000);
  for (const log::Record& record : records) CHECK(record.size() <= 70'000 - 100);  // a term comes on top
  const auto decoded = read_all(records);
  REQUIRE(decoded);
  CHECK(same(*decoded, progress));
}

TEST_CASE("Checkpoint: is cut into chunks and put together again") {
  const Progress progress = sample(60'000);
  const auto records = checkpoint_records(progress, 7);
  REQUIRE(records.size() > 2);
  for (const log::Record& record : records) CHECK(record.value.size() <= kChunkBytes + 64);
  const auto decoded = read_all(records);
  REQUIRE(decoded);
  CHECK(same(*decoded, progress));
}

TEST_CASE("Checkpoint: records of another one between its own do no harm") {
  const auto records = checkpoint_records(sample(5), 7);
  const auto others = checkpoint_records(sample(3), 8);
  std::vector<log::Record> mixed{records.front()};
  mixed.insert(mixed.end(), others.begin(), others.end());
  mixed.insert(mixed.end(), records.begin() + 1, records.end());
  const auto decoded = read_all(mixed);
  REQUIRE(decoded);
  CHECK(same(*decoded, sample(5)));
}

TEST_CASE("Checkpoint: every flipped bit and every truncation of a record is refused") {
  const auto records = checkpoint_records(sample(5), 7);
  for (std::size_t which = 0; which < records.size(); ++which)
    for (std::size_t bit = 0; bit < records[which].value.size() * 8; ++bit) {
      auto damaged = records;
      char& byte = damaged[which].value[bit / 8];
      byte = static_cast<char>(byte ^ (1 << (bit % 8)));
      CHECK_FALSE(read_all(damaged));
    }
  for (std::size_t which = 0; which < records.size(); ++which)
    for (std::size_t size = 0; size < records[which].value.size(); ++size) {
      auto damaged = records;
      damaged[which].value.resize(size);
      CHECK_FALSE(read_all(damaged));
    }
}

TEST_CASE("Checkpoint: a missing record is noticed") {
  auto records = checkpoint_records(sample(60'000), 7);
  REQUIRE(records.size() > 3);
  for (std::size_t which = 0; which < records.size(); ++which) {
    auto fewer = records;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(which));
    CHECK_FALSE(read_all(fewer));
  }
}

TEST_CASE("crc32: is the one of zip and Ethernet") { CHECK(crc32("123456789") == 0xCBF43926u); }

}  // namespace
}  // namespace certes::dispatcher
