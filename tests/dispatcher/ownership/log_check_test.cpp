#include "dispatcher/ownership/log_check.hpp"

#include <doctest/doctest.h>

namespace certes::dispatcher {
namespace {

using Verdict = LogCheck::Verdict;

// Of a log whose record N was appended at 1,000 + N, read up to 90, of which 20 is the lowest open one.
book::Manifest manifest() {
  book::Manifest manifest;
  manifest.position = 90;
  manifest.landmarks = {{{89, 1'089}, {60, 1'060}, {-1, 0}, {-1, 0}}};
  manifest.watermark_times.offset = 20;
  manifest.watermark_times.times.include(1'015);
  manifest.watermark_times.times.include(1'025);
  return manifest;
}

// Looks at a log of which the records below `same` are as they were; `gone` are not there.
LogCheck checked(log::OffsetRange range, std::int64_t same, std::int64_t gone = -1) {
  LogCheck check(manifest(), range);
  while (const auto wanted = check.wanted()) {
    if (*wanted == gone)
      check.found(std::nullopt);
    else
      check.found(*wanted < same ? 1'000 + *wanted : 9'000 + *wanted);
  }
  return check;
}

}  // namespace

TEST_CASE("LogCheck: where the record before the position is the same, all is, and nothing else is looked at") {
  LogCheck check(manifest(), {0, 95});
  CHECK(check.wanted() == 89);
  check.found(1'089);
  CHECK_FALSE(check.wanted());
  CHECK(check.verdict() == Verdict::same);
}

TEST_CASE("LogCheck: a log that is the same up to an earlier one was cut behind that") {
  CHECK(checked({0, 95}, 80).verdict() == Verdict::cut);
  CHECK(checked({0, 95}, 80).cut_at() == 61);
  CHECK(checked({0, 70}, 70).cut_at() == 61);  // and is shorter now
  CHECK(checked({0, 95}, 50).cut_at() == 21);  // as far as its block's times say
}

TEST_CASE("LogCheck: a log of which nothing is the same is another") {
  CHECK(checked({0, 95}, 10).verdict() == Verdict::replaced);
  CHECK(checked({0, 5}, 5).verdict() == Verdict::replaced);
  CHECK(LogCheck(90, {0, 89}).verdict() == Verdict::replaced);
}

TEST_CASE("LogCheck: what is below the log's start, or not there, says nothing") {
  CHECK(checked({90, 95}, 0).verdict() == Verdict::same);
  CHECK(checked({0, 95}, 95, 89).verdict() == Verdict::same);
  CHECK(checked({70, 95}, 0).verdict() == Verdict::replaced);
  CHECK(LogCheck(90, {0, 90}).verdict() == Verdict::same);
}

TEST_CASE("LogCheck: a log that ends below the position was cut, whatever was between it and the last record") {
  book::Manifest passed = manifest();
  passed.position = 100;
  LogCheck check(passed, {0, 95});
  check.found(1'089);
  CHECK(check.verdict() == Verdict::cut);
  CHECK(check.cut_at() == 90);
}

}  // namespace certes::dispatcher
