#include "common/log/cursor.hpp"

#include <doctest/doctest.h>

#include "tests/fakes/counting_log.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::log {
namespace {

using Offsets = std::vector<std::int64_t>;

// A log that can be away, or forbid reading: as on Kafka, a reader that was told so reads no more.
class Troubled final : public fakes::CountingLog {
 public:
  using CountingLog::CountingLog;
  bool away = false, forbids = false;

  Result<OffsetRange> offsets(Topic topic, std::int32_t partition, Millis timeout) override {
    if (away) return fail(Code::unavailable, "away");
    return CountingLog::offsets(topic, partition, timeout);
  }
  std::unique_ptr<log::Reader> reader(Topic topic, std::int32_t partition, std::int64_t from, Wake wake) override {
    return std::make_unique<Forbidding>(*this, CountingLog::reader(topic, partition, from, std::move(wake)));
  }

 private:
  class Forbidding final : public log::Reader {
   public:
    Forbidding(Troubled& log, std::unique_ptr<log::Reader> reader) : log_(log), reader_(std::move(reader)) {}
    Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out) override {
      failed_ = failed_ || log_.forbids;
      if (failed_) return fail(Code::forbidden, "Read is refused");
      return reader_->read(max, out);
    }
    std::int64_t position() const override { return reader_->position(); }

   private:
    Troubled& log_;
    std::unique_ptr<log::Reader> reader_;
    bool failed_ = false;
  };
};

// One partition of a log, and what a cursor has read of it.
struct World {
  std::shared_ptr<memory::Cluster> cluster = memory::make_cluster({});
  std::unique_ptr<Log> plain = memory::make(cluster);
  std::unique_ptr<Troubled> log = std::make_unique<Troubled>(*plain);
  Cursor cursor{*log, Topic::attempts, 1, {}};

  void put(int count) {
    for (int i = 0; i < count; ++i) cluster->put(Topic::attempts, 1, Record());
  }
  Offsets read(std::size_t max = 100) {
    std::vector<RecordPtr> page;
    const auto count = cursor.read(max, page);
    REQUIRE(count);
    CHECK(*count == page.size());
    Offsets offsets;
    for (const RecordPtr& record : page) offsets.push_back(record->offset);
    return offsets;
  }
};

}  // namespace

TEST_CASE("Cursor: reads from where it was told to, page after page, and what comes later") {
  World world;
  world.put(5);
  CHECK_FALSE(world.cursor.open());
  world.cursor.go_to(1);
  CHECK(world.read(2) == Offsets{1, 2});
  CHECK(world.cursor.position() == 3);
  CHECK(world.read(2) == Offsets{3, 4});
  CHECK(world.read().empty());
  world.put(1);
  CHECK(world.read() == Offsets{5});
  CHECK_FALSE(world.cursor.gone());
  world.cursor.go_to(4);
  CHECK(world.read() == Offsets{4, 5});
  world.cursor.close();
  CHECK_FALSE(world.cursor.open());
}

TEST_CASE("Cursor: a log that was trimmed above it is told once, and read on from its start") {
  World world;
  world.put(9);
  world.cursor.go_to(2);
  CHECK(world.read(1) == Offsets{2});
  REQUIRE(world.log->trim(Topic::attempts, 1, 6, Millis(0)));
  CHECK(world.read().empty());
  const auto gone = world.cursor.gone();
  REQUIRE(gone);
  CHECK(gone->why == Cursor::Gone::trimmed);
  CHECK(gone->range.start == 6);
  CHECK(gone->range.end == 9);
  CHECK_FALSE(world.cursor.gone());
  CHECK(world.read() == Offsets{6, 7, 8});
  CHECK_FALSE(world.cursor.gone());
}

TEST_CASE("Cursor: a log that ends below it is another, read from its start unless its user says where") {
  World world;
  world.put(9);
  world.cursor.go_to(8);
  CHECK(world.read() == Offsets{8});
  world.cluster->cut(Topic::attempts, 1, 3);
  CHECK(world.read().empty());
  const auto gone = world.cursor.gone();
  REQUIRE(gone);
  CHECK(gone->why == Cursor::Gone::replaced);
  CHECK(gone->range.end == 3);
  world.cursor.go_to(2);
  CHECK(world.read() == Offsets{2});
}

TEST_CASE("Cursor: while the log cannot be asked what became of it, reading is unavailable, and no place is lost") {
  World world;
  world.put(9);
  world.cursor.go_to(2);
  REQUIRE(world.log->trim(Topic::attempts, 1, 6, Millis(0)));
  world.log->away = true;
  std::vector<RecordPtr> page;
  for (int tries = 0; tries < 2; ++tries) {
    const auto read = world.cursor.read(9, page);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::unavailable);
    CHECK_FALSE(world.cursor.gone());
  }
  world.log->away = false;
  CHECK(world.read().empty());
  CHECK(world.cursor.gone()->why == Cursor::Gone::trimmed);
  CHECK(world.read() == Offsets{6, 7, 8});
}

TEST_CASE("Cursor: what has failed for good is read anew, from the same place") {
  World world;
  world.put(4);
  world.cursor.go_to(0);
  CHECK(world.read(2) == Offsets{0, 1});
  world.log->forbids = true;
  std::vector<RecordPtr> page;
  for (int tries = 0; tries < 2; ++tries) CHECK(world.cursor.read(9, page).error().code == Code::forbidden);
  world.log->forbids = false;
  CHECK(world.read() == Offsets{2, 3});
}

}  // namespace certes::log
