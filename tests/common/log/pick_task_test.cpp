// What a run of picks comes to, step by step.

#include <doctest/doctest.h>

#include "common/log/pick_desk.hpp"
#include "common/log/pick_task.hpp"

namespace certes::log {
namespace {

RecordPtr record(std::int64_t offset, std::size_t bytes = 1) {
  auto made = std::make_shared<StoredRecord>();
  made->offset = offset;
  made->value.resize(bytes);
  return made;
}

PickRun run_of(std::vector<OffsetRange> wanted) {
  PickRun run;
  run.wanted = std::move(wanted);
  return run;
}

PickTask task_of(std::vector<OffsetRange> wanted) { return PickTask(run_of(std::move(wanted))); }

std::string text_of(const std::vector<Picked>& results) {
  std::string text;
  for (const Picked& each : results) text += std::to_string(each.offset) + "rgdA."[static_cast<int>(each.fate)];
  return text;
}

}  // namespace

TEST_CASE("PickTask: a piece reaches over gaps that are small enough") {
  auto task = task_of({{3, 5}, {8, 9}, {20, 40}});
  const auto end = [&](std::int64_t gap) { return task.piece(gap).end; };
  CHECK(task.piece(0).start == 3);
  CHECK(end(0) == 5);
  CHECK(end(2) == 5);
  CHECK(end(3) == 9);
  CHECK(end(11) == 40);
  task.read(record(4));
  CHECK(task.piece(3).start == 8);
}

TEST_CASE("PickTask: lists what is wanted next") {
  auto task = task_of({{3, 5}, {8, 9}, {20, 40}});
  const auto list = [&](std::size_t max, std::int64_t limit) {
    std::vector<std::int64_t> offsets;
    task.list(max, limit, offsets);
    return offsets;
  };
  CHECK(list(4, 100) == std::vector<std::int64_t>{3, 4, 8, 20});
  CHECK(list(9, 9) == std::vector<std::int64_t>{3, 4, 8});
  task.read(record(3));
  CHECK(list(2, 100) == std::vector<std::int64_t>{4, 8});
}

TEST_CASE("PickTask: what stands below a record that was read is gone, and what nobody wants is left out") {
  auto task = task_of({{3, 6}, {8, 9}, {20, 22}});
  task.read(record(1));
  task.read(record(4));
  task.read(record(7));
  CHECK(task.next() == 8);
  CHECK_FALSE(task.wants(7));
  CHECK(task.wants(8));
  CHECK_FALSE(task.wants(9));
  CHECK(task.wants(21));
  task.damaged_below(20);
  task.read(record(20));
  task.read(record(21));
  CHECK(task.ended());
  CHECK(text_of(task.results()) == "3g4r5g8d20r21r22.");
  task.read(record(22));
  task.again(std::nullopt);
  task.gone_below(100);
  CHECK(task.results().size() == 7);
}

TEST_CASE("PickTask: ends at a bound, behind the result that reaches it") {
  auto run = run_of({{0, 1'000'000'000}});
  run.max_results = 3;
  PickTask few(run);
  few.gone_below(1'000'000'000);
  CHECK(text_of(few.results()) == "0g1g2g3A");
  CHECK_FALSE(few.results().back().error);

  run.max_results = 100;
  run.max_bytes = 10;
  PickTask small(run);
  for (int i = 0; i < 9; ++i) small.read(record(i, 6));
  CHECK(text_of(small.results()) == "0r1r2A");

  PickTask slow(run_of({{0, 10}}));
  const SteadyTime begun = SteadyTime{} + std::chrono::hours(1);
  slow.check_time(SteadyTime{});
  slow.read(record(0));
  slow.check_time(begun);  // its time counts from its first result on
  slow.check_time(begun + Millis{49});
  CHECK_FALSE(slow.ended());
  slow.check_time(begun + Millis{50});
  CHECK(text_of(slow.results()) == "0r1A");
}

TEST_CASE("PickTask: an error leaves what has no result") {
  auto task = task_of({{0, 2}, {5, 6}});
  task.read(record(0));
  task.again(Error(Code::timeout, "nothing came"));
  CHECK(text_of(task.results()) == "0r1A");
  CHECK(task.results().back().error->code == Code::timeout);
}

TEST_CASE("PickDesk: wakes once for what is not taken yet, and gives nothing of what was cancelled") {
  int answered = 0, asked = 0;
  PickDesk desk([&] { ++answered; }, [&] { ++asked; });
  REQUIRE(desk.ask(run_of({{0, 3}}), 1));
  CHECK_FALSE(desk.ask(run_of({{0, 3}, {2, 4}}), 1));
  REQUIRE(desk.ask(run_of({{7, 8}}), 1));
  auto runs = desk.take();
  REQUIRE(runs.size() == 2);
  CHECK(asked == 2);
  PickTask task(runs[0].run);
  task.read(record(0));
  desk.answer(runs[0].number, task.results());
  task.read(record(1));
  desk.answer(runs[0].number, task.results());
  CHECK(answered == 1);
  std::vector<Picked> out;
  CHECK(desk.poll(1, out) == 1);
  desk.cancel(Topic::events, 0);
  CHECK(desk.cancelled(Topic::events, 0, runs[1].number));
  task.read(record(2));
  desk.answer(runs[0].number, task.results());
  CHECK(desk.poll(10, out) == 0);
  REQUIRE(desk.ask(run_of({{0, 3}}), 1));
  CHECK_FALSE(desk.cancelled(Topic::events, 0, desk.take().front().number));
}

}  // namespace certes::log
