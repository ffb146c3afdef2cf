#include "certes/commands/declarations.hpp"

#include <doctest/doctest.h>

#include "tests/common/config/files.hpp"

using namespace certes;
using command::Declaration;

namespace {

std::optional<std::string> variable(const std::string& name) {
  if (name == "SECRET") return "s3cret";
  return std::nullopt;
}

Result<std::vector<Declaration>> read(const std::string& text, const std::string& file = "f.toml") {
  std::vector<Declaration> declarations;
  if (auto added = command::add_declarations(text, file, variable, declarations); !added) return fail(added.error());
  if (auto checked = command::check_together(declarations); !checked) return fail(checked.error());
  return declarations;
}

std::string error_of(const std::string& text) {
  const auto declarations = read(text);
  REQUIRE_FALSE(declarations.has_value());
  CHECK(declarations.error().code == Code::invalid);
  return declarations.error().message;
}

}  // namespace

TEST_CASE("Declarations: tables become the API's bodies, with their lines, what is referred to first") {
  const auto declarations = read(R"([[subscriptions]]
id = "s"
endpoint = "e"
pattern = "certes.#"
tenants = ["acme"]

[[endpoints]]
id = "e"
url = "http://x/"
timeout_seconds = 1.5
retry_on = [404]
headers = { "x-a" = "1" }

[[backoff_policies]]
id = "p"
)");
  REQUIRE(declarations.has_value());
  REQUIRE(declarations->size() == 3);
  CHECK((*declarations)[0].name() == "backoff-policies/p");
  CHECK((*declarations)[0].body == "{}");
  const Declaration& endpoint = (*declarations)[1];
  CHECK(endpoint.name() == "endpoints/e");
  CHECK(endpoint.body == R"({"url":"http://x/","timeout_seconds":1.5,"retry_on":[404],"headers":{"x-a":"1"}})");
  CHECK(endpoint.place == "f.toml:7");
  CHECK(command::place_of(endpoint, "/retry_on/0") == "f.toml:11");
  CHECK(command::place_of(endpoint, "/nothing") == "f.toml:7");
  CHECK(command::place_of(endpoint, "") == "f.toml:7");
  CHECK((*declarations)[2].name() == "subscriptions/s");
  CHECK((*declarations)[2].body == R"({"endpoint":"e","pattern":"certes.#","tenants":["acme"]})");
}

TEST_CASE("Declarations: variables are expanded, also inside tables and lists") {
  const auto declarations =
      read("[[sources]]\nid = \"g\"\nverify = { scheme = \"github\", secret = \"a${SECRET}b\" }\n");
  REQUIRE(declarations.has_value());
  CHECK((*declarations)[0].body == R"({"verify":{"scheme":"github","secret":"as3cretb"}})");
  CHECK(error_of("[[sources]]\nid = \"g\"\ntype_from = \"${NOTHING}\"\n") ==
        "f.toml:3: the environment has no NOTHING");
  CHECK(error_of("[[sources]]\nid = \"${SECRET\"\n").starts_with("f.toml:2: "));
}

TEST_CASE("Declarations: a secret file is read beside the declaration") {
  const testing::Directory directory;
  directory.write("key", "whsec_x\n");
  const auto declarations =
      read("[[endpoints]]\nid = \"e\"\nurl = \"http://x/\"\nsecret_file = \"key\"\n", directory.path("f.toml"));
  REQUIRE(declarations.has_value());
  CHECK((*declarations)[0].body == R"({"url":"http://x/","secret":"whsec_x"})");
  CHECK(error_of("[[endpoints]]\nid = \"e\"\nsecret_file = \"/nowhere/key\"\n").starts_with("f.toml:3: /nowhere/key"));
  CHECK(error_of("[[endpoints]]\nid = \"e\"\nsecret = \"a\"\nsecret_file = \"b\"\n").starts_with("f.toml:4: "));
}

TEST_CASE("Declarations: what is unknown, missing or said twice is refused with its line") {
  CHECK(error_of("[[sorces]]\nid = \"a\"\n") == "f.toml:1: unknown table sorces; did you mean sources?");
  CHECK(error_of("[sources]\nid = \"a\"\n") == "f.toml:1: sources are declared as [[sources]]");
  CHECK(error_of("[[endpoints]]\nid = \"a\"\nurll = \"b\"\n") == "f.toml:3: endpoints have no urll; did you mean url?");
  CHECK(error_of("[[endpoints]]\nurl = \"b\"\n") == "f.toml:1: endpoints need an id");
  CHECK(error_of("[[sources]]\nid = 3\n").starts_with("f.toml:1: id must be a string"));
  CHECK(error_of("[[sources]]\nid = \"a\"\n[[sources]]\nid = \"a\"\n") ==
        "f.toml:3: sources/a was declared at f.toml:1");
  CHECK(error_of("[[event_types]]\nid = \"a\"\nschema = \"x\"\n") == "f.toml:3: the schema is no JSON object");
  CHECK(error_of("[[event_types]]\nid = \"a\"\nschema = {}\nschema_file = \"x\"\n") ==
        "f.toml:4: schema and schema_file exclude each other");
  CHECK(error_of("id = \n").starts_with("f.toml:1: "));
}

TEST_CASE("Declarations: a subscription without an id gets the same one each time") {
  const auto declarations = read("[[subscriptions]]\nendpoint = \"e\"\npattern = \"a.*.b/c.#\"\n");
  REQUIRE(declarations.has_value());
  CHECK((*declarations)[0].id == "e.a.any.b_c.all");
}

TEST_CASE("Declarations: JSON in the API's form is taken as it stands, with pointers for places") {
  const auto declarations = read(R"( {"subscriptions": [{"endpoint": "e", "pattern": "#"}],
    "endpoints": [{"id": "e", "url": "${SECRET}", "breaker": null, "owner": ""}]})");
  REQUIRE(declarations.has_value());
  REQUIRE(declarations->size() == 2);
  CHECK((*declarations)[0].name() == "endpoints/e");
  CHECK((*declarations)[0].body == R"({"url":"${SECRET}","breaker":null,"owner":""})");
  CHECK(command::place_of((*declarations)[0], "/url") == "f.toml: /endpoints/0/url");
  CHECK(command::place_of((*declarations)[0], "/nothing") == "f.toml: /endpoints/0");
  CHECK((*declarations)[1].name() == "subscriptions/e.all");
}

TEST_CASE("Declarations: JSON that is none, or declares nothing there is, is refused with its place") {
  CHECK(error_of("{").starts_with("f.toml: "));
  CHECK(error_of(R"({"endpoint": []})") == "f.toml: /endpoint: unknown table endpoint; did you mean endpoints?");
  CHECK(error_of(R"({"endpoints": {}})") == "f.toml: /endpoints: is no JSON array");
  CHECK(error_of(R"({"endpoints": [{"id": "a", "url": "b"}, 3]})") == "f.toml: /endpoints/1: is no JSON object");
  CHECK(error_of(R"({"endpoints": [{"url": "b"}]})") == "f.toml: /endpoints/0: endpoints need an id");
  CHECK(error_of("{\"endpoints\": " + std::string(300, '[')).starts_with("f.toml: "));
}
