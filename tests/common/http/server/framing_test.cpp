#include "common/http/server/framing.hpp"

#include <doctest/doctest.h>

#include <string>

#include "common/http/characters.hpp"
#include "tests/common/http/server/corpus.hpp"

using certes::http::Framing;
using certes::http::FramingLimits;

namespace {

struct Outcome {
  int status = 0;  // 0: complete
  std::string method, target, body;
  std::size_t headers = 0;
  std::size_t left = 0;
  bool keep_alive = false;
};

constexpr int kMore = -1;

std::string part(const std::string& text, Framing::Part p) { return text.substr(p.at, p.size); }

// Feeds the text `step` bytes at a time, as a connection would.
Outcome frame(const std::string& text, std::size_t step, const FramingLimits& limits) {
  Framing framing(limits);
  std::string buffer;
  Outcome out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = std::min(step, text.size() - at);
    buffer.append(text, at, n);
    at += n;
    Framing::State state;
    do {
      std::size_t size = buffer.size();
      state = framing.scan(buffer.data(), size);
      buffer.resize(size);
    } while (state == Framing::State::unscanned);
    if (state == Framing::State::need_more) continue;
    if (state == Framing::State::refused) return {framing.refusal().status, {}, {}, {}, 0, 0, false};
    out.method = part(buffer, framing.method());
    out.target = part(buffer, framing.target());
    out.body = buffer.substr(framing.body_at(), framing.body_bytes());
    out.headers = framing.fields().size();
    out.left = buffer.size() - framing.consumed() + text.size() - at;
    out.keep_alive = framing.keep_alive();
    return out;
  }
  out.status = kMore;
  return out;
}

Outcome frame(const std::string& text) { return frame(text, text.size(), {}); }

struct Line {
  const char* name;
  std::string text;
  int status;
};

const std::string kHost = "Host: a\r\n";

std::vector<Line> lines() {
  const std::string post = "POST /events HTTP/1.1\r\n" + kHost;
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  return {
      {"a plain GET", "GET / HTTP/1.1\r\n" + kHost + "\r\n", 0},
      {"one empty line before it", "\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n", 0},
      {"two empty lines before it", "\r\n\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"no version", "GET /\r\n" + kHost + "\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"a space in the target", "GET /a b HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"a target without slash", "GET events HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"a fragment in the target", "GET /a#b HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"bytes above ASCII in the target", "GET /\xc3\xa9 HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"a method that is no token", "G(T / HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"a space before the method", " GET / HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"lower-case protocol", "GET / http/1.1\r\n" + kHost + "\r\n", 400},
      {"HTTP/2.0", "GET / HTTP/2.0\r\n" + kHost + "\r\n", 505},
      {"HTTP/0.9 by name", "GET / HTTP/0.9\r\n" + kHost + "\r\n", 505},
      {"HTTP/1.10", "GET / HTTP/1.10\r\n" + kHost + "\r\n", 400},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"absolute form", "GET http://a/b HTTP/1.1\r\n" + kHost + "\r\n", 0},
      {"authority form", "CONNECT a:443 HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare LF after a header", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
      {"bare LF as the empty line", "GET / HTTP/1.1\r\n" + kHost + "\n", 400},
      {"bare CR in a value", "GET / HTTP/1.1\r\n" + kHost + "X: a\rb\r\n\r\n", 400},
      {"NUL in a value", "GET / HTTP/1.1\r\n" + kHost + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"a control character in a value",
       "GET / HTTP/1.1\r\n" + kHost +
           "X: 0123456\x01"
           "89\r\n\r\n",
       400},
      {"DEL in a long value", "GET / HTTP/1.1\r\n" + kHost + "X: 01234567890123456\x7f\r\n\r\n", 400},
      {"tab and bytes above ASCII in a value", "GET / HTTP/1.1\r\n" + kHost + "X: a\tb\xc3\xa9 0123456789\r\n\r\n", 0},
      {"NUL in a name", "GET / HTTP/1.1\r\n" + kHost + std::string("X\0: a\r\n\r\n", 9), 400},
      {"obs-fold", "GET / HTTP/1.1\r\n" + kHost + "X: a\r\n b\r\n\r\n", 400},
      {"obs-fold with tab", "GET / HTTP/1.1\r\n" + kHost + "X: a\r\n\tb\r\n\r\n", 400},
      {"a space before the first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"no colon", "GET / HTTP/1.1\r\n" + kHost + "X\r\n\r\n", 400},
      {"no name", "GET / HTTP/1.1\r\n" + kHost + ": a\r\n\r\n", 400},
      {"no Host on 1.1", "GET / HTTP/1.1\r\n\r\n", 400},
      {"no Host on 1.0", "GET / HTTP/1.0\r\n\r\n", 0},
      {"Host twice", "GET / HTTP/1.1\r\n" + kHost + kHost + "\r\n", 400},
      {"Host that is no host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Content-Length", post + "Content-Length: 2\r\n\r\nhi", 0},
      {"Content-Length twice, different", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", 400},
      {"Content-Length twice, equal", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", 400},
      {"Content-Length as a list", post + "Content-Length: 2, 2\r\n\r\nhi", 400},
      {"Content-Length with sign", post + "Content-Length: +2\r\n\r\nhi", 400},
      {"negative Content-Length", post + "Content-Length: -2\r\n\r\nhi", 400},
      {"hexadecimal Content-Length", post + "Content-Length: 0x2\r\n\r\nhi", 400},
      {"empty Content-Length", post + "Content-Length:\r\n\r\nhi", 400},
      {"Content-Length that overflows", post + "Content-Length: 18446744073709551618\r\n\r\nhi", 400},
      {"Content-Length above the limit", post + "Content-Length: 1048577\r\n\r\n", 413},
      {"Content-Length at the limit", post + "Content-Length: 1048576\r\n\r\n", kMore},
      {"both framings", post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi", 400},
      {"both framings, the other way", post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nhi", 400},
      {"Transfer-Encoding on 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"gzip coding", post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"identity", post + "Transfer-Encoding: identity\r\n\r\n", 501},
      {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"chunked by another case", post + "transfer-encoding: Chunked\r\n\r\n0\r\n\r\n", 0},
      {"chunks", chunked + "2\r\nhi\r\n0\r\n\r\n", 0},
      {"a chunk extension", chunked + "2;a=\"b\"\r\nhi\r\n0\r\n\r\n", 0},
      {"trailers", chunked + "2\r\nhi\r\n0\r\nX: y\r\n\r\n", 0},
      {"a bad trailer", chunked + "2\r\nhi\r\n0\r\nX : y\r\n\r\n", 400},
      {"a chunk size with bare LF", chunked + "2\nhi\r\n0\r\n\r\n", 400},
      {"a chunk without its end", chunked + "2\r\nhixx0\r\n\r\n", 400},
      {"a chunk size that is none", chunked + "z\r\n", 400},
      {"an empty chunk size", chunked + "\r\n", 400},
      {"a chunk size with 0x", chunked + "0x2\r\nhi\r\n0\r\n\r\n", 400},
      {"a chunk size with a space", chunked + "2 \r\nhi\r\n0\r\n\r\n", 400},
      {"a chunk size that overflows", chunked + "10000000000000002\r\n", 400},
      {"a chunk above the limit", chunked + "100001\r\n", 413},
      {"an endless chunk extension", chunked + "2;" + std::string(600, 'a'), 400},
      {"another expectation", post + "Expect: more\r\nContent-Length: 2\r\n\r\nhi", 417},
      {"a header of 1 MB", "GET / HTTP/1.1\r\n" + kHost + "X: " + std::string(1u << 20, 'a') + "\r\n\r\n", 431},
      {"a request line of 1 MB", "GET /" + std::string(1u << 20, 'a') + " HTTP/1.1\r\n" + kHost + "\r\n", 431},
  };
}

}  // namespace

TEST_CASE("Framing: accepts and refuses each line as RFC 9112 says, in whatever pieces it comes") {
  for (const Line& line : lines()) {
    CAPTURE(line.name);
    CHECK(frame(line.text).status == line.status);
    if (line.text.size() < 10'000) CHECK(frame(line.text, 1, {}).status == line.status);
    CHECK(frame(line.text, 7, {}).status == line.status);
  }
}

TEST_CASE("Framing: finds method, target, headers, body and where the next request begins") {
  const std::string text = "POST /events?a=b HTTP/1.1\r\nHost: a\r\nX:  y \r\nContent-Length: 5\r\n\r\nhelloGET /";
  for (const std::size_t step : {1u, 3u, 1000u}) {
    const Outcome out = frame(text, step, {});
    CHECK(out.status == 0);
    CHECK(out.method == "POST");
    CHECK(out.target == "/events?a=b");
    CHECK(out.headers == 3);
    CHECK(out.body == "hello");
    CHECK(out.left == 5);
  }
}

TEST_CASE("Framing: joins chunks in place, and drops what framed them") {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string text = head + "1\r\na\r\n3;x\r\nbcd\r\nA\r\n0123456789\r\n0\r\nT: u\r\n\r\nNEXT";
  for (const std::size_t step : {1u, 2u, 5u, 1000u}) {
    CAPTURE(step);
    const Outcome out = frame(text, step, {});
    CHECK(out.status == 0);
    CHECK(out.body == "abcd0123456789");
    CHECK(out.left == 4);
  }
}

TEST_CASE("Framing: of many small chunks some are looked at in one scan, and the next goes on") {
  constexpr int kChunks = 3 * Framing::kLinesPerScan;
  const FramingLimits limits;
  Framing framing(limits);
  std::string buffer = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < kChunks; ++i) buffer += "1\r\nx\r\n";
  buffer += "0\r\n\r\nGET / HTTP/1.1";
  int scans = 0;
  std::size_t size = buffer.size();
  Framing::State state;
  while ((state = framing.scan(buffer.data(), size)) == Framing::State::unscanned) REQUIRE(++scans < 100);
  REQUIRE(state == Framing::State::complete);
  CHECK(scans >= 2 * kChunks / Framing::kLinesPerScan - 1);
  buffer.resize(size);
  CHECK(buffer.substr(framing.body_at(), framing.body_bytes()) == std::string(kChunks, 'x'));
  CHECK(buffer.substr(framing.consumed()) == "GET / HTTP/1.1");
}

TEST_CASE("Framing: a body of one-byte chunks leaves no more than the body behind") {
  const FramingLimits limits;
  Framing framing(limits);
  std::string buffer = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::size_t head = buffer.size();
  for (int i = 0; i < 1'000; ++i) {
    buffer += "1\r\nx\r\n";
    std::size_t size = buffer.size();
    REQUIRE(framing.scan(buffer.data(), size) == Framing::State::need_more);
    buffer.resize(size);
  }
  CHECK(buffer.size() == head + 1'000);
}

TEST_CASE("Framing: the sum of all chunks is bound by the body's limit") {
  FramingLimits limits;
  limits.max_body_bytes = 10;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(frame(head + "6\r\nabcdef\r\n4\r\nabcd\r\n0\r\n\r\n", 1, limits).status == 0);
  CHECK(frame(head + "6\r\nabcdef\r\n5\r\nabcde\r\n0\r\n\r\n", 1, limits).status == 413);
}

TEST_CASE("Framing: a body's limit may be that of its method and target") {
  FramingLimits limits;
  limits.max_body_bytes = 2;
  limits.body_bytes = [](std::string_view method, std::string_view target) {
    return method == "POST" && target == "/wide?a=b" ? std::size_t{10} : std::size_t{2};
  };
  const std::string chunks = " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n";
  const std::string whole = " HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabcdef";
  for (const std::string& rest : {chunks, whole}) {
    CHECK(frame("POST /wide?a=b" + rest, 1, limits).status == 0);
    CHECK(frame("PUT /wide?a=b" + rest, 1, limits).status == 413);
    CHECK(frame("POST /other" + rest, 1, limits).status == 413);
  }
}

TEST_CASE("Framing: headers are bound in number and size") {
  FramingLimits limits;
  limits.max_headers = 3;
  limits.max_header_bytes = 100;
  CHECK(frame("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n", 1, limits).status == 0);
  CHECK(frame("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", 1, limits).status == 431);
  CHECK(frame("GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(90, 'b'), 1, limits).status == 431);
}

TEST_CASE("Framing: trailers are bound as headers are") {
  FramingLimits limits;
  limits.max_header_bytes = 100;
  std::string text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 30; ++i) text += "X: y\r\n";
  CHECK(frame(text, 1, limits).status == 431);
}

TEST_CASE("Framing: keeps the connection as version and Connection say") {
  const auto kept = [](const std::string& version, const std::string& connection) {
    return frame("GET / HTTP/" + version + "\r\nHost: a\r\n" + connection + "\r\n").keep_alive;
  };
  CHECK(kept("1.1", ""));
  CHECK_FALSE(kept("1.1", "Connection: close\r\n"));
  CHECK_FALSE(kept("1.1", "Connection: keep-alive, Close\r\n"));
  CHECK_FALSE(kept("1.0", ""));
  CHECK(kept("1.0", "Connection: Keep-Alive\r\n"));
}

TEST_CASE("Framing: asks to continue once, and only while the body is missing") {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n";
  FramingLimits limits;
  Framing waiting(limits);
  std::string buffer = head.substr(0, head.size() - 2);
  std::size_t size = buffer.size();
  waiting.scan(buffer.data(), size);
  CHECK_FALSE(waiting.take_continue());
  buffer = head;
  size = buffer.size();
  waiting.scan(buffer.data(), size);
  CHECK(waiting.take_continue());
  CHECK_FALSE(waiting.take_continue());

  Framing whole(limits);
  buffer = head + "hi";
  size = buffer.size();
  CHECK(whole.scan(buffer.data(), size) == Framing::State::complete);
  CHECK_FALSE(whole.take_continue());
}

TEST_CASE("Framing: the corpus is refused and taken alike, whether char has a sign or not") {
  for (const auto& cases : {certes::http::length_cases(), certes::http::coding_cases(), certes::http::chunk_cases(),
                            certes::http::head_cases(), certes::http::field_cases()}) {
    for (const certes::http::CorpusCase& c : cases) {
      CAPTURE(c.name);
      const int status = frame(c.bytes).status;
      if (c.next || c.status == 200) {
        CHECK(status == 0);
      } else {
        CHECK(status == c.status);
      }
    }
  }
}

TEST_CASE("Framing: no byte above ASCII passes in a target or a Host, and every one in another value") {
  for (int value = 0x80; value <= 0xff; ++value) {
    CAPTURE(value);
    const std::string byte(1, static_cast<char>(value));
    CHECK(frame("GET /a" + byte + " HTTP/1.1\r\n" + kHost + "\r\n").status == 400);
    CHECK(frame("GET http://a" + byte + "/ HTTP/1.1\r\n" + kHost + "\r\n").status == 400);
    CHECK(frame("GET / HTTP/1.1\r\nHost: a" + byte + "\r\n\r\n").status == 400);
    CHECK(frame("GE" + byte + " / HTTP/1.1\r\n" + kHost + "\r\n").status == 400);
    CHECK(frame("GET / HTTP/1.1\r\n" + kHost + "X" + byte + ": y\r\n\r\n").status == 400);
    CHECK(frame("GET / HTTP/1.1\r\n" + kHost + "X: " + byte + "\r\n\r\n").status == 0);
  }
}

TEST_CASE("characters: what is visible, by value") {
  int visible = 0;
  for (int value = 0; value <= 0xff; ++value) visible += certes::http::is_visible(static_cast<char>(value)) ? 1 : 0;
  CHECK(visible == 0x7e - 0x20);
}
