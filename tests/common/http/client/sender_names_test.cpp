// Endpoints that are names: looked up beside the sender's thread, by a function that does what the test says.
#include <sys/resource.h>

#include <atomic>
#include <map>

#include "tests/common/http/client/sender_fixture.hpp"
#include "tests/common/http/server/server_fixture.hpp"
#include "tests/fakes/http_endpoint.hpp"

using namespace certes;
using namespace certes::http;
using fakes::RawEndpoint;
using Kind = Resolution::Kind;

namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

auto always(std::string answer) {
  return [answer = std::move(answer)](int fd, int) {
    while (!RawEndpoint::read_request(fd).empty() && RawEndpoint::send(fd, answer)) {
    }
  };
}

SenderOptions looking_up(LookUp look_up) {
  SenderOptions options;
  options.resolver.look_up = std::move(look_up);
  return options;
}

LookUp answering(Resolution resolution) {
  return [resolution](const std::string&) { return resolution; };
}

std::string url(const std::string& host, const RawEndpoint& endpoint) {
  return "http://" + host + ":" + std::to_string(endpoint.port()) + "/";
}

// Names of "silent" hang until the test lets them go; all others are loopback. Shared: it may outlive its test.
struct NameServer {
  std::mutex mutex;
  std::condition_variable changed;
  bool silent = true;
  std::size_t hanging = 0;

  Resolution look_up(const std::string& host) {
    std::unique_lock lock(mutex);
    if (!host.starts_with("silent")) return {Kind::found, {"127.0.0.1"}, {}};
    ++hanging;
    changed.notify_all();
    changed.wait(lock, [this] { return !silent; });
    --hanging;
    return {Kind::found, {"127.0.0.1"}, {}};
  }
  void wait_hanging(std::size_t names) {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return hanging == names; }));
  }
  void speak() {
    const std::lock_guard lock(mutex);
    silent = false;
    changed.notify_all();
  }
};

}  // namespace

TEST_CASE("Sender: a name is dialled at the address that was found, and is still called by its name") {
  std::string request;
  RawEndpoint endpoint([&](int fd, int) {
    request = RawEndpoint::read_request(fd);
    RawEndpoint::send(fd, kOk);
  });
  TestSender test(looking_up(answering({Kind::found, {"127.0.0.1"}, {}})));
  CHECK(test.one(url("some.test", endpoint)).status == 200);
  CHECK(request.find("Host: some.test:") != std::string::npos);
}

TEST_CASE("Sender: of several addresses the next is tried, and a refused one is not dialled") {
  RawEndpoint endpoint(always(kOk));
  TestSender test(looking_up(answering({Kind::found, {"10.1.2.3", "::1", "127.0.0.1"}, {}})));
  CHECK(test.one(url("some.test", endpoint)).status == 200);
  TestSender refused(looking_up(answering({Kind::found, {"10.1.2.3", "fec0::1"}, {}})));
  CHECK(refused.one(url("some.test", endpoint)).error == TransferError::refused_address);
  CHECK(endpoint.connections() == 1);
}

TEST_CASE("Sender: a name that does not exist is dns; what is not the endpoint's fault is told apart") {
  for (const auto& [kind, error] : {std::pair{Kind::failed, TransferError::dns},
                                    {Kind::silent, TransferError::unresolved},
                                    {Kind::local, TransferError::local}}) {
    TestSender test(looking_up(answering({kind, {}, "why"})));
    const TransferResult result = test.one("http://some.test/");
    CHECK(result.error == error);
    CHECK(result.message == "cannot look up some.test: why");
    CHECK((result.retry_in > Millis{0}) == not_tried(error));
    CHECK(not_tried(error) == (kind != Kind::failed));
  }
}

TEST_CASE("Sender: addresses and localhost are not looked up") {
  RawEndpoint endpoint(always(kOk));
  TestSender test(looking_up([](const std::string&) -> Resolution {
    FAIL("looked up");
    return {};
  }));
  for (const char* host : {"127.0.0.1", "localhost", "LOCALHOST", "0x7f.1"}) {
    CAPTURE(host);
    CHECK(test.one(url(host, endpoint)).status == 200);
  }
}

TEST_CASE("Sender: names that hang hold up nobody, take few threads, and are sent to once they are known") {
  RawEndpoint endpoint(always(kOk));
  const auto server = std::make_shared<NameServer>();
  SenderOptions options = looking_up([server](const std::string& host) { return server->look_up(host); });
  options.resolver.max_at_work = 14;
  TestSender test(options);
  std::map<std::uint64_t, TransferResult> ended;
  const auto wait_for = [&](std::uint64_t id) {
    while (!ended.contains(id)) ended.merge(test.wait(1));
    return ended.at(id);
  };
  for (std::uint64_t i = 0; i < 10; ++i) test.submit(1'000 + i, url("silent" + std::to_string(i) + ".test", endpoint));
  server->wait_hanging(10);
  for (std::uint64_t i = 0; i < 200; ++i) {
    test.submit(i, i % 2 == 0 ? endpoint.url() : url("healthy.test", endpoint));
    REQUIRE(wait_for(i).status == 200);
  }
  server->wait_hanging(10);
  CHECK(test.sender.resolver_stats().at_work <= 14);
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(wait_for(1'000 + i).error == TransferError::unresolved);
  server->speak();
  REQUIRE(eventually([&] { return test.sender.resolver_stats().at_work == 0; }));
  CHECK(test.one(url("silent3.test", endpoint)).status == 200);
}

TEST_CASE(
    "Sender: of those that wait for names a quarter of what may be in flight does, others are given back at once") {
  const auto server = std::make_shared<NameServer>();
  SenderOptions options = looking_up([server](const std::string& host) { return server->look_up(host); });
  options.max_in_flight = 64;
  TestSender test(options);
  for (std::uint64_t i = 0; i < 60; ++i) test.submit(i, "http://silent" + std::to_string(i / 3) + ".test/");
  const auto given_back = test.wait(60 - 16);
  CHECK(given_back.begin()->first == 0);  // whose name has waited longest
  for (const auto& [id, result] : given_back) CHECK(result.error == TransferError::unresolved);
  CHECK(given_back.at(0).retry_in < Resolver::kPatience);  // not for its patience' end
  server->speak();
}

TEST_CASE("Sender: a transfer that waits for its name can be given up") {
  const auto server = std::make_shared<NameServer>();
  TestSender test(looking_up([server](const std::string& host) { return server->look_up(host); }));
  test.submit(1, "http://silent.test/");
  server->wait_hanging(1);
  test.sender.abort(1);
  const auto error = test.wait(1).at(1).error;
  CHECK(error == TransferError::aborted);
  server->speak();
}

TEST_CASE("Sender: goes away while a name hangs") {
  const auto server = std::make_shared<NameServer>();
  {
    TestSender test(looking_up([server](const std::string& host) { return server->look_up(host); }));
    test.submit(1, "http://silent.test/");
    server->wait_hanging(1);
  }
  server->speak();
}

TEST_CASE("Sender: without descriptors nothing is said of the endpoint") {
  RawEndpoint endpoint(always(kOk));
  TestSender test;
  CHECK(test.one(endpoint.url()).status == 200);
  RawEndpoint other(always(kOk));
  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  const int next = ::dup(0);  // all below are in use
  ::close(next);
  rlimit tight = old;
  tight.rlim_cur = static_cast<rlim_t>(next);
  ::setrlimit(RLIMIT_NOFILE, &tight);
  const TransferResult result = test.one(other.url());
  ::setrlimit(RLIMIT_NOFILE, &old);
  CHECK(result.error == TransferError::local);
  CHECK(result.status == 0);
  CHECK(result.retry_in > Millis{0});
  CHECK(other.connections() == 0);
  CHECK(test.one(other.url()).status == 200);
}

TEST_CASE("Sender: of several addresses the one that is asked for is dialled, and no connection to another is used") {
  RawEndpoint endpoint(always(kOk));
  TestSender test(looking_up(answering({Kind::found, {"127.0.0.2", "127.0.0.1"}, {}})));
  const auto one = [&](const std::string& address) {
    Transfer transfer;
    transfer.id = 1;
    transfer.url = url("some.test", endpoint);
    transfer.address = address;
    test.sender.submit(std::move(transfer));
    return test.wait(1).at(1);
  };
  for (int i = 0; i < 2; ++i) {
    CHECK(one("127.0.0.1").status == 200);
    CHECK(one("127.0.0.2").error == TransferError::connect);  // nobody is there
    CHECK(one("").status == 200);
  }
  const TransferResult result = one("127.0.0.1");
  REQUIRE(result.resolution);
  CHECK(result.resolution->addresses == std::vector<std::string>{"127.0.0.2", "127.0.0.1"});
  const TransferResult gone = one("127.0.0.3");
  CHECK(gone.error == TransferError::connect);
  CHECK(gone.unsent);
  CHECK(gone.message == "127.0.0.3 is no address of some.test any more");
  CHECK(gone.resolution == result.resolution);
  CHECK_FALSE(TestSender().one(endpoint.url()).resolution);
}

TEST_CASE("Sender: an address that is asked for is refused as any other") {
  RawEndpoint endpoint(always(kOk));
  TestSender test(looking_up(answering({Kind::found, {"10.0.0.1", "127.0.0.1"}, {}})));
  Transfer transfer;
  transfer.id = 1;
  transfer.url = url("some.test", endpoint);
  transfer.address = "10.0.0.1";
  test.sender.submit(std::move(transfer));
  CHECK(test.wait(1).at(1).error == TransferError::refused_address);
}
