#include "common/config/table.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace certes::config;

TEST_CASE("Table of settings: every default passes its own check") {
  Settings settings;
  for (const Setting& setting : all_settings()) {
    CAPTURE(setting.name);
    CHECK(check_value(setting, settings).has_value());
  }
}

TEST_CASE("Table of settings: what is written as text can be read back") {
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
