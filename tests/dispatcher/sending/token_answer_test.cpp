#include "dispatcher/sending/token_answer.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::dispatcher;

namespace {

Result<GrantedToken> read(std::string body, int status = 200) {
  http::TransferResult result;
  result.status = status;
  result.body = std::move(body);
  return read_token_answer(result);
}

std::string refusal(std::string body, int status = 200) {
  const auto answer = read(std::move(body), status);
  return answer ? "none" : answer.error().message;
}

}  // namespace

TEST_CASE("Token answer: a token and how long it lives") {
  const struct {
    const char* life;
    std::int64_t seconds;
  } lives[] = {{R"(,"expires_in":3600)", 3'600}, {R"(,"expires_in":"3599")", 3'599},
               {R"(,"expires_in":1.5)", 1},      {"", 300},
               {R"(,"expires_in":0)", 300},      {R"(,"expires_in":null)", 300},
               {R"(,"expires_in":-5)", 300},     {R"(,"expires_in":1e300)", 366 * 86'400},
               {R"(,"expires_in":"soon")", 300}};
  for (const auto& one : lives) {
    CAPTURE(one.life);
    const auto answer =
        read(R"({"access_token":"a.b-c","token_type":"Bearer","more":[{}])" + std::string(one.life) + "}");
    REQUIRE(answer);
    CHECK(answer->text == "a.b-c");
    CHECK(answer->life == Millis{one.seconds * 1'000});
  }
  CHECK(read(R"({"access_token":"t"})"));
  CHECK(read(R"({"access_token":"t","token_type":"bEARER"})"));
}

TEST_CASE("Token answer: what is none is refused in words that tell nothing of it") {
  for (const char* body : {"", "hush", "[]", "{}", "null", R"({"access_token":7})", R"({"access_token":""})",
                           R"({"access_token":"hush\r\nX: y"})", R"({"access_token":"hush hush"})"})
    CHECK(refusal(body) == "the token server answered no JSON object with an access_token");
  CHECK(refusal(std::string(100, '[') + std::string(100, ']')) ==
        "the token server answered no JSON object with an access_token");
  CHECK(refusal(R"({"access_token":"hush","token_type":"mac"})") ==
        "the token server answered a token whose type is not Bearer");
  CHECK(refusal("", 302) == "the token server answered 302");
  CHECK(refusal(R"({"access_token":"hush"})", 201) == "the token server answered 201");
  CHECK(refusal(R"({"error":"invalid_client","error_description":"hush"})", 401) ==
        "the token server answered 401 invalid_client");
  CHECK(refusal(R"({"error":"Hush!"})", 400) == "the token server answered 400");
  CHECK(refusal(R"({"error":")" + std::string(65, 'a') + "\"}", 400) == "the token server answered 400");
  CHECK(refusal("hush", 500) == "the token server answered 500");
}

TEST_CASE("Token answer: one that is too long, or none at all") {
  http::TransferResult cut;
  cut.status = 200;
  cut.body = R"({"access_token":"t"})";
  cut.body_cut = true;
  CHECK(read_token_answer(cut).error().message ==
        "the token server answered what is longer than 16384 bytes, or broke off");
  http::TransferResult dead;
  dead.error = http::TransferError::connect;
  dead.message = "refused";
  CHECK(read_token_answer(dead).error().message == "the token server is not reached: connect: refused");
}
