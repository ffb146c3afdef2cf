#include "common/registry/built_in.hpp"

#include <doctest/doctest.h>

#include "common/event/notice.hpp"
#include "common/registry/catalogue.hpp"
#include "common/registry/resource_json.hpp"

using namespace certes;
using namespace certes::registry;

TEST_CASE("Built in: the types of the events about Certes are there from the beginning, and shown as such") {
  const Catalogue catalogue;
  CHECK(catalogue.state().event_types.size() == event::kNoticeKinds);
  const auto type = catalogue.state().event_type("default", "certes.delivery.dead_lettered");
  REQUIRE(type);
  const std::string shown = shown_json(*type);
  CHECK(shown.find(R"("built_in":true)") != std::string::npos);
  CHECK(shown.find(R"("schema":{)") != std::string::npos);
  CHECK(shown.find("created_at") == std::string::npos);
}

TEST_CASE("Built in: what a log says of them changes nothing") {
  Catalogue catalogue;
  Entry entry;
  entry.kind = "event-types";
  entry.id = "certes.log.lost";
  entry.version = 1;
  entry.body = std::make_shared<const std::string>("{}");
  const std::string key = registry_key("default", "event-types", entry.id);
  catalogue.update(key, std::make_shared<const Entry>(entry));
  CHECK(catalogue.state().event_type("default", entry.id)->built_in);
  catalogue.update(key, nullptr);
  CHECK(catalogue.state().event_type("default", entry.id)->built_in);
  CHECK_FALSE(is_built_in("acme", "event-types", entry.id));
  CHECK_FALSE(is_built_in("default", "endpoints", entry.id));
  CHECK_FALSE(is_built_in("default", "event-types", "certes.other"));
}
