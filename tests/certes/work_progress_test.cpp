#include "certes/commands/work_progress.hpp"

#include <doctest/doctest.h>

#include "certes/commands/bytes_text.hpp"
#include "certes/commands/job_text.hpp"

using namespace certes::command;
using Seconds = std::chrono::duration<double>;

namespace {

WorkProgress at(std::int64_t done, std::optional<std::int64_t> total = 100) { return {true, "it: ", done, total, ""}; }

}  // namespace

TEST_CASE("Work's progress: how far it is, how fast, and how much longer that takes") {
  CHECK(progress_line(at(0), at(12), Seconds(2)) == "it: 12 of 100, 6/s, 15 s left");
  CHECK(progress_line(at(40), at(43), Seconds(10)) == "it: 43 of 100, 0.3/s, 4 min left");
  CHECK(progress_line(at(0, 10'000), at(10, 10'000), Seconds(10)) == "it: 10 of 10000, 1/s, 3 h left");
  CHECK(progress_line(at(0), at(100), Seconds(2)) == "it: 100 of 100, 50/s");
}

TEST_CASE("Work's progress: what is not known is not said") {
  CHECK(progress_line(at(0, {}), at(7, {}), Seconds(1)) == "it: 7, 7/s");
  CHECK(progress_line(at(7), at(7), Seconds(5)) == "it: 7 of 100");
  CHECK(progress_line(at(7), at(7), Seconds(0)) == "it: 7 of 100");
}

TEST_CASE("Work's progress: of bytes") {
  CHECK(progress_line(at(0, 40'000'000), at(12'000'000, 40'000'000), Seconds(2), bytes_text) ==
        "it: 12.0 MB of 40.0 MB, 6.0 MB/s, 5 s left");
}

TEST_CASE("Work's progress: of a job, what was skipped is not left") {
  const auto job = job_progress(R"({"id":"job_1","state":"running","done":5,"total":20,"skipped":3,"left":12})");
  CHECK(job.running);
  CHECK(progress_line(job, job, Seconds(1)) == "job_1: running, 5 of 17, 3 skipped");
  const auto erasure = job_progress(R"({"id":"job_1","state":"running","done":5,"waiting":2})");
  CHECK(progress_line(erasure, erasure, Seconds(1)) == "job_1: running, 5, 2 wait for their deliveries to end");
  CHECK_FALSE(job_progress(R"({"id":"job_1","state":"done","done":5})").running);
  CHECK_FALSE(job_progress("no JSON").running);
}
