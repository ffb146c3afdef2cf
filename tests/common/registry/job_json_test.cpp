#include <doctest/doctest.h>

#include "common/registry/resource_json.hpp"
#include "common/registry/resources.hpp"

using namespace certes;
using namespace certes::registry;

namespace {

Job example() {
  Job job;
  job.id = "job_1";
  job.filter.type = "order.paid";
  job.filter.endpoint = "mail";
  job.filter.from = 1'000;
  job.filter.to = 2'000;
  job.endpoint = "billing";
  job.rate_per_second = 2.5;
  job.priority = Priority::low;
  job.progress = {.total = 10, .done = 4, .repeated = 0, .refused = 0, .skipped = 1, .remains = {}, .cursor = "5-1-2"};
  return job;
}

}  // namespace

TEST_CASE("Job: is read as it was written, in each state") {
  const JobState states[] = {JobRunning{"prc_1"}, JobRunning{},   JobPaused(),
                             JobDone(),           JobCancelled(), JobFailed{"no"}};
  for (const JobState& state : states) {
    Job job = example();
    job.state = state;
    if (has_ended(state)) job.ended_at = 3'000;
    const std::string text = stored_json(job);
    CAPTURE(text);
    const auto read = parse<Job>(text, Form::stored);
    REQUIRE(read);
    CHECK(read->state == job.state);
    CHECK(read->filter == job.filter);
    CHECK(read->progress == job.progress);
    CHECK(read->endpoint == job.endpoint);
    CHECK(read->rate_per_second == job.rate_per_second);
    CHECK(read->priority == job.priority);
    CHECK(read->ended_at == job.ended_at);
  }
}

TEST_CASE("Job: an erasure is named by a hash, and says what remains") {
  Job job;
  job.kind = JobKind::erase;
  job.filter.subject_hash = std::string(64, 'a');
  job.progress.waiting = 3;
  job.progress.remains = {{"topic events", 5'000}, {"backups", 0}};
  const auto read = parse<Job>(stored_json(job), Form::stored);
  REQUIRE(read);
  CHECK(read->kind == job.kind);
  CHECK(read->filter == job.filter);
  CHECK(read->progress == job.progress);
}

TEST_CASE("Job: each kind has a filter of its own") {
  for (const JobKind kind : {JobKind::replay_events, JobKind::replay_letters, JobKind::discard_letters}) {
    Job one = example();
    one.kind = kind;
    one.filter = {};
    const auto read = parse<Job>(stored_json(one), Form::stored);
    REQUIRE(read);
    CHECK(read->kind == kind);
  }
  Job job = example();
  job.kind = JobKind::discard_letters;
  job.filter.rule = "gone";
  job.filter.event = "evt_1";
  job.filter.ids = {"dl_1"};
  job.again = true;
  const auto read = parse<Job>(stored_json(job), Form::stored);
  REQUIRE(read);
  CHECK(read->filter == job.filter);
  CHECK(read->again);
  const auto wrong = parse<Job>(R"({"kind":"replay_events","filter":{"rule":"gone"},"state":"paused"})", Form::stored);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().pointer == "/filter/rule");
}

TEST_CASE("Job: is shown with what is left, and without its cursor") {
  const std::string shown = shown_json(example());
  CHECK(shown.find(R"("left":5)") != std::string::npos);
  CHECK(shown.find("cursor") == std::string::npos);
  CHECK(shown.find("repeated") == std::string::npos);
  Job uncounted = example();
  uncounted.progress.total.reset();
  CHECK(shown_json(uncounted).find("left") == std::string::npos);
}

TEST_CASE("Job: one that a later version has made is not taken for another") {
  CHECK_FALSE(parse<Job>(R"({"kind":"of_later","filter":{},"state":"running"})", Form::stored));
  CHECK_FALSE(parse<Job>(R"({"kind":"replay_events","filter":{"colour":"red"},"state":"running"})", Form::stored));
  CHECK_FALSE(parse<Job>(R"({"kind":"replay_events","filter":{},"state":"resting"})", Form::stored));
}
