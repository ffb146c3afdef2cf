// Lists: a page is bounded in bytes, and the pages together hold everything once.
#include <set>

#include "common/registry/built_in.hpp"
#include "tests/api/fixture.hpp"

using namespace certes;
using namespace certes::api::testing;

namespace {

constexpr std::size_t kPage = 4'096;

void small_pages(config::Settings& settings) { settings.api.page_bytes = kPage; }

// What identifies each item of all pages; `most`: the bytes of one item.
std::set<std::string> all_of(Process& api, const std::string& path, const char* member, std::size_t most) {
  std::set<std::string> seen;
  std::string after;
  int pages = 0;
  for (; pages < 200; ++pages) {
    const auto page = api.get(path + (after.empty() ? "" : "&after=" + after));
    REQUIRE_MESSAGE(page.status == 200, page.body);
    CHECK(page.body.size() <= kPage + most);
    CHECK_FALSE(page.json["items"].empty());
    for (const auto& item : page.json["items"]) CHECK(seen.insert(item[member].dump()).second);
    if (page.json["next"].is_null()) break;
    after = page.json["next"].get<std::string>();
  }
  CHECK(pages > 0);  // of the last one, from 0

  return seen;
}

}  // namespace

TEST_CASE("Lists: large resources come in pages of bounded bytes, whatever the limit") {
  Installation installation;
  Process api(installation, true, small_pages);
  for (int i = 0; i < 30; ++i) {
    const std::string text(1 + static_cast<std::size_t>(i) * 60, 'x');
    REQUIRE(api.put("/event-types/t" + std::to_string(i), {{"schema", {{"description", text}}}}).status == 201);
  }
  CHECK(all_of(api, "/event-types?limit=1000", "id", 4'096).size() == 30 + registry::built_in_types().size());
}

TEST_CASE("Lists: an item above what a page holds is a page of its own") {
  Installation installation;
  Process api(installation, true, small_pages);
  for (const char* id : {"x", "y"})
    REQUIRE(
        api.put("/event-types/" + std::string(id), {{"schema", {{"description", std::string(20'000, 'x')}}}}).status ==
        201);
  const auto page = api.get("/event-types?limit=1000&after=w");
  CHECK(page.json["items"].size() == 1);
  CHECK(page.json["next"] == "x");
  CHECK(api.get("/event-types?limit=1000&after=x").json["next"].is_null());
}

TEST_CASE("Lists: versions and the audit trail come in pages too") {
  Installation installation;
  Process api(installation, true, small_pages);
  for (int i = 0; i < 15; ++i)
    REQUIRE(api.put("/event-types/t", {{"schema", {{"description", std::string(900, 'x')}, {"maxLength", i}}}}).status <
            300);
  const auto versions = all_of(api, "/event-types/t/versions?limit=1000", "version", 2'048);
  CHECK(versions.size() == std::min<std::size_t>(15, registry::EventType::kMaxVersions));
  CHECK(api.get("/event-types/t/versions?limit=3").json["items"].size() == 3);
  CHECK(api.get("/event-types/t/versions?after=x").status == 400);
  for (int i = 0; i < 15; ++i) REQUIRE(api.patch("/event-types/t", {{"schema", {{"maxLength", i}}}}).status == 200);
  all_of(api, "/audit?limit=1000", "change", 2'048);
}
