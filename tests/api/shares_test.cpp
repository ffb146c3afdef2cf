// Two tenants at one Master API: what one floods does not hold up the other.
#include <condition_variable>

#include "tests/api/fixture.hpp"
#include "tests/fakes/counting_log.hpp"
#include "tests/fakes/http_client.hpp"
#include "tests/fakes/http_eventually.hpp"

using namespace certes;
using namespace certes::api::testing;

namespace {

// Who asks about dead letters waits until it is opened.
class Gate {
 public:
  ~Gate() { open(); }
  void pass() {
    std::unique_lock lock(mutex_);
    ++inside_;
    opened_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  int inside() {
    const std::lock_guard lock(mutex_);
    return inside_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  int inside_ = 0;
};

class GatedLog final : public fakes::CountingLog {
 public:
  GatedLog(std::unique_ptr<log::Log> log, std::shared_ptr<Gate> gate)
      : CountingLog(*log), log_(std::move(log)), gate_(std::move(gate)) {}
  Result<log::OffsetRange> offsets(log::Topic topic, std::int32_t partition, Millis timeout) override {
    if (topic == log::Topic::dead_letters) gate_->pass();
    return CountingLog::offsets(topic, partition, timeout);
  }

 private:
  std::unique_ptr<log::Log> log_;
  std::shared_ptr<Gate> gate_;
};

struct Floodable {
  Floodable() {
    for (const char* tenant : {"acme", "globex"}) {
      REQUIRE(api.put("/tenants/" + std::string(tenant), Json::object()).status == 201);
      const auto made = api.request("POST", "/keys?tenant=" + std::string(tenant), R"({"scopes":["*"]})");
      REQUIRE_MESSAGE(made.status == 201, made.body);
      keys[tenant] = made.json["key"];
    }
  }
  ~Floodable() { gate->open(); }

  // A client that has asked.
  fakes::RawClient ask(const std::string& tenant, const std::string& path) {
    const std::string address = api.address();
    fakes::RawClient client(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    REQUIRE(client.send("GET /api/v1" + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + keys[tenant] +
                        "\r\n\r\n"));
    return client;
  }

  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  Installation installation{.wrap = [this](std::unique_ptr<log::Log> log) -> std::unique_ptr<log::Log> {
    return std::make_unique<GatedLog>(std::move(log), gate);
  }};
  Process api{installation};
  std::map<std::string, std::string> keys;
};

}  // namespace

TEST_CASE("Shares: one tenant's long work holds up nobody's short requests, nor another's long ones") {
  Floodable f;
  std::vector<fakes::RawClient> flood;
  for (int i = 0; i < 20; ++i) flood.push_back(f.ask("acme", "/dead-letters"));
  REQUIRE(fakes::eventually([&] { return f.gate->inside() == 3; }));  // of api.long_workers = 4
  CHECK(f.ask("globex", "/endpoints").answer().status == 200);
  CHECK(f.ask("acme", "/endpoints").answer().status == 200);
  auto other = f.ask("globex", "/dead-letters");
  CHECK(fakes::eventually([&] { return f.gate->inside() == 4; }));
  f.gate->open();
  CHECK(other.answer().status == 200);
  for (auto& client : flood) CHECK(client.answer().status == 200);
}
