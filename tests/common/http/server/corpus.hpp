#pragma once
// Requests that two parties could read in two ways, or that are none: what each must be answered. Who: the tests of the
// server. Behind each the test sends a request of its own, which must be served where `next` is true, and never else.

#include <string>
#include <string_view>
#include <vector>

namespace certes::http {

struct CorpusCase {
  const char* name;
  std::string bytes;
  int status;
  std::string said;   // in the answer
  bool next = false;  // the request behind it is one
};

inline std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// The parts that speak of both framings, or of the length.
inline std::vector<CorpusCase> length_cases() {
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
  const std::string length = "Content-Length is not a plain number.", twice = "Content-Length is given twice.";
  return {
      {"CL and TE", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "are both given"},
      {"TE and CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400, "are both given"},
      {"CL and TE, CL zero", post + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "are both given"},
      {"CL and an unknown TE", post + "Content-Length: 5\r\nTransfer-Encoding: x\r\n\r\n", 400, "are both given"},
      {"CL twice, equal", post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400, twice},
      {"CL twice, other case", post + "Content-Length: 0\r\ncontent-LENGTH: 6\r\n\r\n", 400, twice},
      {"CL as a list", post + "Content-Length: 0, 0\r\n\r\n", 400, length},
      {"CL with plus", post + "Content-Length: +0\r\n\r\n", 400, length},
      {"CL negative", post + "Content-Length: -1\r\n\r\n", 400, length},
      {"CL hexadecimal", post + "Content-Length: 0x0\r\n\r\n", 400, length},
      {"CL with a point", post + "Content-Length: 0.0\r\n\r\n", 400, length},
      {"CL with an exponent", post + "Content-Length: 0e0\r\n\r\n", 400, length},
      {"CL with an underscore", post + "Content-Length: 1_0\r\n\r\n", 400, length},
      {"CL with a space inside", post + "Content-Length: 1 0\r\n\r\n", 400, length},
      {"CL in quotes", post + "Content-Length: \"0\"\r\n\r\n", 400, length},
      {"CL empty", post + "Content-Length: \r\n\r\n", 400, length},
      {"CL that wraps to zero", post + "Content-Length: 18446744073709551616\r\n\r\n", 400, length},
      {"CL of 64 bits", post + "Content-Length: 18446744073709551615\r\n\r\n", 400, length},
      {"CL of 63 bits", post + "Content-Length: 9223372036854775807\r\n\r\n", 413, "too-large"},
      {"CL with leading zeros", post + "Content-Length: 0000\r\n\r\n", 200, "", true},
      {"CL with a tab before it", post + "Content-Length:\t0\t\r\n\r\n", 200, "", true},
      {"CL with a vertical tab", post + "Content-Length: \x0b" + "0\r\n\r\n", 400, "control character"},
      {"CL with a space before the colon", post + "Content-Length : 0\r\n\r\n", 400, "before it"},
      {"CL behind a NUL", post + std::string("Content-Length\0: 0\r\n\r\n", 22), 400, "before it"},
      {"CL with an underscore for its hyphen", post + "Content_Length: 5\r\n\r\n", 200, "", true},
      {"CL in the trailer", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 50\r\n\r\n", 200, "", true},
      {"GET with a body", "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 200, "hello", true},
      {"HEAD with a body", "HEAD /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405, "", true},
  };
}

inline std::vector<CorpusCase> coding_cases() {
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
  const std::string only = "The only transfer coding understood is 'chunked'.";
  const auto te = [&](const std::string& line) { return post + line + "\r\n\r\n0\r\n\r\n"; };
  return {
      {"TE chunked", te("Transfer-Encoding: chunked"), 200, "", true},
      {"TE in capitals", te("TRANSFER-ENCODING: CHUNKED"), 200, "", true},
      {"TE identity", te("Transfer-Encoding: identity"), 501, only},
      {"TE gzip, chunked", te("Transfer-Encoding: gzip, chunked"), 501, only},
      {"TE chunked, identity", te("Transfer-Encoding: chunked, identity"), 501, only},
      {"TE chunked, chunked", te("Transfer-Encoding: chunked, chunked"), 501, only},
      {"TE chunked with a comma", te("Transfer-Encoding: chunked,"), 501, only},
      {"TE with a comma first", te("Transfer-Encoding: ,chunked"), 501, only},
      {"TE xchunked", te("Transfer-Encoding: xchunked"), 501, only},
      {"TE in quotes", te("Transfer-Encoding: \"chunked\""), 501, only},
      {"TE with a parameter", te("Transfer-Encoding: chunked;q=1"), 501, only},
      {"TE empty", te("Transfer-Encoding:"), 501, only},
      {"TE twice", te("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), 400, "given twice"},
      {"TE twice, equal", te("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400, "given twice"},
      {"TE with a space before the colon", te("Transfer-Encoding : chunked"), 400, "before it"},
      {"TE with a tab before the colon", te("Transfer-Encoding\t: chunked"), 400, "before it"},
      {"TE with a vertical tab",
       te("Transfer-Encoding: \x0b"
          "chunked"),
       400, "control character"},
      {"TE behind a bare CR", te("X: y\rTransfer-Encoding: chunked"), 400, "control character"},
      {"TE behind a bare LF", te("X: y\nTransfer-Encoding: chunked"), 400, "LF alone"},
      {"TE folded", te("Transfer-Encoding:\r\n chunked"), 400, "folding"},
      {"TE on a folded line", te("X: y\r\n\tTransfer-Encoding: chunked"), 400, "folding"},
      {"TE on 1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "not part of HTTP/1.0"},
      {"TE without its hyphen", post + "TransferEncoding: chunked\r\n\r\n", 200, "", true},
      {"TE in the trailer", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nTransfer-Encoding: x\r\n\r\n", 200, "",
       true},
  };
}

inline std::vector<CorpusCase> chunk_cases() {
  const std::string chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string bad = "The chunked body is malformed.";
  return {
      {"chunks", chunked + "2\r\nhi\r\n4\r\n you\r\n0\r\n\r\n", 200, "hi you", true},
      {"size in both cases", chunked + "0000a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", 200, "0123456789", true},
      {"extension", chunked + "2;a=b;c\r\nhi\r\n0;x\r\n\r\n", 200, "hi", true},
      {"extension in quotes", chunked + "2;a=\"b;c\"\r\nhi\r\n0\r\n\r\n", 200, "hi", true},
      {"extension with a bare CR", chunked + "2;a\rb\r\nhi\r\n0\r\n\r\n", 400, bad},
      {"extension with a bare LF", chunked + "2;a\nhi\r\n0\r\n\r\n", 400, "LF alone"},
      {"extension with NUL", chunked + std::string("2;\0\r\nhi\r\n0\r\n\r\n", 14), 400, bad},
      {"extension without end", chunked + "2;" + std::string(600, 'a') + "\r\nhi\r\n0\r\n\r\n", 400, bad},
      {"space before the extension", chunked + "2 ;a\r\nhi\r\n0\r\n\r\n", 400, bad},
      {"space before the size", chunked + " 2\r\nhi\r\n0\r\n\r\n", 400, bad},
      {"space behind the size", chunked + "2 \r\nhi\r\n0\r\n\r\n", 400, bad},
      {"plus before the size", chunked + "+2\r\nhi\r\n0\r\n\r\n", 400, bad},
      {"minus before the size", chunked + "-2\r\nhi\r\n0\r\n\r\n", 400, bad},
      {"0x before the size", chunked + "0x2\r\nhi\r\n0\r\n\r\n", 400, bad},
      {"underscore in the size", chunked + "0_2\r\nhi\r\n0\r\n\r\n", 400, bad},
      {"size that overflows", chunked + "10000000000000000\r\n", 400, bad},
      {"size of 60 bits", chunked + "fffffffffffffff\r\n", 413, "too-large"},
      {"size above the limit, in sum", chunked + "100000\r\n" + std::string(1u << 20, 'x') + "\r\n1\r\n", 413,
       "too-large"},
      {"size with 16 zeros before it", chunked + "0000000000000002\r\nhi\r\n0\r\n\r\n", 400, bad},
      {"size line with LF alone", chunked + "2\nhi\r\n0\r\n\r\n", 400, "LF alone"},
      {"size line with CR alone", chunked + "2\rhi\r\n0\r\n\r\n", 400, bad},
      {"data longer than its size", chunked + "2\r\nhix\r\n0\r\n\r\n", 400, bad},
      {"data that ends with LF alone", chunked + "2\r\nhi\n0\r\n\r\n", 400, "LF alone"},
      {"data without its end", chunked + "2\r\nhi0\r\n\r\n", 400, bad},
      {"last chunk with LF alone", chunked + "0\n\n", 400, "LF alone"},
      {"last chunk of many zeros", chunked + "000000\r\n\r\n", 200, "", true},
      {"trailer", chunked + "0\r\nX: y\r\nHost: b\r\n\r\n", 200, "", true},
      {"trailer folded", chunked + "0\r\nX: y\r\n z\r\n\r\n", 400, "folding"},
      {"trailer with a space before the colon", chunked + "0\r\nX : y\r\n\r\n", 400, "before it"},
      {"trailer with bare CR", chunked + "0\r\nX: y\rz\r\n\r\n", 400, "control character"},
      {"trailer with NUL", chunked + std::string("0\r\nX: \0\r\n\r\n", 11), 400, "control character"},
      {"trailer with LF alone", chunked + "0\r\nX: y\n\r\n", 400, "LF alone"},
      {"trailer too large", chunked + "0\r\n" + repeated("X: " + std::string(1'000, 'y') + "\r\n", 40) + "\r\n", 431,
       "header-too-large"},
  };
}

inline std::vector<CorpusCase> head_cases() {
  const std::string host = "Host: a\r\n", end = "\r\n";
  const std::string line = "The request line is not", target = "The request target is not a path";
  const auto get = [&](const std::string& what) { return "GET " + what + " HTTP/1.1\r\n" + host + end; };
  return {
      {"absolute form", get("http://a/hello"), 200, "hello", true},
      {"absolute form of another host", get("http://b/hello"), 200, "hello", true},
      {"absolute form of another scheme", get("ftp://a/hello"), 400, target},
      {"absolute form without host", get("http://"), 400, target},
      {"absolute form with an empty host", get("http:///hello"), 400, target},
      {"absolute form with an empty host and a query", get("http://?x"), 400, target},
      {"absolute form with a port alone", get("http://:80/hello"), 400, target},
      {"absolute form with a user", get("http://user@a/hello"), 400, target},
      {"absolute form with user and password", get("https://user:secret@a:80/hello"), 400, target},
      {"absolute form with an empty user", get("http://@a/hello"), 400, target},
      {"absolute form with an at sign encoded", get("http://user%40a/hello"), 400, target},
      {"absolute form with an at sign in the path", get("http://a/@hello"), 404, "", true},
      {"absolute form with a port", get("http://a:8080/hello"), 200, "hello", true},
      {"absolute form with an empty port", get("http://a:/hello"), 200, "hello", true},
      {"absolute form with a port of letters", get("http://a:b/hello"), 400, target},
      {"absolute form with a port that is none", get("http://a:65536/hello"), 400, target},
      {"absolute form with a negative port", get("http://a:-1/hello"), 400, target},
      {"absolute form with two ports", get("http://a:1:2/hello"), 400, target},
      {"absolute form with a backslash", get("http://a\\b/hello"), 400, target},
      {"absolute form of IPv6", get("http://[2001:db8::1]:80/hello"), 200, "hello", true},
      {"absolute form of IPv6 without its end", get("http://[::1/hello"), 400, target},
      {"absolute form of IPv6 with more behind", get("http://[::1]x/hello"), 400, target},
      {"absolute form of empty brackets", get("http://[]/hello"), 400, target},
      {"absolute form in capitals", get("HTTP://a/hello"), 200, "hello", true},
      {"absolute form with one slash", get("http:/a/hello"), 400, target},
      {"absolute form of a scheme that begins alike", get("httpx://a/hello"), 400, target},
      {"absolute form without Host", "GET http://a/hello HTTP/1.1\r\n\r\n", 400, "missing"},
      {"asterisk form of GET", get("*"), 400, target},
      {"asterisk form of OPTIONS", "OPTIONS * HTTP/1.1\r\n" + host + end, 404, "", true},
      {"asterisk and more", "OPTIONS *x HTTP/1.1\r\n" + host + end, 400, target},
      {"authority form of GET", get("a:80"), 400, target},
      {"authority form", "CONNECT a:443 HTTP/1.1\r\n" + host + end, 400, target},
      {"no slash", get("hello"), 400, target},
      {"a fragment", get("/hello#x"), 400, target},
      {"bytes above ASCII", get("/h\xc3\xa9"), 400, target},
      {"an overlong slash", get("/\xc0\xaf"), 400, target},
      {"a bell", get("/\x07"), 400, target},
      {"DEL", get("/\x7f"), 400, target},
      {"NUL in the target", "GET /hello" + std::string(1, '\0') + " HTTP/1.1\r\n" + host + end, 400, target},
      {"a tab in the target", get("/he\tllo"), 400, target},
      {"a space in the target", get("/he llo"), 400, target},
      {"two spaces", "GET  /hello HTTP/1.1\r\n" + host + end, 400, target},
      {"a tab for a space", "GET\t/hello\tHTTP/1.1\r\n" + host + end, 400, line},
      {"a space at the end", "GET /hello HTTP/1.1 \r\n" + host + end, 400, line},
      {"a space first", " GET /hello HTTP/1.1\r\n" + host + end, 400, line},
      {"bare CR in the request line", "GET /hello\rHTTP/1.1\r\n" + host + end, 400, line},
      {"HTTP/0.9", "GET /hello\r\n", 400, line},
      {"HTTP/0.9 by name", "GET /hello HTTP/0.9\r\n" + host + end, 505, "Use HTTP/1.1."},
      {"HTTP/1.0 without Host, closed", "GET /hello HTTP/1.0\r\n\r\n", 200, "hello"},
      {"HTTP/1.0 kept", "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, "hello", true},
      {"HTTP/1.2", "GET /hello HTTP/1.2\r\n" + host + end, 200, "hello", true},
      {"HTTP/2.0", "GET /hello HTTP/2.0\r\n" + host + end, 505, "Use HTTP/1.1."},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "Use HTTP/1.1."},
      {"HTTP/1.10", "GET /hello HTTP/1.10\r\n" + host + end, 400, line},
      {"HTTP/11", "GET /hello HTTP/11\r\n" + host + end, 400, line},
      {"lower-case http", "GET /hello http/1.1\r\n" + host + end, 400, line},
      {"another protocol", "GET /hello ICY/1.1\r\n" + host + end, 400, line},
      {"the hello of TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n", 11), 400, line},
      {"SSH", "SSH-2.0-OpenSSH_9.2\r\n", 400, line},
      {"a method of 33 letters", std::string(33, 'A') + " /hello HTTP/1.1\r\n" + host + end, 400, line},
      {"a method with a colon", "GE:T /hello HTTP/1.1\r\n" + host + end, 400, line},
      {"one empty line first", "\r\n" + get("/hello"), 200, "hello", true},
      {"two empty lines first", "\r\n\r\n" + get("/hello"), 400, line},
      {"an empty line of LF first", "\n" + get("/hello"), 400, "LF alone"},
      {"h2c is not taken up",
       "GET /hello HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" + host + end, 200, "hello",
       true},
  };
}

inline std::vector<CorpusCase> field_cases() {
  const auto with = [](const std::string& field) { return "GET /hello HTTP/1.1\r\nHost: a\r\n" + field + "\r\n"; };
  const std::string name = "or a space or another character not allowed before it", control = "control character";
  const auto only = [](const std::string& field) { return "GET /hello HTTP/1.1\r\n" + field + "\r\n"; };
  const std::string host = "The Host header";
  return {
      {"bare CR in a value", with("X: a\rb\r\n"), 400, control},
      {"CR CR LF", with("X: a\r\r\n"), 400, control},
      {"bare LF", with("X: a\n"), 400, "LF alone"},
      {"LF CR", with("X: a\n\r"), 400, "LF alone"},
      {"NUL in a value", with(std::string("X: a\0b\r\n", 8)), 400, control},
      {"ESC in a value", with("X: \x1b[31m\r\n"), 400, control},
      {"DEL in a value", with("X: \x7f\r\n"), 400, control},
      {"obs-text in a value", with("X: \xff\xfe\r\n"), 200, "hello", true},
      {"folded with a space", with("X: a\r\n b\r\n"), 400, "folding"},
      {"folded with a tab", with("X: a\r\n\tb\r\n"), 400, "folding"},
      {"folded empty", with("X: a\r\n \r\n"), 400, "folding"},
      {"no colon", with("X\r\n"), 400, name},
      {"no name", with(": x\r\n"), 400, name},
      {"a space in the name", with("X Y: z\r\n"), 400, name},
      {"a slash in the name", with("X/Y: z\r\n"), 400, name},
      {"a bracket in the name", with("X[]: z\r\n"), 400, name},
      {"an at sign in the name", with("X@Y: z\r\n"), 400, name},
      {"NUL in the name", with(std::string("X\0: z\r\n", 7)), 400, name},
      {"a byte above ASCII in the name", with("X\xc3\xa9: z\r\n"), 400, name},
      {"every character a name may have", with("!#$%&'*+-.^_`|~09azAZ: z\r\n"), 200, "hello", true},
      {"an empty value", with("X:\r\n"), 200, "hello", true},
      {"no Host", only(""), 400, "missing"},
      {"Host twice", with("Host: a\r\n"), 400, host},
      {"Host twice, another", with("host: b\r\n"), 400, host},
      {"Host with a list", only("Host: a, b\r\n"), 400, host},
      {"Host with a path", only("Host: a/b\r\n"), 400, host},
      {"Host with user info", only("Host: x@a\r\n"), 400, host},
      {"Host with a space", only("Host: a b\r\n"), 400, host},
      {"Host with a backslash", only("Host: a\\b\r\n"), 400, host},
      {"Host folded", only("Host:\r\n a\r\n"), 400, "folding"},
      {"Host empty", only("Host:\r\n"), 200, "hello", true},
      {"Host with a port", only("Host: a-b_c.example:65535\r\n"), 200, "hello", true},
      {"Host with an empty port", only("Host: a:\r\n"), 200, "hello", true},
      {"Host in brackets", only("Host: [::ffff:127.0.0.1]:80\r\n"), 200, "hello", true},
      {"Host with a zone", only("Host: [fe80::1%eth0]:80\r\n"), 200, "hello", true},
      {"Host of a port alone", only("Host: :80\r\n"), 400, host},
      {"Host with a port of letters", only("Host: a:b\r\n"), 400, host},
      {"Host with a port above the highest", only("Host: a:65536\r\n"), 400, host},
      {"Host of IPv6 without brackets", only("Host: ::1\r\n"), 400, host},
      {"Host in brackets without end", only("Host: [::1\r\n"), 400, host},
      {"Host in quotes", only("Host: \"a\"\r\n"), 400, host},
      {"Host with bytes above ASCII",
       only("Host: b\xc3\xbc"
            "cher\r\n"),
       400, host},
      {"Host with one byte above ASCII", only("Host: a\xff\r\n"), 400, host},
      {"another expectation", with("Expect: 200-ok\r\n"), 417, "100-continue"},
      {"two expectations", with("Expect: 100-continue, x\r\n"), 417, "100-continue"},
      {"an expectation without a body", with("Expect: 100-continue\r\n"), 200, "hello", true},
      {"Connection: close", with("Connection: close\r\n"), 200, "hello"},
      {"Connection: keep-alive, close", with("Connection: keep-alive, close\r\n"), 200, "hello"},
      {"Connection names Host", with("Connection: Host, X\r\nX: y\r\n"), 200, "hello", true},
      {"101 headers", with(repeated("X: y\r\n", 100)), 431, "header-too-large"},
      {"100 headers", with(repeated("X: y\r\n", 99)), 200, "hello", true},
      {"a header above the limit", with("X: " + std::string(40'000, 'y') + "\r\n"), 431, "header-too-large"},
      {"a path of 2,048 bytes",
       "GET /" + std::string(2'047, 'y') + "?" + std::string(9'000, 'q') + " HTTP/1.1\r\nHost: a\r\n\r\n", 404,
       "not-found", true},
      {"a path of 2,049 bytes", "GET /" + std::string(2'048, 'y') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414,
       "path-too-long"},
      {"the same in absolute form", "GET http://a/" + std::string(2'048, 'y') + "?q HTTP/1.1\r\nHost: a\r\n\r\n", 414,
       "2048 bytes"},
      {"a path within it in absolute form",
       "GET http://" + std::string(200, 'a') + "/" + std::string(2'047, 'y') + " HTTP/1.1\r\nHost: a\r\n\r\n", 404,
       "not-found", true},
      {"a path of percent-encoded bytes, counted as sent",
       "GET /" + repeated("%41", 700) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, "path-too-long"},
      {"a path above it before its body",
       "POST /" + std::string(4'000, '/') + " HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", 414, "path-too-long"},
      {"a target above the limit", "GET /" + std::string(40'000, 'y') + " HTTP/1.1\r\n", 431, "header-too-large"},
  };
}

}  // namespace certes::http
