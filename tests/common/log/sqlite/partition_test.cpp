#include "common/log/sqlite/partition.hpp"

#include <doctest/doctest.h>

namespace certes::log::sqlite {
namespace {

RecordPtr sized(std::size_t bytes) {
  auto record = std::make_shared<StoredRecord>();
  record->value.assign(bytes, 'v');
  return record;
}

}  // namespace

TEST_CASE("Partition: appended records are seen once they are published, not before") {
  Partition partition(Topic::events, 0, {}, 1'000'000);
  const auto watch = std::make_shared<Watch>([] {});
  std::vector<RecordPtr> out;
  partition.append(sized(1));
  CHECK(partition.range().end == 0);
  CHECK(partition.read(0, 10, out, watch).count == 0);
  partition.publish();
  CHECK(partition.range().end == 1);
  CHECK(partition.read(0, 10, out, watch).count == 1);
}

TEST_CASE("Partition: what is discarded gives its offsets back") {
  Partition partition(Topic::events, 0, {5, 9}, 1'000'000);
  partition.append(sized(1));
  partition.append(sized(1));
  CHECK(partition.next() == 11);
  partition.discard();
  CHECK(partition.next() == 9);
  CHECK_FALSE(partition.appending());
}

TEST_CASE("Partition: memory is bounded, and the rest is left to the file") {
  Partition partition(Topic::events, 0, {}, 10'000);
  const auto watch = std::make_shared<Watch>([] {});
  for (int i = 0; i < 100; ++i) {
    partition.append(sized(1'000));
    partition.publish();
  }
  std::vector<RecordPtr> out;
  CHECK_FALSE(partition.read(0, 100, out, watch).served);
  CHECK_FALSE(partition.read(90, 100, out, watch).served);
  CHECK(out.empty());
  const auto tail = partition.read(95, 100, out, watch);
  CHECK(tail.served);
  CHECK(tail.count == 5);
}

TEST_CASE("Partition: wakes a reader that reached the end, once per publication") {
  Partition partition(Topic::events, 0, {}, 10'000);
  int woken = 0;
  const auto watch = std::make_shared<Watch>([&] { ++woken; });
  partition.watch(watch);
  std::vector<RecordPtr> out;
  partition.append(sized(1));
  partition.publish();
  CHECK(woken == 0);  // it has not looked yet
  partition.read(0, 10, out, watch);
  partition.append(sized(1));
  partition.append(sized(1));
  partition.publish();
  partition.append(sized(1));
  partition.publish();
  CHECK(woken == 1);
  partition.read(1, 10, out, watch);
  watch->waker.silence();
  partition.append(sized(1));
  partition.publish();
  CHECK(woken == 1);
}

}  // namespace certes::log::sqlite
