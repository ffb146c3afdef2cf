#include <doctest/doctest.h>

#include "common/registry/codec.hpp"

using namespace certes;
using namespace certes::registry;

namespace {

// Reads one of each.
void read_all(Fields& fields) {
  std::string text, standard = "blue";
  double seconds = 1.5;
  int count = 0;
  bool flag = true;
  std::vector<std::string> texts;
  std::vector<int> statuses;
  std::size_t choice = 1;
  fields.required("text");
  fields.text("text", text, 10);
  fields.text("colour", standard, 8);
  fields.number("seconds", seconds, 0.5, 60);
  fields.integer("count", count, 0, 9);
  fields.boolean("flag", flag);
  fields.texts("texts", texts, 3, 5);
  fields.statuses("statuses", statuses);
  fields.choice("choice", choice, {"one", "two"});
  fields.only("kind", "http");
  fields.not_yet({"later"});
  fields.passed_over({"version"});
  if (const Json* inner = fields.take("inner")) {
    Fields in = fields.inside(*inner, "inner");
    in.integer("deep", count, 1, 2);
    if (auto error = in.done()) fields.refuse(std::move(*error));
  }
}

OrderedJson noted() {
  OrderedJson schema;
  Fields fields = Fields::noting(schema);
  read_all(fields);
  CHECK_FALSE(fields.done().has_value());
  return schema;
}

}  // namespace

TEST_CASE("Fields: noting, it writes down what is asked of each member") {
  const OrderedJson schema = noted();
  const auto member = [&](const char* name) { return schema["properties"][name].dump(); };
  CHECK(schema["required"].dump() == R"(["text"])");
  CHECK(schema["additionalProperties"] == false);
  CHECK(member("text") == R"({"type":"string","maxLength":10})");
  CHECK(member("colour") == R"({"type":"string","maxLength":8,"default":"blue"})");
  CHECK(member("seconds") == R"({"type":"number","minimum":0.5,"maximum":60,"default":1.5})");
  CHECK(member("count") == R"({"type":"integer","minimum":0,"maximum":9})");
  CHECK(member("flag") == R"({"type":"boolean","default":true})");
  CHECK(member("texts") == R"({"type":"array","items":{"type":"string","maxLength":5},"maxItems":3})");
  CHECK(member("statuses") ==
        R"({"type":"array","items":{"type":"integer","minimum":100,"maximum":599},"maxItems":500})");
  CHECK(member("choice") == R"({"type":"string","enum":["one","two"],"default":"two"})");
  CHECK(member("kind") == R"({"type":"string","enum":["http"]})");
  CHECK(member("version") == R"({"readOnly":true})");
  CHECK(schema["properties"]["inner"]["properties"]["deep"].dump() == R"({"type":"integer","minimum":1,"maximum":2})");
  CHECK_FALSE(schema["properties"].contains("later"));
}

TEST_CASE("Fields: what is noted of a kind names what its declarations may hold, and no more") {
  const OrderedJson schema = declaration_schema<Tenant>();
  Json declared = Json::object();
  for (const auto& [name, member] : schema["properties"].items())
    if (member.contains("default")) declared[name] = Json::parse(member["default"].dump());
  CHECK(declared.size() >= 3);
  CHECK(parse<Tenant>(declared.dump(), Form::declared).has_value());
  CHECK_FALSE(schema["properties"].contains("check"));
  CHECK_FALSE(parse<Tenant>(R"({"check":1})", Form::declared).has_value());
}
