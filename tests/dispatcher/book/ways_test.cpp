// The picture of the places of a delivery in docs/architecture.md is the one that the code's own table makes.
#include "dispatcher/book/ways.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "common/base/overloaded.hpp"

using namespace certes::dispatcher;

namespace {

std::string read_architecture() {
  std::ifstream file(CERTES_SOURCE_DIR "/docs/architecture.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string places_picture() {
  std::string picture = "```mermaid\nstateDiagram-v2\n  [*] --> Unplaced\n";
  for (const Way& way : kWays)
    picture.append("  ")
        .append(kPlaceNames[way.from])
        .append(" --> ")
        .append(kPlaceNames[way.to])
        .append(": ")
        .append(way.why)
        .append("\n");
  return picture + "  Recording --> [*]: its end is recorded\n  Forgotten --> [*]: answered\n```\n";
}

std::string endings_table() {
  std::string table = "| ending | on the log | the delivery then |\n|---|---|---|\n";
  for (std::size_t i = 0; i < kEndings; ++i) {
    const Ending ending = ending_at(i);
    const char* name =
        std::visit(certes::Overloaded{
                       [](const Delivered&) { return "Delivered"; }, [](const RetryAt&) { return "RetryAt"; },
                       [](const Awaiting&) { return "Awaiting"; }, [](const DeadLettered&) { return "DeadLettered"; },
                       [](const Cancelled&) { return "Cancelled"; }},
                   ending);
    const char* then = std::visit(
        certes::Overloaded{[](const Delivered&) { return "is done"; },
                           [](const RetryAt&) { return "waits in the wheel (InWheel)"; },
                           [](const Awaiting&) { return "waits for its result (AwaitingResult)"; },
                           [](const DeadLettered&) { return "is done once its dead letter is on the log, too"; },
                           [](const Cancelled&) { return "is done"; }},
        ending);
    table.append("| ").append(name).append(" | `").append(text_of(ending)).append("` | ").append(then).append(" |\n");
  }
  return table;
}

}  // namespace

TEST_CASE("Ways: the picture in the documents is made of them") {
  const std::string text = read_architecture();
  const std::string picture = places_picture();
  INFO(picture);
  CHECK(text.find(picture) != std::string::npos);
  const std::string table = endings_table();
  INFO(table);
  CHECK(text.find(table) != std::string::npos);
}

TEST_CASE("Ways: each place has a way in, and one out but where a delivery ends") {
  for (std::size_t place = 0; place < kPlaces; ++place) {
    INFO(kPlaceNames[place]);
    if (place != index_of<Unplaced>())
      CHECK(std::ranges::any_of(kWays, [&](const Way& way) { return way.to == place && way.from != place; }));
    if (place != index_of<Forgotten>())
      CHECK(std::ranges::any_of(kWays, [&](const Way& way) { return way.from == place && way.to != place; }));
  }
}

TEST_CASE("Ways: no way is named twice") {
  for (std::size_t one = 0; one < kWays.size(); ++one)
    for (std::size_t other = 0; other < one; ++other)
      CHECK_FALSE((kWays[one].from == kWays[other].from && kWays[one].to == kWays[other].to));
}

TEST_CASE("Ending: its text is read back, with the time of what comes next") {
  for (std::size_t i = 0; i < kEndings; ++i) {
    const auto read = parse_ending(text_of(ending_at(i)), 4'711);
    REQUIRE(read);
    CHECK(read->index() == i);
    CHECK(next_of(*read) == (is_last(*read) ? 0 : 4'711));
  }
  CHECK_FALSE(parse_ending("unmatched", 0));
  CHECK_FALSE(parse_ending("", 0));
}
