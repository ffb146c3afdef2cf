#include "common/config/table.hpp"

#include <doctest/doctest.h>

#include <climits>
#include <set>
#include <tuple>

using namespace certes::config;

TEST_CASE("Table of settings: whole numbers and durations have an upper limit that fits their type") {
  for (const Setting& setting : all_settings()) {
    CAPTURE(setting.name);
    if (std::holds_alternative<Place<int>>(setting.place)) {
      CHECK(setting.max > 0);
      CHECK(setting.max <= INT_MAX);
    }
    if (std::holds_alternative<Place<std::size_t>>(setting.place)) CHECK(setting.min >= 0);
    if (std::holds_alternative<Place<certes::Millis>>(setting.place)) CHECK(setting.max > 0);
  }
}

TEST_CASE("Table of settings: a duration is a number of seconds, to the nearest millisecond") {
  const Setting* const setting = find_setting("drain_seconds");
  REQUIRE(setting != nullptr);
  Settings settings;
  const std::vector<std::tuple<const char*, int, const char*>> cases = {
      {"0", 0, "0"},          {"2.5", 2'500, "2.5"},      {"0.29", 290, "0.29"},      {"1.001", 1'001, "1.001"},
      {"1.0004", 1'000, "1"}, {"1.0006", 1'001, "1.001"}, {"3600", 3'600'000, "3600"}};
  for (const auto& [given, millis, text] : cases) {
    CAPTURE(given);
    REQUIRE(set_from_text(*setting, settings, given).has_value());
    CHECK(settings.drain_timeout == certes::Millis{millis});
    CHECK(text_of(*setting, settings) == text);
  }
  for (const char* wrong : {"-0.001", "3600.0001", "nan", "inf", "1e300", "2 s", ""}) {
    CAPTURE(wrong);
    CHECK_FALSE(set_from_text(*setting, settings, wrong).has_value());
    CHECK(settings.drain_timeout == certes::Millis{3'600'000});
  }
}

TEST_CASE("Table of settings: every default passes its own check, and what is written as text can be read back") {
  Settings settings;
  for (const Setting& setting : all_settings()) {
    CAPTURE(setting.name);
    const std::string text = text_of(setting, settings);
    Settings other;
    CHECK(set_from_text(setting, other, text).has_value());
    CHECK(text_of(setting, other) == text);
  }
}

TEST_CASE("Table of settings: names, variables and places are unique") {
  std::set<std::string> names;
  std::set<std::string> variables;
  std::set<const void*> places;
  Settings settings;
  for (const Setting& setting : all_settings()) {
    CAPTURE(setting.name);
    CHECK(names.emplace(setting.name).second);
    CHECK(variables.insert(variable_of(setting.name)).second);
    const void* place = std::visit([&](auto p) -> const void* { return p(settings); }, setting.place);
    CHECK(places.insert(place).second);
    CHECK_FALSE(setting.doc.empty());
  }
}

TEST_CASE("Variables: are named after the setting") {
  CHECK(variable_of("gateway.max_body_bytes") == "CERTES_GATEWAY_MAX_BODY_BYTES");
  CHECK(variable_of("data") == "CERTES_DATA");
}

TEST_CASE("Nearest name: is offered only when it is near") {
  const std::vector<std::string> known{"gateway.listen", "api.listen", "gateway.loops"};
  CHECK(did_you_mean("gateway.lisen", known) == "; did you mean gateway.listen?");
  CHECK(did_you_mean("colour", known).empty());
}
