// Refused requests: the subject of a question about them, and its answer.
#include "common/questions/refused_requests.hpp"

#include <doctest/doctest.h>

#include "common/questions/codec.hpp"

using namespace certes;
using namespace certes::questions;

namespace {

RefusedRequest one() {
  RefusedRequest request;
  request.at = 1'700'000'001'000;
  request.first_at = 1'700'000'000'000;
  request.times = 3;
  request.reason = "unauthenticated";
  request.error = "the signature does not fit";
  request.place = "x-hub-signature-256";
  request.client = "192.0.2.7";
  request.content_type = "application/json";
  request.bytes = 4'096;
  request.payload = R"({"a":"ü)";
  request.payload_cut = true;
  return request;
}

}  // namespace

TEST_CASE("Refused requests: a subject is read as it was written, and what is none is nothing") {
  for (const bool with_payload : {false, true}) {
    const auto read = RefusedSubject::parse(RefusedSubject{"shop", with_payload}.text());
    REQUIRE(read);
    CHECK(read->source == "shop");
    CHECK(read->with_payload == with_payload);
  }
  for (const char* text : {"", "/payload", "shop/other", "a/b/payload"})
    CHECK_MESSAGE(!RefusedSubject::parse(text), text);
}

TEST_CASE("Refused requests: an answer is read as it was written") {
  RefusedRequest plain;
  plain.at = plain.first_at = 1'700'000'000'000;
  plain.reason = "rate";
  const RefusedRequests all{{one(), plain}, true};
  CHECK(refused_requests_of(to_json(all)) == all);
  CHECK(refused_requests_of(to_json({})) == RefusedRequests{});
}

TEST_CASE("Refused requests: an answer takes the newest that fit, and says that there are more") {
  RefusedRequests all;
  for (int i = 0; i < 100; ++i) {
    all.requests.push_back(one());
    all.requests.back().payload.assign(1'024, '\x01');  // six bytes each, as it is written
    all.requests.back().bytes = static_cast<std::uint64_t>(i);
  }
  const std::string json = to_json(all);
  CHECK(json.size() <= kMostValueBytes);
  const auto read = refused_requests_of(json);
  REQUIRE(read);
  CHECK(read->more);
  CHECK(read->requests.size() >= 4);
  CHECK(read->requests.size() < 100);
  CHECK(read->requests.front().bytes == 0);
}

TEST_CASE("Refused requests: a hundred without payloads fit") {
  RefusedRequests all;
  RefusedRequest plain = one();
  plain.payload.clear();
  plain.payload_cut = false;
  all.requests.assign(100, plain);
  CHECK_FALSE(refused_requests_of(to_json(all))->more);
}

TEST_CASE("Refused requests: bytes that are no text are replaced, and what is wrong is nothing") {
  RefusedRequest raw = one();
  raw.payload = "\xff\xfe";
  CHECK(refused_requests_of(to_json({{raw}, false}))->requests[0].payload == "\xEF\xBF\xBD\xEF\xBF\xBD");
  for (const char* text : {"", "7", "{}", R"({"requests":{}})", R"({"requests":[7]})", R"({"requests":[],"more":1})",
                           R"({"requests":[{"at":-1}]})", R"({"requests":[{"reason":1}]})"})
    CHECK_MESSAGE(!refused_requests_of(text), text);
}
