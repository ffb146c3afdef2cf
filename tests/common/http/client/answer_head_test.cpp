#include "common/http/client/answer_head.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <vector>

using namespace certes::http;
using Fault = AnswerHead::Fault;

namespace {

// False: it was refused at some line.
bool take(AnswerHead& head, std::initializer_list<const char*> lines) {
  for (const char* line : lines)
    if (!head.take(std::string(line) + "\r\n")) return false;
  return true;
}

}  // namespace

TEST_CASE("AnswerHead: a status line has a version, one space and three digits") {
  for (const char* line : {"HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.0 200 OK"}) {
    CAPTURE(line);
    CHECK(status_of_line(line) == 200);
  }
  CHECK(status_of_line("HTTP/1.1 999 Denied") == 999);
  CHECK(status_of_line("HTTP/2 204 ", true) == 204);
  CHECK(status_of_line("HTTP/1.1 200 \xc3\xbc") == 200);
}

TEST_CASE("AnswerHead: what libcurl takes for a status all the same is none") {
  for (const char* line : {"HTTP/1.1 200x",    "HTTP/1.1 200x OK",  "HTTP/1.1 2000",   "HTTP/1.1 2000 OK",
                           "HTTP/1.1 20",      "HTTP/1.1 20 OK",    "HTTP/1.1 2",      "HTTP/1.1  200 OK",
                           "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK",  "HTTP/1.1 +20",    "HTTP/1.1 -20",
                           "HTTP/1.1 2 0",     "HTTP/1.1 0x1",      "HTTP/1.1 000",    "HTTP/1.1 099",
                           "HTTP/1.1 200,OK",  "HTTP/1.1",          "HTTP/1.1 ",       "HTTP/1.9 200 OK",
                           "HTTP/11 200 OK",   "HTTP/1.1.1 200 OK", "http/1.1 200 OK", " HTTP/1.1 200 OK",
                           "HTTP 200 OK",      "HTTP/2 200 OK",     "HTTP/2 200 ",     "HTTP/2.0 200 OK",
                           "HTTP/3 200 ",      "ICY 200 OK",        "200 OK",          ""}) {
    CAPTURE(line);
    CHECK(status_of_line(line) == 0);
    AnswerHead head;
    CHECK_FALSE(take(head, {line}));
    CHECK(head.fault() == Fault::malformed);
  }
}

TEST_CASE("AnswerHead: has ended after the empty line of an answer that is not interim") {
  AnswerHead head;
  REQUIRE(take(head, {"HTTP/1.1 100 Continue", ""}));
  CHECK_FALSE(head.ended());
  REQUIRE(take(head, {"HTTP/1.1 103 Early Hints", "Retry-After: 1", "", "HTTP/1.1 503 Busy"}));
  CHECK_FALSE(head.ended());
  REQUIRE(take(head, {"Retry-After:  120 ", ""}));
  CHECK(head.ended());
  CHECK(head.status() == 503);
  CHECK(head.retry_after() == "120");
}

TEST_CASE("AnswerHead: an interim answer's headers are not the answer's, and trailers neither") {
  AnswerHead head;
  REQUIRE(take(head, {"HTTP/1.1 103 Early Hints", "Retry-After: 1", "", "HTTP/1.1 429 Slow", ""}));
  CHECK(head.retry_after().empty());
  REQUIRE(take(head, {"Retry-After: 9", ""}));
  CHECK(head.retry_after().empty());
  CHECK(head.ended());
}

TEST_CASE("AnswerHead: every answer begins with a status line, those behind an interim one too") {
  for (const char* line : {"HTTP/1.1 200x OK", "X: y", "http/1.1 200 OK"}) {
    CAPTURE(line);
    AnswerHead head;
    CHECK_FALSE(take(head, {"HTTP/1.1 100 Continue", "", line}));
    CHECK(head.fault() == Fault::malformed);
  }
  AnswerHead switched;
  CHECK_FALSE(take(switched, {"HTTP/1.1 101 Switching Protocols", "", "HTTP/1.1 200x OK"}));
}

TEST_CASE("AnswerHead: interim answers without end are too large") {
  AnswerHead head;
  int answers = 0;
  while (take(head, {"HTTP/1.1 100 Continue", ""})) REQUIRE(++answers < 100'000);
  CHECK(head.fault() == Fault::too_large);
  head.clear();
  CHECK(take(head, {"HTTP/1.1 204 No Content", ""}));
}

TEST_CASE("AnswerHead: many small lines are too large, wherever they stand") {
  for (const std::vector<const char*>& begin :
       {std::vector<const char*>{"HTTP/1.1 200 OK"}, {"HTTP/1.1 100 Continue"}, {"HTTP/1.1 200 OK", ""}}) {
    AnswerHead head;
    for (const char* line : begin) REQUIRE(take(head, {line}));
    for (std::size_t i = begin.size(); i < AnswerHead::kMostLines; ++i) REQUIRE(take(head, {"a:"}));
    CHECK_FALSE(take(head, {"a:"}));
    CHECK(head.fault() == Fault::too_large);
  }
}

TEST_CASE("AnswerHead: knows of a body in chunks, that answer's own") {
  for (const char* line : {"Transfer-Encoding: chunked", "transfer-encoding:CHUNKED ",
                           "Transfer-Encoding: gzip , chunked", "Transfer-Encoding: chunked, gzip"}) {
    CAPTURE(line);
    AnswerHead head;
    REQUIRE(take(head, {"HTTP/1.1 200 OK", line, ""}));
    CHECK(head.chunked());
    head.clear();
    REQUIRE(take(head, {"HTTP/1.1 103 Early Hints", line, "", "HTTP/1.1 200 OK", ""}));
    CHECK_FALSE(head.chunked());
  }
  for (const char* line : {"Transfer-Encoding: identity", "Transfer-Encoding:", "X-Transfer-Encoding: chunked",
                           "Transfer-Encoding: chunkedness", "X: Transfer-Encoding: chunked"}) {
    CAPTURE(line);
    AnswerHead head;
    REQUIRE(take(head, {"HTTP/1.1 200 OK", line, ""}));
    CHECK_FALSE(head.chunked());
  }
}

TEST_CASE("Answer head: of an answer that is not 2xx its fields are kept, whole lines of them, and no credentials") {
  AnswerHead head;
  CHECK(head.take("HTTP/1.1 503 Busy\r\n"));
  CHECK(head.take("Server: shop\r\n"));
  CHECK(head.take("Set-Cookie: session=1\r\n"));
  CHECK(head.take("X-Large: " + std::string(AnswerHead::kMostKept, 'x') + "\r\n"));
  CHECK(head.take("X-Small:  y \r\n"));
  CHECK(head.take("\r\n"));
  CHECK(head.kept() == "Server: shop\nX-Small: y\n");
}

TEST_CASE("Answer head: of an answer that is 2xx, or is followed by another, nothing is kept") {
  AnswerHead head;
  CHECK(head.take("HTTP/1.1 100 Continue\r\n"));
  CHECK(head.take("Server: shop\r\n"));
  CHECK(head.take("\r\n"));
  CHECK(head.kept() == "Server: shop\n");
  CHECK(head.take("HTTP/1.1 204 Gone well\r\n"));
  CHECK(head.take("Server: shop\r\n"));
  CHECK(head.take("\r\n"));
  CHECK(head.kept().empty());
}
