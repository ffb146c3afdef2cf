// Answers in chunks: what is kept of them, and that what is no body is bounded too.

#include "common/http/client/sender.hpp"

#include <atomic>
#include <sstream>

#include "tests/common/http/client/sender_fixture.hpp"
#include "tests/common/http/server/server_fixture.hpp"
#include "tests/fakes/http_endpoint.hpp"

using namespace certes;
using namespace certes::http;
using fakes::RawEndpoint;

namespace {

const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

// What comes of `first`, then `block` over and over.
TransferResult answered_without_end(const std::string& first, const std::string& block) {
  std::string many;
  while (many.size() < (64u << 10)) many += block;
  RawEndpoint endpoint([&](int fd, int) {
    RawEndpoint::read_request(fd);
    RawEndpoint::send(fd, kChunked + first);
    while (RawEndpoint::send(fd, many)) {
    }
  });
  return TestSender().one(endpoint.url(), "hello", Millis(60'000));
}

}  // namespace

TEST_CASE("Sender: an answer in chunks is cut by what it is on the wire, and its status counts") {
  const TransferResult extension = answered_without_end("5;", "x");
  CHECK(extension.error == TransferError::none);
  CHECK(extension.status == 200);
  CHECK(extension.body.empty());
  const TransferResult extensions = answered_without_end("", "1;" + std::string(4'000, 'e') + "\r\nx\r\n");
  CHECK(extensions.error == TransferError::none);
  CHECK(extensions.status == 200);
  CHECK(extensions.body.size() < 300);
  CHECK(extensions.body.find_first_not_of('x') == std::string::npos);
  const TransferResult crumbs = answered_without_end("", "1\r\nx\r\n");
  CHECK(crumbs.status == 200);
  CHECK(crumbs.body == std::string(4'096, 'x'));
  CHECK(crumbs.body_cut);
}

TEST_CASE("Sender: of an answer in chunks the data is kept") {
  for (const std::string coding : {"chunked", "Chunked"}) {
    CAPTURE(coding);
    RawEndpoint endpoint([&](int fd, int) {
      const std::string head = "HTTP/1.1 422 No\r\nTransfer-Encoding: " + coding + "\r\n\r\n";
      while (!RawEndpoint::read_request(fd).empty())
        if (!RawEndpoint::send(fd, head + "5\r\nhello\r\n6;why=not\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n")) return;
    });
    TestSender test;
    for (int i = 0; i < 3; ++i) {
      const TransferResult result = test.one(endpoint.url());
      CHECK(result.status == 422);
      CHECK(result.body == "hello world");
      CHECK_FALSE(result.body_cut);
    }
    CHECK(endpoint.connections() == 1);
  }
}

TEST_CASE("Sender: an answer of any size within the limit ends, in chunks or not, and its connection stays") {
  std::atomic<std::size_t> size{0};
  RawEndpoint endpoint([&](int fd, int) {
    while (!RawEndpoint::read_request(fd).empty()) {
      const std::size_t n = size / 2;
      const std::string body(n, 'y');
      std::ostringstream answer;
      if (size % 2 == 0)
        answer << "HTTP/1.1 200 OK\r\nContent-Length: " << n << "\r\n\r\n" << body;
      else
        answer << kChunked << std::hex << n << "\r\n" << body << "\r\n0\r\n\r\n";
      if (!RawEndpoint::send(fd, answer.str())) return;
    }
  });
  TestSender test;
  for (std::size_t n = 16'000; n < 300'000; n += n < 70'000 ? 1'001 : 20'011) {
    for (const std::size_t chunked : {0, 1}) {
      size = 2 * n + chunked;
      const TransferResult result = test.one(endpoint.url());
      REQUIRE(result.error == TransferError::none);
      REQUIRE(result.body == std::string(4'096, 'y'));
      REQUIRE(result.body_cut);
    }
  }
  CHECK(endpoint.connections() == 1);
}

TEST_CASE("Sender: large answers are read beside others, not before them") {
  RawEndpoint large([](int fd, int) {
    RawEndpoint::read_request(fd);
    RawEndpoint::send(fd, "HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(1u << 20, 'x');
    while (RawEndpoint::send(fd, piece)) {
    }
  });
  RawEndpoint small([](int fd, int) {
    while (!RawEndpoint::read_request(fd).empty() &&
           RawEndpoint::send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) {
    }
  });
  constexpr std::uint64_t kLarge = 8;
  SenderOptions options;
  options.max_response_bytes = 1u << 30;  // far more than is read while the small endpoint's thread waits for its turn
  TestSender test(options);
  for (std::uint64_t id = 0; id < kLarge; ++id) test.submit(id, large.url(), "hello", Millis(60'000));
  REQUIRE(eventually([&] { return large.connections() == kLarge; }));
  for (std::uint64_t id = kLarge; id < kLarge + 20; ++id) {
    test.submit(id, small.url());
    const auto results = test.wait(1);
    REQUIRE(results.size() == 1);
    REQUIRE(results.contains(id));  // no large one has ended
  }
}
