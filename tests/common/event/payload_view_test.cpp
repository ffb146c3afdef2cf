#include "common/event/payload_view.hpp"

#include <doctest/doctest.h>

using namespace certes;

namespace {

std::string shown(const std::string& payload, bool may_be_json = true) {
  std::string object = R"({"id":1})";
  event::add_payload(object, payload, may_be_json);
  return object;
}
std::string nested(const std::string& front, const std::string& behind, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += front;
  for (int i = 0; i < times; ++i) text += behind;
  return text;
}

}  // namespace

TEST_CASE("Payloads: JSON stands in a view byte for byte") {
  for (const std::string json :
       {"12345678901234567890123", "1e999", "0.10", R"({"a":1,"a":2})", "  [1]\n", "\"\\u00e9\""}) {
    CAPTURE(json);
    CHECK(shown(json) == R"({"id":1,"data":)" + json + "}");
  }
  const std::string deepest = nested("[", "]", 256);
  CHECK(shown(deepest) == R"({"id":1,"data":)" + deepest + "}");
}

TEST_CASE("Payloads: what is no JSON, or too deep to be read back, is text, else base64") {
  CHECK(shown("a=b&c=\"d\"") == R"({"id":1,"text":"a=b&c=\"d\""})");
  CHECK(shown("{}", false) == R"({"id":1,"text":"{}"})");
  CHECK(shown("\xff") == R"({"id":1,"data_base64":"/w=="})");
  CHECK(shown("[\"\xff\"]") == R"({"id":1,"data_base64":"WyL/Il0="})");
  CHECK(shown("{} {}") == R"({"id":1,"text":"{} {}"})");
  CHECK(shown("\xef\xbb\xbf{}") == "{\"id\":1,\"text\":\"\xef\xbb\xbf{}\"}");
  for (const int times : {257, 80'000}) {
    const std::string deep = nested("[", "]", times);
    CHECK(shown(deep) == R"({"id":1,"text":")" + deep + "\"}");
    CHECK(shown(std::string(static_cast<std::size_t>(times), '[')).starts_with(R"({"id":1,"text":)"));
  }
}
