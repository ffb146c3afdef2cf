#include "dispatcher/endpoint/fate.hpp"

#include <doctest/doctest.h>

#include "tests/dispatcher/resources.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EndpointState;
using registry::Priority;
using registry::Purge;
using tests::StateBuilder;

namespace {

// An endpoint with a story, and what becomes of an event of its.
struct Story {
  Story() { builder.endpoint("a"); }
  Fate fate(UnixMillis appended_at, Priority priority = Priority::normal, const char* type = "order.created") const {
    log::StoredRecord event;
    event.appended_at = appended_at;
    event.headers.add("ce_type", type);
    return fate_of(*builder.build()->endpoint("default", "a"), event, priority);
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
