#include "common/http/client/sender.hpp"

#include <atomic>

#include "tests/common/http/client/sender_fixture.hpp"
#include "tests/common/http/server/server_fixture.hpp"
#include "tests/fakes/http_endpoint.hpp"

using namespace certes;
using namespace certes::http;
using fakes::RawEndpoint;

namespace {

// Answers every request on every connection with the same bytes.
auto always(std::string answer) {
  return [answer = std::move(answer)](int fd, int) {
    while (!RawEndpoint::read_request(fd).empty() && RawEndpoint::send(fd, answer)) {
    }
  };
}

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// A port that nobody listens on.
std::string closed_url() {
  std::string url;
  {
    RawEndpoint gone([](int, int) {});
    url = gone.url();
  }
  return url;
}

}  // namespace

TEST_CASE("Sender: posts body and headers as they are, and no more than it must") {
  std::string seen;
  RawEndpoint endpoint([&](int fd, int) {
    seen = RawEndpoint::read_request(fd);
    RawEndpoint::send(fd, kOk);
  });
  TestSender test;
  test.submit(7, endpoint.url("/hook?a=b"), "{\"a\":1}", Millis(10'000),
              {"content-type: application/json", "webhook-id: evt_1"});
  const TransferResult result = test.wait(1).at(7);
  CHECK(result.error == TransferError::none);
  CHECK(result.status == 200);
  CHECK(result.body == "ok");
  CHECK(result.duration_us > 0);
  CHECK(test.sender.in_flight() == 0);
  CHECK(seen.starts_with("POST /hook?a=b HTTP/1.1\r\n"));
  CHECK(seen.find("content-type: application/json\r\n") != std::string::npos);
  CHECK(seen.find("webhook-id: evt_1\r\n") != std::string::npos);
  CHECK(seen.find("User-Agent: Certes/") != std::string::npos);
  CHECK(seen.find("Expect") == std::string::npos);
  CHECK(seen.find("Accept-Encoding") == std::string::npos);
  CHECK(seen.ends_with("\r\n\r\n{\"a\":1}"));
}

TEST_CASE("Sender: an empty body, and no content type where none is given") {
  std::string seen;
  RawEndpoint endpoint([&](int fd, int) {
    seen = RawEndpoint::read_request(fd);
    RawEndpoint::send(fd, kOk);
  });
  TestSender test;
  test.submit(1, endpoint.url(), "", Millis(10'000), {});
  CHECK(test.wait(1).at(1).status == 200);
  CHECK(seen.find("Content-Length: 0\r\n") != std::string::npos);
  CHECK(seen.find("Content-Type") == std::string::npos);
}

TEST_CASE("Sender: keeps connections and uses them again") {
  RawEndpoint endpoint(always(kOk));
  TestSender test;
  for (int i = 0; i < 50; ++i) REQUIRE(test.one(endpoint.url()).status == 200);
  CHECK(endpoint.connections() == 1);
}

TEST_CASE("Sender: a kept connection that the endpoint closed is replaced") {
  RawEndpoint endpoint([](int fd, int) {
    RawEndpoint::read_request(fd);
    RawEndpoint::send(fd, kOk);
  });
  TestSender test;
  for (int i = 0; i < 10; ++i) {
    // A request that crosses the close on its way may fail: here it comes after.
    REQUIRE(eventually([&] { return endpoint.closed() == i; }));
    REQUIRE(test.one(endpoint.url()).status == 200);
  }
  CHECK(endpoint.connections() == 10);
}

TEST_CASE("Sender: an endpoint that does not answer is a timeout, others go on meanwhile") {
  RawEndpoint silent([](int fd, int) { RawEndpoint::wait_closed(fd); });
  RawEndpoint healthy(always(kOk));
  TestSender test;
  test.submit(1, silent.url(), "hello", Millis(200));
  test.submit(2, healthy.url());
  const auto results = test.wait(2);
  CHECK(results.at(1).error == TransferError::timeout);
  CHECK(results.at(1).status == 0);
  CHECK(results.at(2).status == 200);
}

TEST_CASE("Sender: one that is late is told apart by whether the request had gone out") {
  RawEndpoint silent([](int fd, int) { RawEndpoint::wait_closed(fd); });
  TestSender test;
  const TransferResult sent = test.one(silent.url(), "hello", Millis(100));
  CHECK(sent.error == TransferError::timeout);
  CHECK_FALSE(sent.unsent);
  // Who says nothing to a greeting of TLS does not get as far.
  const TransferResult unsent = test.one("https" + silent.url().substr(4), "hello", Millis(100));
  CHECK(unsent.error == TransferError::timeout);
  CHECK(unsent.unsent);
}

TEST_CASE("Sender: an answer that trickles ends at the deadline, and counts by its status") {
  RawEndpoint endpoint([](int fd, int) {
    RawEndpoint::read_request(fd);
    if (RawEndpoint::send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"))
      while (RawEndpoint::send(fd, "x")) {
        pollfd none{fd, POLLHUP, 0};
        ::poll(&none, 1, 5);
      }
  });
  TestSender test;
  const TransferResult result = test.one(endpoint.url(), "hello", Millis(100));
  CHECK(result.error == TransferError::none);
  CHECK(result.status == 200);
  CHECK(result.body_broken);
  CHECK(result.body_cut);
}

TEST_CASE("Sender: a header that trickles is no answer") {
  RawEndpoint endpoint([](int fd, int) {
    RawEndpoint::read_request(fd);
    if (RawEndpoint::send(fd, "HTTP/1.1 200 OK\r\nX-Slow: ")) RawEndpoint::wait_closed(fd);
  });
  TestSender test;
  const TransferResult result = test.one(endpoint.url(), "hello", Millis(100));
  CHECK(result.error == TransferError::timeout);
  CHECK(result.status == 0);
}

TEST_CASE("Sender: a body that breaks off changes nothing of its status") {
  for (const auto& [body, whole] : std::initializer_list<std::pair<std::string, bool>>{
           {"Content-Length: 10\r\n\r\nabc", false},
           {"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nab", false},
           {"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nwhat\r\n", false},
           {"Connection: close\r\n\r\nabc", true}})
    for (const int status : {200, 503}) {
      CAPTURE(body);
      RawEndpoint endpoint([&body = body, status](int fd, int) {
        RawEndpoint::read_request(fd);
        RawEndpoint::send(fd, "HTTP/1.1 " + std::to_string(status) + " So\r\nRetry-After: 7\r\n" + body);
      });
      TestSender test;
      const TransferResult result = test.one(endpoint.url());
      CHECK(result.error == TransferError::none);
      CHECK(result.status == status);
      CHECK(result.retry_after == "7");
      CHECK(result.body.starts_with("abc"));
      CHECK(result.body_broken == !whole);
      CHECK(result.body_cut == !whole);
    }
}

TEST_CASE("Sender: resets, early closes, half headers and nonsense are told apart from answers") {
  const std::pair<const char*, std::string> bad[] = {
      {"nothing", ""}, {"half a header", "HTTP/1.1 200 OK\r\nContent-"}, {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"}};
  for (const auto& [name, answer] : bad) {
    CAPTURE(std::string(name));
    RawEndpoint endpoint([&answer = answer](int fd, int) {
      RawEndpoint::read_request(fd);
      RawEndpoint::send(fd, answer);
    });
    TestSender test;
    const TransferResult result = test.one(endpoint.url());
    CHECK(result.error == TransferError::reset);
    CHECK_FALSE(result.message.empty());
  }
  RawEndpoint resets([](int fd, int) {
    RawEndpoint::read_request(fd);
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  });
  TestSender test;
  CHECK(test.one(resets.url()).error == TransferError::reset);
}

TEST_CASE("Sender: nobody listening is connect, no such name is dns") {
  TestSender test;
  const TransferResult refused = test.one(closed_url());
  CHECK(refused.error == TransferError::connect);
  CHECK(refused.unsent);
  SenderOptions options;
  options.resolver.look_up = [](const std::string&) { return Resolution{Resolution::Kind::failed, {}, "unknown"}; };
  CHECK(TestSender(options).one("http://no-such-name.invalid/").error == TransferError::dns);
}

TEST_CASE("Sender: an answer of any size is cut, its status counts, its connection goes") {
  std::atomic<bool> ended{false};
  RawEndpoint endpoint([&](int fd, int) {
    RawEndpoint::read_request(fd);
    RawEndpoint::send(fd, "HTTP/1.1 500 Oops\r\nContent-Length: 10737418240\r\n\r\n");
    const std::string piece(64u << 10, 'x');
    while (RawEndpoint::send(fd, piece)) {
    }
    ended = true;
  });
  TestSender test;
  const TransferResult result = test.one(endpoint.url());
  CHECK(result.error == TransferError::none);
  CHECK(result.status == 500);
  CHECK(result.body.size() == 4'096);
  CHECK(eventually([&] { return ended.load(); }));
}

TEST_CASE("Sender: an answer's content type comes with its body, unless it is immoderate") {
  const auto answered = [](const std::string& type) {
    RawEndpoint endpoint(always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + type + "\r\nok"));
    const TransferResult result = TestSender().one(endpoint.url());
    CHECK(result.body == "ok");
    CHECK_FALSE(result.body_cut);
    return result.content_type;
  };
  CHECK(answered("Content-Type: application/json; charset=utf-8\r\n") == "application/json; charset=utf-8");
  CHECK(answered("").empty());
  CHECK(answered("Content-Type: " + std::string(257, 'x') + "\r\n").empty());
}

TEST_CASE("Sender: an answer within the limit is read whole, its beginning kept, and the connection with it") {
  const std::string body(500'000, 'y');
  RawEndpoint endpoint(always("HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + body));
  TestSender test;
  for (int i = 0; i < 3; ++i) {
    const TransferResult result = test.one(endpoint.url());
    CHECK(result.status == 200);
    CHECK(result.body == body.substr(0, 4'096));
    CHECK(result.body_cut);
  }
  CHECK(endpoint.connections() == 1);
}

TEST_CASE("Sender: a header without end is refused") {
  RawEndpoint endpoint([](int fd, int) {
    RawEndpoint::read_request(fd);
    RawEndpoint::send(fd, "HTTP/1.1 200 OK\r\n");
    const std::string line = "X: " + std::string(1'000, 'x') + "\r\n";
    while (RawEndpoint::send(fd, line)) {
    }
  });
  TestSender test;
  CHECK(test.one(endpoint.url()).error == TransferError::too_large);
}

TEST_CASE("Sender: a header of many small lines is refused") {
  RawEndpoint endpoint([](int fd, int) {
    RawEndpoint::read_request(fd);
    RawEndpoint::send(fd, "HTTP/1.1 200 OK\r\n");
    std::string lines;
    for (int i = 0; i < 1'000; ++i) lines += "a:\r\n";
    while (RawEndpoint::send(fd, lines)) {
    }
  });
  TestSender test;
  CHECK(test.one(endpoint.url()).error == TransferError::too_large);
}

TEST_CASE("Sender: a line of the header that libcurl does not take is as large as that") {
  RawEndpoint endpoint(always("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x') + "\r\nContent-Length: 0\r\n\r\n"));
  TestSender test;
  const TransferResult result = test.one(endpoint.url());
  CHECK(result.error == TransferError::too_large);
  CHECK(result.status == 0);
}

TEST_CASE("Sender: what only looks like a status is no answer") {
  for (const std::string line : {"HTTP/1.1 200x OK", "HTTP/1.1 2000 OK", "HTTP/1.1 20 OK", "HTTP/1.1  200 OK",
                                 "http/1.1 200 OK", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200x OK"}) {
    CAPTURE(line);
    RawEndpoint endpoint(always(line + "\r\nContent-Length: 0\r\n\r\n"));
    TestSender test;
    const TransferResult result = test.one(endpoint.url());
    CHECK(result.error == TransferError::reset);
    CHECK(result.status == 0);
  }
}

TEST_CASE("Sender: interim answers without end are refused") {
  RawEndpoint endpoint([](int fd, int) {
    RawEndpoint::read_request(fd);
    std::string many;
    for (int i = 0; i < 100; ++i) many += "HTTP/1.1 102 Processing\r\n\r\n";
    while (RawEndpoint::send(fd, many)) {
    }
  });
  TestSender test;
  CHECK(test.one(endpoint.url()).error == TransferError::too_large);
}

TEST_CASE("Sender: redirects are answers, and never followed") {
  RawEndpoint target(always(kOk));
  RawEndpoint endpoint(
      always("HTTP/1.1 307 Temporary Redirect\r\nLocation: " + target.url() + "\r\nContent-Length: 0\r\n\r\n"));
  TestSender test;
  CHECK(test.one(endpoint.url()).status == 307);
  CHECK(target.connections() == 0);
}

TEST_CASE("Sender: Retry-After comes as it was sent, that of the last answer") {
  RawEndpoint endpoint(always("HTTP/1.1 503 Busy\r\nretry-after:  120 \r\nContent-Length: 0\r\n\r\n"));
  RawEndpoint interim(
      always("HTTP/1.1 103 Early Hints\r\nRetry-After: 1\r\n\r\nHTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n"));
  TestSender test;
  CHECK(test.one(endpoint.url()).retry_after == "120");
  const TransferResult result = test.one(interim.url());
  CHECK(result.status == 429);
  CHECK(result.retry_after.empty());
}

TEST_CASE("Sender: a request says in which parts its time was spent; a connection that was kept was not made") {
  RawEndpoint endpoint(always(kOk));
  TestSender test;
  const TransferResult first = test.one(endpoint.url()), second = test.one(endpoint.url());
  REQUIRE(endpoint.connections() == 1);
  CHECK(first.phases.connect);
  CHECK(first.phases.first_byte);
  CHECK_FALSE(first.phases.tls);
  CHECK_FALSE(first.phases.name);
  CHECK_FALSE(second.phases.connect);
  CHECK(second.phases.first_byte);
  // What went well and fast carries no more.
  CHECK(first.address.empty());
  CHECK(first.header.empty());
}

TEST_CASE("Sender: one that did not go well says where it went, and what the answer's header was") {
  RawEndpoint refuses(always("HTTP/1.1 500 No\r\nServer: shop\r\nContent-Length: 0\r\n\r\n"));
  RawEndpoint silent([](int fd, int) { RawEndpoint::wait_closed(fd); });
  TestSender test;
  const TransferResult refused = test.one(refuses.url());
  CHECK(refused.address == "127.0.0.1:" + std::to_string(refuses.port()));
  CHECK(refused.header == "Server: shop\nContent-Length: 0\n");
  CHECK(test.one(refuses.url()).address == refused.address);  // of a connection that was kept, too
  const TransferResult late = test.one(silent.url(), "hello", Millis(100));
  CHECK(late.address == "127.0.0.1:" + std::to_string(silent.port()));
  CHECK(late.phases.connect);
  CHECK_FALSE(late.phases.first_byte);
  CHECK(late.header.empty());
}

TEST_CASE("Sender: where nobody listens, the address that was dialled is said, and that no connection was made") {
  TestSender test;
  const std::string url = closed_url();
  const TransferResult result = test.one(url);
  REQUIRE(result.error == TransferError::connect);
  CHECK(url.find("//" + result.address + "/") != std::string::npos);
  CHECK_FALSE(result.phases.connect);
  CHECK_FALSE(result.phases.first_byte);
}

TEST_CASE("Sender: a compressed answer is not unpacked") {
  RawEndpoint endpoint(always("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"));
  TestSender test;
  const TransferResult result = test.one(endpoint.url());
  CHECK(result.error == TransferError::none);
  CHECK(result.body == "abc");
}

TEST_CASE("Sender: addresses that are refused are not dialled, whether written or resolved") {
  RawEndpoint endpoint(always(kOk));
  TestSender test({}, {});
  for (const std::string& url : {endpoint.url(), "http://localhost:" + std::to_string(endpoint.port()) + "/",
                                 std::string("http://[::1]:1/"), std::string("http://169.254.169.254/latest")}) {
    CAPTURE(url);
    const TransferResult result = test.one(url);
    CHECK(result.error == TransferError::refused_address);
    CHECK(result.message.find("dispatcher.allow_networks") != std::string::npos);
  }
  CHECK(endpoint.connections() == 0);
}

TEST_CASE("Sender: proxies of the environment are not asked") {
  RawEndpoint proxy(always(kOk));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  RawEndpoint endpoint(always(kOk));
  TestSender test;
  CHECK(test.one(endpoint.url()).status == 200);
  ::unsetenv("http_proxy");
  CHECK(proxy.connections() == 0);
  CHECK(endpoint.connections() == 1);
}

TEST_CASE("Sender: abort ends a transfer, one that waits, and is nothing for one that has ended") {
  RawEndpoint silent([](int fd, int) { RawEndpoint::wait_closed(fd); });
  RawEndpoint healthy(always(kOk));
  SenderOptions options;
  options.max_in_flight = 1;
  TestSender test(options);
  test.submit(1, silent.url());
  test.submit(2, silent.url());
  REQUIRE(eventually([&] { return silent.connections() == 1; }));
  test.sender.abort(2);
  CHECK(test.wait(1).at(2).error == TransferError::aborted);
  test.sender.abort(1);
  CHECK(test.wait(1).at(1).error == TransferError::aborted);
  test.submit(3, healthy.url());
  CHECK(test.wait(1).at(3).status == 200);
  test.sender.abort(3);
  test.submit(4, healthy.url());
  CHECK(test.wait(1).at(4).status == 200);
  CHECK(test.sender.in_flight() == 0);
}

TEST_CASE("Sender: going away ends what is in flight") {
  RawEndpoint silent([](int fd, int) { RawEndpoint::wait_closed(fd); });
  std::weak_ptr<const std::string> body;
  {
    TestSender test;
    auto owner = std::make_shared<const std::string>("hello");
    body = owner;
    Transfer transfer;
    transfer.url = silent.url();
    transfer.body = *owner;
    transfer.body_owner = std::move(owner);
    test.sender.submit(std::move(transfer));
    REQUIRE(eventually([&] { return silent.connections() == 1; }));
    CHECK_FALSE(body.expired());
  }
  CHECK(body.expired());
}
