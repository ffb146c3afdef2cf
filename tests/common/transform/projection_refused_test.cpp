#include "common/transform/limits.hpp"
#include "tests/common/transform/fixture.hpp"

namespace certes::transform {

TEST_CASE("Projection: what is wrong is refused with its place") {
  const std::pair<const char*, const char*> cases[] = {
      {"7", ": must be an object with \"project\" alone"},
      {R"({"project":{},"x":1})", ": must be an object with \"project\" alone"},
      {R"({"project":1})", "/project: must be an object"},
      {R"({"project":{"bdy":1}})", R"(/project/bdy: is none of "body" and "headers")"},
      {R"({"project":{"body":{"a/b":["${/data/x"]}}})", "/project/body/a~1b/0: has no '}'"},
      {R"({"project":{"body":"${data/x}"}})", "/project/body: \"data/x\" is no JSON pointer: it begins with '/'"},
      {R"({"project":{"body":"${/dta/x}"}})", "/project/body: \"/dta/x\" begins with none of /data, /event"},
      {R"({"project":{"body":"${/data/x~2}"}})", "/project/body: \"/data/x~2\" is no JSON pointer: '~'"},
      {R"({"project":{"body":"${/event}"}})", "/project/body: \"/event\" must name an attribute"},
      {R"({"project":{"body":"${/headers/a/b}"}})", "/project/body: \"/headers/a/b\" must name a header"},
      {R"({"project":{"body":"${/payload/a}"}})", "/project/body: \"/payload/a\" has nothing below it"},
      {R"({"project":{"headers":[]}})", "/project/headers: must be an object"},
      {R"({"project":{"headers":{"a b":"c"}}})", "/project/headers/a b: is no name of a header"},
      {R"({"project":{"headers":{"x":1}}})", "/project/headers/x: must be a string, or null"},
      {R"({"project":{"headers":{"content-type":null}}})", "/project/headers/content-type: must be a string"},
      {R"({"project":{"headers":{"x":"a\r\nb: c"}}})", "/project/headers/x: holds a control character"},
      {R"({"project":{"headers":{"x":"${/data/a|\n}"}}})", "/project/headers/x: holds a control character"},
      {R"({"project":{"headers":{"x":"a","X":"b"}}})", "/project/headers/X: is there already, in other letters"}};
  for (const auto& [json, said] : cases) {
    CAPTURE(json);
    CHECK_MESSAGE(refusal(json).starts_with(said), refusal(json));
  }
}

TEST_CASE("Projection: headers of Certes, of the connection and with credentials are not its to set or take away") {
  for (const std::string name :
       {"webhook-id", "Webhook-Signature", "svix-id", "ce-type", "certes-delivery", "traceparent", "host",
        "content-length", "Transfer-Encoding", "connection", "te", "trailer", "upgrade", "keep-alive", "expect",
        "proxy-authorization", "Proxy-X", "authorization", "Cookie"})
    for (const std::string value : {"\"a\"", "null"}) {
      const std::string json = R"({"project":{"headers":{")" + name + "\":" + value + "}}}";
      CHECK(refusal(json) == "/project/headers/" + name + ": is a header that no transformation may set");
    }
}

TEST_CASE("Projection: has limits") {
  std::string pointers, headers;
  for (std::size_t i = 0; i <= kMaxPointers; ++i)
    pointers += (i ? ",\"" : "\"") + ("${/data/" + std::to_string(i)) + "}\"";
  CHECK(refusal(R"({"project":{"body":[)" + pointers + "]}}") == "/project: has more than 200 pointers");
  for (std::size_t i = 0; i <= kMaxHeaders; ++i) headers += (i ? ",\"h" : "\"h") + std::to_string(i) + "\":\"\"";
  CHECK(refusal(R"({"project":{"headers":{)" + headers + "}}}") == "/project/headers: has more than 32 entries");
  std::string steps;
  for (std::size_t i = 0; i <= kMaxSteps; ++i) steps += "/a";
  CHECK(refusal(R"({"project":{"body":"${/data)" + steps + "}\"}}").ends_with("has more than 32 steps"));
  CHECK(refusal(R"({"project":{"body":")" + std::string(kMaxTransformBytes, 'a') + "\"}}") ==
        ": the transformation is longer than 32768 bytes");
}

}  // namespace certes::transform
