#include "common/event/structured.hpp"

#include <doctest/doctest.h>

#include "common/log/names.hpp"

using namespace certes;
using namespace certes::event;

namespace {

std::string structured(std::string_view content_type, std::string_view payload) {
  log::Headers headers;
  headers.add(log::names::kId, "evt_1");
  headers.add("ce_specversion", "1.0");
  headers.add("ce_id", "7");
  headers.add("ce_conversationid", "c\"1");
  if (!content_type.empty()) headers.add("content-type", content_type);
  headers.add(log::names::kTenant, "t");
  JsonDocument document;
  std::string out;
  append_structured(out, headers, payload, document);
  return out;
}

const std::string kAttributes = R"({"certesid":"evt_1","specversion":"1.0","id":"7","conversationid":"c\"1")";

}  // namespace

TEST_CASE("Structured: attributes are members, and JSON stays as it is") {
  CHECK(structured("application/json", R"({"a": [1]})") ==
        kAttributes + R"(,"datacontenttype":"application/json","data":{"a": [1]}})");
  CHECK(structured("", "17") == kAttributes + R"(,"data":17})");
  CHECK(structured("", "") == kAttributes + "}");
}

TEST_CASE("Structured: what calls itself JSON and is none is text; other bytes are base64") {
  CHECK(structured("application/json", "{\n") ==
        kAttributes + R"(,"datacontenttype":"application/json","data":"{\u000a"})");
  CHECK(structured("text/plain", "h\xc3\xa9") ==
        kAttributes + ",\"datacontenttype\":\"text/plain\",\"data\":\"h\xc3\xa9\"}");
  CHECK(structured("text/plain", "\xff") == kAttributes + R"(,"datacontenttype":"text/plain","data_base64":"/w=="})");
  CHECK(structured("application/x-www-form-urlencoded", "charged 42") ==
        kAttributes + R"(,"datacontenttype":"application/x-www-form-urlencoded","data":"charged 42"})");
  CHECK(structured("image/png", "a") == kAttributes + R"(,"datacontenttype":"image/png","data_base64":"YQ=="})");
}

TEST_CASE("Structured: a JSON string is valid whatever the bytes") {
  std::string out;
  append_json_string(out, "a\xff\xc3\xa9\n\x01\\");
  CHECK(out == "\"a\xef\xbf\xbd\xc3\xa9\\u000a\\u0001\\\\\"");
}

TEST_CASE("Structured: what was received stands beside it, and the payload's bytes where data is no copy of them") {
  const auto received = [](std::string_view content_type, std::string_view payload) {
    log::Headers headers;
    headers.add("ce_id", "7");
    headers.add("content-type", content_type);
    headers.add("certes-h-stripe-signature", "t=1,v1=\"a\"");
    headers.add("certes-h-stripe-signature", "t=2");
    headers.add("certes-h-x-other", "é");
    headers.add(log::names::kQuery, "a=b");
    headers.add("certes-hops", "2");
    JsonDocument document;
    std::string out;
    append_structured(out, headers, payload, document, Detail::received);
    return out;
  };
  const auto start = [](const std::string& type) {
    return R"({"id":"7","datacontenttype":")" + type + R"(","certesquery":"a=b","certeshops":"2",)" +
           R"("certesheaders":{"stripe-signature":"t=1,v1=\"a\"","x-other":"é"})";
  };
  const std::string json = start("application/json");
  CHECK(received("application/json", "{\n}") == json + ",\"data\":{\n}}");
  CHECK(received("application/json", "{\r\n}") == json + ",\"certesbytes\":\"ew0KfQ==\",\"data\":{\r\n}}");
  CHECK(received("application/json", "{}\n") == json + ",\"certesbytes\":\"e30K\",\"data\":{}\n}");
  CHECK(received("application/json", "abc") == json + ",\"certesbytes\":\"YWJj\",\"data\":\"abc\"}");
  CHECK(received("text/plain", "abc\n") == start("text/plain") + ",\"data\":\"abc\\u000a\"}");
  CHECK(received("image/png", "\xff") == start("image/png") + ",\"data_base64\":\"/w==\"}");
  CHECK(received("image/png", "") == start("image/png") + "}");
}
