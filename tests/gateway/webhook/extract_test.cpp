#include "gateway/webhook/extract.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace certes;
using certes::gateway::ingest::Extract;
using certes::gateway::ingest::Lookup;
using certes::gateway::ingest::Offer;

namespace {

using Found = std::optional<std::string>;

// Offers what stands in two maps, and counts how often JSON was asked for.
struct Fixture {
  std::map<std::string, std::string, std::less<>> headers, pointers;
  int json_asked = 0;

  Found operator()(std::string_view text) {
    const auto extract = Extract::parse(text);
    REQUIRE(extract);
    const std::function<Found(std::string_view)> header = [this](std::string_view name) { return at(headers, name); };
    const std::function<Found(std::string_view)> json = [this](std::string_view pointer) {
      ++json_asked;
      return at(pointers, pointer);
    };
    return (*extract)(Offer{header, json});
  }
  static Found at(const std::map<std::string, std::string, std::less<>>& map, std::string_view name) {
    const auto it = map.find(name);
    return it == map.end() ? Found() : Found(it->second);
  }
};

constexpr std::string_view kGithub = "{header:X-GitHub-Event}.{json:/action}";

}  // namespace

TEST_CASE("Extract: one that was not parsed finds nothing") {
  const std::function<Found(std::string_view)> any = [](std::string_view) { return Found("x"); };
  CHECK(Extract().empty());
  CHECK_FALSE(Extract()(Offer{any, any}));
}

TEST_CASE("Extract: a field of a form") {
  const Lookup any = [](std::string_view) { return Found("x"); };
  const Lookup form = [](std::string_view name) { return name == "MessageSid" ? Found("SM1") : Found(); };
  CHECK((*Extract::parse("form:MessageSid"))(Offer{any, any, form}) == "SM1");
  CHECK((*Extract::parse("{form:MessageSid}.{form:Status}"))(Offer{any, any, form}) == "SM1");
  CHECK_FALSE((*Extract::parse("form:Other"))(Offer{any, any, form}));
  CHECK_FALSE((*Extract::parse("form:MessageSid"))(Offer{any, any}));
}

TEST_CASE("Extract: a header, a place in the JSON, a constant") {
  Fixture extract{{{"X-Topic", "orders/create"}}, {{"/event/type", "message"}}};
  CHECK(extract("header:X-Topic") == "orders/create");
  CHECK(extract("json:/event/type") == "message");
  CHECK(extract("const:order.created") == "order.created");
  CHECK(extract("const:{header:X-Topic}") == "{header:X-Topic}");
  CHECK_FALSE(extract("header:X-None"));
  CHECK_FALSE(extract("json:/none"));
}

TEST_CASE("Extract: JSON is looked at only where it is asked for") {
  Fixture extract{{{"X-GitHub-Event", "push"}}, {}};
  CHECK(extract("header:X-GitHub-Event") == "push");
  CHECK(extract("const:a") == "a");
  CHECK(extract.json_asked == 0);
  CHECK(extract(kGithub) == "push");
  CHECK(extract.json_asked == 1);
}

TEST_CASE("Extract: a template puts its parts in a row") {
  Fixture extract{{{"X-GitHub-Event", "issues"}}, {{"/action", "opened"}}};
  CHECK(extract(kGithub) == "issues.opened");
  CHECK(extract("github.{header:X-GitHub-Event}.{json:/action}") == "github.issues.opened");
  CHECK(extract("{json:/action}:{header:X-GitHub-Event}-v1") == "opened:issues-v1");
}

TEST_CASE("Extract: an absent part of a template goes with the dot before it") {
  Fixture extract{{{"X-GitHub-Event", "push"}}, {{"/empty", ""}}};
  CHECK(extract(kGithub) == "push");
  CHECK(extract("{header:X-GitHub-Event}.{json:/empty}") == "push");
  CHECK(extract("{header:X-GitHub-Event}.{json:/a}.{json:/b}.end") == "push.end");
  CHECK(extract("{header:X-GitHub-Event}-{json:/a}") == "push-");
}

TEST_CASE("Extract: without its first part a template finds nothing, whatever stands before it") {
  Fixture extract{{}, {{"/action", "opened"}}};
  CHECK_FALSE(extract(kGithub));
  CHECK_FALSE(extract("github.{header:X-GitHub-Event}.{json:/action}"));
}

TEST_CASE("Extract: an empty value is as good as none") {
  Fixture extract{{{"X-Topic", ""}}, {{"/type", ""}}};
  CHECK_FALSE(extract("header:X-Topic"));
  CHECK_FALSE(extract("json:/type"));
}

TEST_CASE("Extract: a malformed text is refused, and the error says what is wrong") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "expected header:NAME"},
      {"type", "expected header:NAME"},
      {"Header:X", "expected header:NAME"},
      {"header:", "is no header name"},
      {"header:X Y", "is no header name"},
      {"header:X:Y", "is no header name"},
      {"json:type", "begins with '/'"},
      {"const:", "without a text"},
      {"form:", "without a name"},
      {"a.{header:X", "'{' without '}'"},
      {"a.{}", "is neither"},
      {"a.{X-Topic}", "is neither"},
      {"a.{const:b}", "is neither"},
      {"a.{header:}", "is no header name"},
      {"a.{json:b}", "begins with '/'"},
      {"{header:{json:/a}}", "is no header name"},
      {"}{header:X}", "'}' without '{'"},
      {"{header:X}}", "'}' without '{'"},
  };
  for (const auto& [text, says] : cases) {
    CAPTURE(text);
    const auto extract = Extract::parse(text);
    REQUIRE_FALSE(extract);
    CHECK(extract.error().code == Code::invalid);
    CHECK(extract.error().message.find(says) != std::string::npos);
  }
}
