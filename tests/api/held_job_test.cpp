#include "api/jobs/held_job.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::api::jobs;

namespace {

// Of so many things; what it answers otherwise is set.
class Things final : public Work {
 public:
  explicit Things(std::int64_t there) : left(there) {}
  Result<bool> count(registry::JobProgress& progress) override {
    progress.total = counted.value_or(left);
    return true;
  }
  Result<bool> go_on(registry::JobProgress& progress, std::int64_t most) override {
    asked.push_back(most);
    if (trouble) return fail(*trouble);
    const std::int64_t now = std::min({left, most, std::int64_t{4}});
    left -= now;
    progress.done += now;
    return left == 0;
  }

  std::int64_t left;
  std::optional<std::int64_t> counted;
  std::optional<Error> trouble;
  std::vector<std::int64_t> asked;
};

struct Held {
  explicit Held(std::int64_t there, double rate = 0) {
    registry::Job job;
    job.id = "job_1";
    job.rate_per_second = rate;
    auto work = std::make_unique<Things>(there);
    things = work.get();
    held = std::make_unique<HeldJob>(job, std::move(work), now);
  }
  SteadyTime now = SteadyTime{} + std::chrono::hours(1);
  Things* things;
  std::unique_ptr<HeldJob> held;
};

}  // namespace

TEST_CASE("Held job: is counted, and then done step by step") {
  Held one(10);
  CHECK_FALSE(one.held->has_news());
  CHECK_FALSE(one.held->step(one.now));
  CHECK(one.held->is_counted());
  CHECK(one.held->progress().total == 10);
  CHECK(one.held->progress().done == 0);
  one.held->noted(one.now);
  CHECK_FALSE(one.held->is_counted());
  for (int steps = 0; steps < 3; ++steps) {
    CHECK_FALSE(one.held->end());
    CHECK_FALSE(one.held->step(one.now));
  }
  REQUIRE(one.held->end());
  CHECK(std::holds_alternative<registry::JobDone>(*one.held->end()));
  CHECK(one.held->progress().done == 10);
  CHECK(one.held->progress().left() == 0);
}

TEST_CASE("Held job: what was counted and is none of it any more is not left") {
  Held one(3);
  one.things->counted = 5;
  (void)one.held->step(one.now);
  (void)one.held->step(one.now);
  REQUIRE(one.held->end());
  CHECK(one.held->progress().left() == 0);
  CHECK(one.held->progress().total == 3);
}

TEST_CASE("Held job: goes on by its rate, a second's worth at once") {
  Held one(100, 2);
  (void)one.held->step(one.now);
  (void)one.held->step(one.now);
  CHECK(one.held->progress().done == 2);
  (void)one.held->step(one.now);
  CHECK(one.held->progress().done == 2);
  CHECK(one.held->due() == one.now + Millis{500});
  (void)one.held->step(one.held->due());
  CHECK(one.held->progress().done == 3);
  CHECK(one.things->asked == std::vector<std::int64_t>{2, 1});
}

TEST_CASE("Held job: what passes is tried again, and what does not ends it") {
  Held one(10);
  (void)one.held->step(one.now);
  for (const Code code : {Code::unavailable, Code::timeout, Code::unknown_outcome, Code::busy}) {
    one.things->trouble = Error(code, "away");
    const auto error = one.held->step(one.now);
    REQUIRE(error);
    CHECK(error->message == "away");
    CHECK_FALSE(one.held->end());
    CHECK(one.held->due() > one.now);
  }
  one.things->trouble = Error(Code::not_found, "gone");
  CHECK_FALSE(one.held->step(one.now));
  REQUIRE(one.held->end());
  CHECK(std::get<registry::JobFailed>(*one.held->end()).error == "gone");
}
