#include "common/registry/fate.hpp"

#include <doctest/doctest.h>

#include "common/log/names.hpp"
#include "tests/dispatcher/resources.hpp"

using namespace certes;
using namespace certes::registry;
using registry::EndpointState;
using registry::Priority;
using registry::Purge;
using tests::StateBuilder;

namespace {

// An endpoint with a story, and what becomes of an event of its.
struct Story {
  Story() { builder.endpoint("a"); }
  // Of one without a stamp.
  Fate fate(UnixMillis appended_at, Priority priority = Priority::normal, const char* type = "order.created") const {
    return fate_of(*endpoint(), event(appended_at, std::nullopt, type), priority);
  }
  Fate stamped(std::int64_t stamp, UnixMillis appended_at) const {
    return fate_of(*endpoint(), event(appended_at, stamp), Priority::normal);
  }
  std::shared_ptr<const registry::Endpoint> endpoint() const { return builder.build()->endpoint("default", "a"); }
  static log::StoredRecord event(UnixMillis appended_at, std::optional<std::int64_t> stamp = {},
                                 const char* type = "order.created") {
    log::StoredRecord event;
    event.appended_at = appended_at;
    event.headers.add("ce_type", type);
    if (stamp) event.headers.add(log::names::kRegistry, std::to_string(*stamp));
    return event;
  }
  Purge of(std::vector<std::string> classes, std::string pattern = {}, UnixMillis before = 0) const {
    return {0, before, std::move(classes), std::move(pattern), ""};
  }
  StateBuilder builder;
};

}  // namespace

TEST_CASE("Fate: what was appended before a purge is purged, what comes later is delivered") {
  Story story;
  CHECK(story.fate(99) == Fate::deliver);
  story.builder.purge("a", 100);
  CHECK(story.fate(99) == Fate::purged);
  CHECK(story.fate(100) == Fate::deliver);
}

TEST_CASE("Fate: a purge is of the classes, types and times that it names") {
  Story story;
  story.builder.purge("a", 100, story.of({"low", "bulk"}, "order.#", 50));
  CHECK(story.fate(49, Priority::bulk) == Fate::purged);
  CHECK(story.fate(50, Priority::bulk) == Fate::deliver);
  CHECK(story.fate(49, Priority::normal) == Fate::deliver);
  CHECK(story.fate(49, Priority::bulk, "invoice.paid") == Fate::deliver);
  const auto endpoint = story.builder.build()->endpoint("default", "a");
  CHECK(doomed_before(*endpoint, Priority::bulk) == 50);
  CHECK(doomed_before(*endpoint, Priority::high) == 0);
}

TEST_CASE("Fate: of a disabling and a purge the first decides") {
  Story story;
  story.builder.purge("a", 100);
  story.builder.in_state("a", EndpointState::disabled, 200);
  story.builder.in_state("a", EndpointState::active, 300);
  story.builder.purge("a", 400);
  CHECK(story.fate(99) == Fate::purged);
  CHECK(story.fate(150) == Fate::dead_letter);
  CHECK(story.fate(250) == Fate::unmatched);
  CHECK(story.fate(350) == Fate::purged);
  CHECK(story.fate(400) == Fate::deliver);
}

TEST_CASE("Fate: where Certes itself had disabled it, what came is a dead letter, whatever is purged later") {
  Story story;
  story.builder.in_state("a", EndpointState::disabled, 200, std::string(registry::kByCertes));
  story.builder.purge("a", 400);
  CHECK(story.fate(250) == Fate::dead_letter);
  CHECK(story.fate(450) == Fate::dead_letter);
}

TEST_CASE("Fate: with a stamp, what the clocks of two brokers say makes no difference where the gateway knew better") {
  Story story;
  const std::int64_t before = story.builder.position();
  story.builder.in_state("a", EndpointState::disabled, 2'000);
  const std::int64_t within = story.builder.position();
  story.builder.in_state("a", EndpointState::active, 3'000);
  const std::int64_t later = story.builder.position();
  story.builder.purge("a", 4'000);
  const std::int64_t last = story.builder.position();
  struct Row {
    const char* what;
    std::int64_t stamp;
    UnixMillis appended_at;
    Fate fate;
  };
  const Row rows[] = {
      // As the clocks agree.
      {"before all", before, 1'500, Fate::dead_letter},
      {"while it was disabled", within, 2'500, Fate::unmatched},
      {"after it was resumed", later, 3'500, Fate::purged},
      {"after the purge", last, 4'500, Fate::deliver},
      // The broker of the events is behind by so much that all stand before.
      {"while it was disabled, behind", within, 500, Fate::unmatched},
      {"after it was resumed, behind", later, 500, Fate::purged},
      {"after the purge, behind", last, 500, Fate::deliver},
      // It is ahead: what says that the event came later is believed where that delivers, and there alone.
      {"before all, ahead", before, 2'500, Fate::dead_letter},
      {"before all, ahead of the resumption", before, 3'500, Fate::purged},
      {"before all, ahead of the purge", before, 4'500, Fate::deliver},
      {"while it was disabled, ahead", within, 3'500, Fate::purged},
      // The clocks agree, and the gateway lags behind changes that another process has answered.
      {"while it was disabled, by a gateway that lags", before, 2'500, Fate::dead_letter},
      {"after it was resumed, by one that knows that it is disabled", within, 3'500, Fate::purged},
      {"after the purge, by one that knows nothing of all that", before, 4'500, Fate::deliver},
      // In the same millisecond as a change.
      {"as it is disabled, by one that knew", within, 2'000, Fate::unmatched},
      {"as it is disabled, by one that did not", before, 2'000, Fate::dead_letter},
      {"as it is resumed, by one that did not know", within, 3'000, Fate::purged},
      {"as it is purged, by one that did not know", later, 4'000, Fate::deliver},
      {"just before it is purged, by one that did not know", later, 3'999, Fate::purged},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(story.stamped(row.stamp, row.appended_at) == row.fate);
    // What ends may be looked for by append times.
    if (row.fate != Fate::deliver) CHECK(row.appended_at < doomed_before(*story.endpoint(), Priority::normal));
  }
}

TEST_CASE("Fate: a stamp is the next offset of the registry: the change that stands there is not known") {
  Story story;
  story.builder.in_state("a", EndpointState::disabled, 2'000);
  const std::int64_t its = story.builder.position() - 1;
  CHECK(story.stamped(its, 2'500) == Fate::dead_letter);
  CHECK(story.stamped(its + 1, 2'500) == Fate::unmatched);
}

TEST_CASE("Fate: what came after a later resumption came after all that was before it, whatever the clocks say") {
  Story story;
  story.builder.in_state("a", EndpointState::disabled, 2'000);
  story.builder.in_state("a", EndpointState::active, 9'000);
  story.builder.in_state("a", EndpointState::disabled, 3'000);  // the registry's leader is another, and behind
  story.builder.in_state("a", EndpointState::active, 4'000);
  CHECK(story.fate(4'500) == Fate::deliver);
  CHECK(story.stamped(0, 4'500) == Fate::deliver);
  CHECK(story.fate(3'500) == Fate::unmatched);
  CHECK(story.fate(1'500) == Fate::dead_letter);
}

TEST_CASE("Fate: of a purge and a disabling the first decides, by their offsets where their times say otherwise") {
  Story story;
  story.builder.purge("a", 5'000);
  story.builder.in_state("a", EndpointState::disabled, 2'000);
  CHECK(story.fate(1'000) == Fate::purged);
  Story other;
  other.builder.in_state("a", EndpointState::disabled, 5'000);
  other.builder.purge("a", 2'000);
  CHECK(other.fate(1'000) == Fate::dead_letter);
}

TEST_CASE("Fate: the time that a purge names is one of the events' clock, also of an event with a stamp") {
  Story story;
  const std::int64_t before = story.builder.position();
  story.builder.purge("a", 4'000, story.of({}, {}, 1'000));
  CHECK(story.stamped(before, 999) == Fate::purged);
  CHECK(story.stamped(before, 1'000) == Fate::deliver);
  CHECK(story.stamped(story.builder.position(), 999) == Fate::deliver);
}

TEST_CASE("Fate: an event is not an endpoint's if it came while an operator had disabled that") {
  Story story;
  const std::int64_t before = story.builder.position();
  CHECK(may_match(*story.endpoint(), Story::event(1'000), before));
  story.builder.in_state("a", EndpointState::disabled, 2'000);
  const std::int64_t end = story.builder.position();
  CHECK_FALSE(may_match(*story.endpoint(), Story::event(2'500), end));
  CHECK_FALSE(may_match(*story.endpoint(), Story::event(500, end), end));
  CHECK(may_match(*story.endpoint(), Story::event(2'500, before), end));  // a dead letter
  // Of a registry that was longer, and is no more: nothing is known of when it came.
  CHECK(may_match(*story.endpoint(), Story::event(2'500, end + 1), end));
  CHECK(story.stamped(end + 1, 2'500) == Fate::unmatched);
}

TEST_CASE("Fate: a stamp that is no number is none") {
  Story story;
  story.builder.in_state("a", EndpointState::disabled, 2'000);
  for (const char* const text : {"", "99x", "0x99", " 99", "+99", "1234567890123456789"}) {
    CAPTURE(text);
    log::StoredRecord event = Story::event(1'500);
    event.headers.add(log::names::kRegistry, text);
    CHECK(fate_of(*story.endpoint(), event, Priority::normal) == Fate::dead_letter);
  }
}
