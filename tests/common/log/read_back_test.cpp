#include "common/log/read_back.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <set>

using namespace certes::log;

namespace {

// Reads pages of 100 and follows the jumps; which offsets came.
std::set<std::int64_t> read(ReadBack& back, const std::function<std::size_t(std::int64_t)>& bytes) {
  std::set<std::int64_t> came;
  for (std::int64_t at = back.from(); at < back.end();) {
    for (int i = 0; i < 100 && at < back.end(); ++i, ++at) {
      StoredRecord record;
      record.value.assign(bytes(at), 'x');
      back.took(record);
      came.insert(at);
    }
    at = back.jump(at).value_or(at);
  }
  return came;
}

}  // namespace

TEST_CASE("ReadBack: begins at the nearest of its bounds, and says which one that is") {
  const auto bound = [](std::int64_t start, std::int64_t window, std::size_t records) {
    const ReadBack back({records, 1 << 20}, {start, window, 1'000});
    return std::pair{back.from(), back.bound()};
  };
  CHECK(bound(0, 0, 5'000) == std::pair{std::int64_t{0}, ReadBack::Bound::none});
  CHECK(bound(0, 400, 5'000) == std::pair{std::int64_t{400}, ReadBack::Bound::seconds});
  CHECK(bound(0, 400, 100) == std::pair{std::int64_t{900}, ReadBack::Bound::records});
  CHECK(bound(950, 400, 100) == std::pair{std::int64_t{950}, ReadBack::Bound::none});
  CHECK(bound(0, 1'000, 100).first == 1'000);
  CHECK(bound(0, 0, 0).first == 1'000);
}

TEST_CASE("ReadBack: what weighs little is read whole") {
  ReadBack back({5'000, 1 << 20}, {0, 0, 5'000});
  CHECK(read(back, [](std::int64_t) { return 100; }).size() == 5'000);
  CHECK(back.bound() == ReadBack::Bound::none);
  CHECK(back.records() == 5'000);
}

TEST_CASE("ReadBack: of what weighs too much the newest are read, within the bytes and a page") {
  ReadBack back({100'000, 1'000'000}, {0, 0, 100'000});
  const auto came = read(back, [](std::int64_t) { return 1'000; });
  CHECK(back.bound() == ReadBack::Bound::bytes);
  CHECK(back.bytes() <= 1'100'000);
  CHECK(came.size() > 800);
  CHECK(came.contains(99'999));
  CHECK(*came.lower_bound(100) > 99'000);  // behind the page that told what they weigh
}

TEST_CASE("ReadBack: where the newest weigh more than those before, they are still what is read") {
  ReadBack back({100'000, 1'000'000}, {0, 0, 10'000});
  const auto came = read(back, [](std::int64_t at) { return at < 9'500 ? 20u : 5'000u; });
  CHECK(back.bytes() <= 1'000'000 + 100 * 5'000);
  CHECK(back.bound() == ReadBack::Bound::bytes);
}

TEST_CASE("ReadBack: of nothing there is nothing to read") {
  ReadBack back;
  CHECK(back.from() == back.end());
  CHECK_FALSE(back.jump(0));
}
