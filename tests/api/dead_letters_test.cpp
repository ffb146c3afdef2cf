#include "api/dead_letters.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "api/steps.hpp"
#include "common/log/names.hpp"
#include "common/registry/proposal.hpp"
#include "tests/api/fixture.hpp"
#include "tests/fakes/counting_log.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::testing;

namespace {

struct DeadLetter {
  const char* delivery;
  const char* endpoint;
  std::int64_t term;
  const char* value = R"({"n":1})";
  const char* tenant = "default";
  bool hollow = false;
};

void put(Installation& installation, std::int32_t partition, const DeadLetter& letter) {
  log::Record record;
  record.headers.add("ce_specversion", "1.0");
  record.headers.add("ce_id", "client-1");
  record.headers.add("ce_type", "order.created");
  record.headers.add("ce_source", "urn:shop");
  record.headers.add("content-type", "application/json");
  record.headers.add("certes-id", "evt_1");
  record.headers.add("certes-h-x-github-event", "push");
  record.headers.add("certes-tenant", letter.tenant);
  record.headers.add("certes-endpoint", letter.endpoint);
  record.headers.add("certes-delivery", letter.delivery);
  record.headers.add("certes-origin", "0:1");
  record.headers.add("certes-term", std::to_string(letter.term));
  record.headers.add("certes-attempts", "3");
  record.headers.add("certes-rule", "exhausted");
  record.headers.add("certes-error", "http 500");
  record.headers.add("certes-answer", "out of \xff");
  record.headers.add("certes-registry", "0");
  if (letter.hollow) record.headers.add("certes-payload", "dropped");
  if (!letter.hollow) record.value = letter.value;
  installation.cluster->put(log::Topic::dead_letters, partition, std::move(record));
}

void begin_term(Installation& installation, std::int32_t partition, std::int64_t term) {
  log::Record record;
  record.headers.add("certes-term", std::to_string(term));
  installation.cluster->put(log::Topic::dead_letters, partition, std::move(record));
}

std::string deliveries(const Answer& answer) {
  REQUIRE_MESSAGE(answer.status == 200, answer.json.dump());
  std::string all;
  for (const auto& item : answer.json["items"]) all += item["delivery"].get<std::string>() + " ";
  return all;
}

// The id of the letter of that delivery, as the list shows it.
std::string id_of(Process& api, const std::string& delivery) {
  Answer answer;
  REQUIRE(fakes::eventually([&] {
    answer = api.get("/dead-letters?delivery=" + delivery);
    return answer.status == 200 && answer.json["items"].size() == 1;
  }));
  return answer.json["items"][0]["id"];
}

// Of a process that has an index there: which jobs on dead letters need.
std::function<void(config::Settings&)> with_history(const test::TemporaryDirectory& directory) {
  return [&directory](config::Settings& settings) { settings.history.dir = directory.path(); };
}

// Dead letters are read so slowly that each is a step of its own.
class SlowLog final : public fakes::CountingLog {
 public:
  explicit SlowLog(std::unique_ptr<log::Log> log) : CountingLog(*log), log_(std::move(log)) {}
  std::unique_ptr<log::Reader> reader(log::Topic topic, std::int32_t partition, std::int64_t from,
                                      log::Wake wake) override {
    auto reader = log_->reader(topic, partition, from, std::move(wake));
    if (topic != log::Topic::dead_letters) return reader;
    ++readers;
    return std::make_unique<SlowReader>(std::move(reader));
  }

 private:
  struct SlowReader final : log::Reader {
    explicit SlowReader(std::unique_ptr<log::Reader> given) : reader(std::move(given)) {}
    Result<std::size_t> read(std::size_t max, std::vector<log::RecordPtr>& out) override {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable().wait_for(lock, api::LongSteps::kStep, [] { return false; });
      return reader->read(max, out);
    }
    std::int64_t position() const override { return reader->position(); }
    std::unique_ptr<log::Reader> reader;
  };
  std::unique_ptr<log::Log> log_;
};

std::vector<log::RecordPtr> events(const Installation& installation) {
  std::vector<log::RecordPtr> all;
  for (std::int32_t p = 0; p < 3; ++p)
    for (std::int64_t at = 0; at < installation.cluster->range(log::Topic::events, p).end; ++at)
      all.push_back(installation.cluster->at(log::Topic::events, p, at));
  return all;
}

}  // namespace

TEST_CASE("Dead letters: are listed over all partitions, by endpoint, page by page") {
  Installation installation;
  Process api(installation);
  for (const std::int32_t p : {0, 1, 2}) begin_term(installation, p, 1);
  put(installation, 0, {"dlv_a", "one", 1});
  put(installation, 0, {"dlv_b", "two", 1});
  put(installation, 2, {"dlv_c", "one", 1});
  put(installation, 2, {"dlv_x", "one", 1, "{}", "acme"});
  CHECK(deliveries(api.get("/dead-letters")) == "dlv_a dlv_b dlv_c ");
  CHECK(deliveries(api.get("/dead-letters?endpoint=one")) == "dlv_a dlv_c ");
  std::string all;
  std::string after;
  for (int pages = 0; pages < 9; ++pages) {
    const auto page = api.get("/dead-letters?limit=1&after=" + after);
    REQUIRE(page.status == 200);
    all += deliveries(page);
    if (page.json["next"].is_null()) break;
    after = page.json["next"].get<std::string>();
  }
  CHECK(all == "dlv_a dlv_b dlv_c ");
  CHECK(api.get("/dead-letters?after=x").status == 400);
  CHECK(api.get("/dead-letters").json["items"][0]["rule"] == "exhausted");
  CHECK(api.get("/dead-letters").json["items"][0]["attempts"] == 3);
}

TEST_CASE("Dead letters: what stands behind a higher term is void, on the next page too") {
  Installation installation;
  Process api(installation);
  put(installation, 0, {"dlv_a", "one", 1});
  begin_term(installation, 0, 2);
  put(installation, 0, {"dlv_b", "one", 2});
  put(installation, 0, {"dlv_late", "one", 1});
  put(installation, 0, {"dlv_c", "one", 2});
  CHECK(deliveries(api.get("/dead-letters")) == "dlv_a dlv_b dlv_c ");
  const auto first = api.get("/dead-letters?limit=2");
  CHECK(deliveries(first) == "dlv_a dlv_b ");
  CHECK(deliveries(api.get("/dead-letters?after=" + first.json["next"].get<std::string>())) == "dlv_c ");
  CHECK(api.get("/dead-letters/dlv_late").status == 404);
}

TEST_CASE("Dead letters: one is shown with its payload, by its id or its delivery") {
  Installation installation;
  Process api(installation);
  put(installation, 1, {"dlv_a", "one", 1, R"({"n":1})"});
  put(installation, 1, {"dlv_b", "one", 1, "\xff\x01 no text"});
  const std::string id = id_of(api, "dlv_a");
  CHECK(id.starts_with("dl_1_0_"));
  const auto json = api.get("/dead-letters/" + id);
  REQUIRE(json.status == 200);
  CHECK(json.json["data"]["n"] == 1);
  CHECK(json.json["error"] == "http 500");
  CHECK(json.json["answer"] == "out of \xef\xbf\xbd");
  CHECK(json.json["type"] == "order.created");
  CHECK(json.json["id"] == id);
  const auto bytes = api.get("/dead-letters/dlv_b");
  REQUIRE(bytes.status == 200);
  CHECK(bytes.json["id"] == id_of(api, "dlv_b"));
  CHECK(*crypto::base64_decode(bytes.json["data_base64"].get<std::string>()) == "\xff\x01 no text");
}

TEST_CASE("Dead letters: an id is worth nothing for another record, another tenant, or another log") {
  Installation installation;
  Process api(installation);
  put(installation, 1, {"dlv_a", "one", 1});
  put(installation, 1, {"dlv_b", "one", 1});
  put(installation, 1, {"dlv_c", "one", 1, "{}", "acme"});
  const std::string id = id_of(api, "dlv_a");
  const std::string proof = id.substr(id.rfind('_'));
  const std::vector<std::string> others{"dl_1_1" + proof,
                                        "dl_1_2" + proof,
                                        "dl_0_0" + proof,
                                        "dl_1_99" + proof,
                                        "dl_7_0" + proof,
                                        "dl_99999999999_0" + proof,
                                        "dl_1_99999999999999999999" + proof,
                                        "dl_01_0" + proof,
                                        "dl_+1_0" + proof,
                                        "dl_-1_0" + proof,
                                        "dl_1_-1" + proof,
                                        "dl__" + proof,
                                        "dl_1_0",
                                        id.substr(0, id.size() - 1),
                                        id + "0",
                                        id.substr(0, id.size() - 1) + "x",
                                        std::string("dl_"),
                                        std::string("1-0"),
                                        std::string("dlv_none"),
                                        std::string("%00"),
                                        std::string("dl_%2e%2e"),
                                        std::string(1'500, 'd')};
  for (const std::string& other : others) CHECK_MESSAGE(api.get("/dead-letters/" + other).status == 404, other);
  CHECK(api.get("/dead-letters/" + id).status == 200);
  Installation elsewhere;
  elsewhere.sealing_key = installation.sealing_key;
  Process another(elsewhere);
  put(elsewhere, 1, {"dlv_other", "one", 1});
  CHECK(another.get("/dead-letters/" + id).status == 404);
}

TEST_CASE("Dead letters: what was trimmed is not there") {
  Installation installation;
  Process api(installation);
  for (const char* delivery : {"dlv_a", "dlv_b"}) put(installation, 1, {delivery, "one", 1});
  const std::string first = id_of(api, "dlv_a");
  const std::string second = id_of(api, "dlv_b");
  const auto log = log::memory::make(installation.cluster, 77);
  REQUIRE(log->trim(log::Topic::dead_letters, 1, 1, Millis{1'000}));
  CHECK(api.get("/dead-letters/" + first).status == 404);
  CHECK(api.request("POST", "/dead-letters/" + first + "/replay").status == 404);
  CHECK(api.get("/dead-letters/" + second).status == 200);
}

TEST_CASE("Dead letters: one is found by its id without reading others, by its delivery within a budget") {
  Installation installation;
  Process api(installation, true, [](config::Settings& settings) { settings.api.scan_bytes = 64 << 10; });
  const std::string value = '"' + std::string(10'000, 'x') + '"';
  for (int i = 0; i < 30; ++i) put(installation, 0, {("dlv_" + std::to_string(i)).c_str(), "one", 1, value.c_str()});
  std::string after;
  Answer answer;
  int requests = 0;
  do {
    answer = api.get("/dead-letters/dlv_29?after=" + after);
    ++requests;
    if (answer.status != 503) break;
    CHECK(answer.json["type"].get<std::string>().ends_with("search-incomplete"));
    after = answer.json["next"].get<std::string>();
  } while (requests < 30);
  REQUIRE(answer.status == 200);
  CHECK(requests == 5);
  CHECK(api.get("/dead-letters/" + answer.json["id"].get<std::string>()).status == 200);
  const auto page = api.get("/dead-letters?delivery=dlv_29");
  CHECK(page.json["items"].empty());
  CHECK(page.json["next"].is_string());
}

TEST_CASE("Dead letters: a page ends when it has read, or holds, as much as one may") {
  Installation installation;
  Process api(installation, true, [](config::Settings& settings) {
    settings.api.scan_bytes = 64 << 10;
    settings.api.page_bytes = 4'096;
  });
  const std::string large(30'000, '1');
  for (int i = 0; i < 12; ++i)
    put(installation, i % 3, {("dlv_" + std::to_string(i)).c_str(), "one", 1, i % 2 ? large.c_str() : "1"});
  std::string after;
  std::set<std::string> seen;
  int pages = 0;
  for (; pages < 30; ++pages) {
    const auto page = api.get("/dead-letters?limit=1000&after=" + after);
    REQUIRE(page.status == 200);
    CHECK(page.body.size() < 4'096 + 1'024);
    for (const auto& item : page.json["items"]) CHECK(seen.insert(item["delivery"]).second);
    if (page.json["next"].is_null()) break;
    after = page.json["next"].get<std::string>();
  }
  CHECK(seen.size() == 12);
  CHECK(pages > 1);
}

TEST_CASE("Dead letters: a payload nested without end is shown as text, and no number is rounded") {
  Installation installation;
  Process api(installation);
  const std::string deep = std::string(80'000, '[') + std::string(80'000, ']');
  put(installation, 1, {"dlv_a", "one", 1, deep.c_str()});
  put(installation, 1, {"dlv_b", "one", 1, R"({"n":12345678901234567890123, "m":0.10})"});
  const auto shown = api.get("/dead-letters/dlv_a");
  REQUIRE(shown.status == 200);
  CHECK(shown.json["text"] == deep);
  CHECK(api.get("/dead-letters/dlv_b").body.find(R"("data":{"n":12345678901234567890123, "m":0.10})") !=
        std::string::npos);
}

TEST_CASE("Dead letters: what has lost its payload says so, and is not sent again as something else") {
  const test::TemporaryDirectory directory;
  Installation installation;
  Process api(installation, true, with_history(directory));
  put(installation, 0, {"dlv_hollow", "one", 1, "", "default", true});
  put(installation, 0, {"dlv_whole", "one", 1});
  const std::string hollow = id_of(api, "dlv_hollow");
  const auto shown = api.get("/dead-letters/" + hollow);
  CHECK(shown.json["payload_dropped"] == true);
  CHECK(shown.json["bytes"] == 0);
  CHECK_FALSE(api.get("/dead-letters/" + id_of(api, "dlv_whole")).json.contains("payload_dropped"));
  const auto refused = api.request("POST", "/dead-letters/" + hollow + "/replay");
  CHECK(refused.status == 409);
  CHECK(refused.json["detail"] == "this dead letter has lost its payload: there is nothing to send");
  const Json all = api.job("/dead-letters/replay", {{"all", true}});
  CHECK(all["done"] == 1);
  CHECK(all["skipped"] == 1);
  CHECK(events(installation).size() == 1);
}

TEST_CASE("Dead letters: a replay stands on events, for its endpoint alone, with all the event had") {
  Installation installation;
  Process api(installation);
  put(installation, 1, {"dlv_a", "one", 1, "{\"a\" : 1}"});
  const auto answer = api.request("POST", "/dead-letters/dlv_a/replay");
  REQUIRE(answer.status == 202);
  CHECK(answer.json["id"] == "rpl_letter_1-0");
  CHECK(answer.json["count"] == 1);
  REQUIRE(events(installation).size() == 1);
  const log::RecordPtr replay = events(installation).front();
  CHECK(replay->partition == 1);
  CHECK(replay->value == "{\"a\" : 1}");
  CHECK(replay->headers.get("certes-replay") == answer.json["id"].get<std::string>());
  CHECK(replay->headers.get("certes-endpoint") == "one");
  CHECK(replay->headers.get("ce_type") == "order.created");
  CHECK(replay->headers.get("certes-h-x-github-event") == "push");
  CHECK(replay->headers.get("content-type") == "application/json");
  for (const char* name : {"certes-delivery", "certes-term", "certes-origin", "certes-attempts", "certes-rule",
                           "certes-error", "certes-answer"}) {
    CHECK_FALSE(replay->headers.find(name));
  }
  CHECK(api.request("POST", "/dead-letters/dlv_none/replay").status == 404);
}

TEST_CASE("Dead letters: a replay's stamp is of when it is asked for") {
  Installation installation;
  Process api(installation);
  put(installation, 1, {"dlv_a", "one", 1});
  REQUIRE(api.put("/endpoints/one", {{"url", "https://a.example/"}}).status == 201);
  REQUIRE(api.request("POST", "/dead-letters/dlv_a/replay").status == 202);
  std::vector<std::string> stamps;
  for (const auto header : events(installation).front()->headers)
    if (header.name == "certes-registry") stamps.emplace_back(header.value);
  CHECK(stamps == std::vector{std::to_string(api.registry.position())});
  CHECK(api.registry.position() > 0);
}

TEST_CASE("Dead letters: many are replayed by filter, and one without endpoint is not") {
  const test::TemporaryDirectory directory;
  Installation installation;
  Process api(installation, true, with_history(directory));
  put(installation, 0, {"dlv_a", "one", 1});
  put(installation, 1, {"dlv_b", "two", 1});
  put(installation, 2, {"dlv_c", "one", 1});
  put(installation, 2, {"dlv_d", "", 1});
  put(installation, 2, {"dlv_e", "one", 1, "{}", "acme"});
  const auto done = [&](Json filter) {
    filter["again"] = true;
    const Json job = api.job("/dead-letters/replay", filter);
    CHECK(job["state"] == "done");
    CHECK(job["left"] == 0);
    return std::pair(job["done"].get<int>(), job["skipped"].get<int>());
  };
  const std::string b = id_of(api, "dlv_b");
  const std::string c = id_of(api, "dlv_c");
  std::string gone = b;
  gone.replace(0, 6, "dl_1_9");
  CHECK(done({{"endpoint", "one"}}) == std::pair(2, 0));
  CHECK(done({{"ids", {c, b, c, gone}}}) == std::pair(2, 1));
  CHECK(done({{"ids", {c, b}}, {"endpoint", "two"}}) == std::pair(1, 1));
  CHECK(done({{"all", true}}) == std::pair(3, 1));
  CHECK(done({{"type", "order.created"}, {"rule", "exhausted"}, {"endpoint", "two"}}) == std::pair(1, 0));
  CHECK(done({{"rule", "gone"}}) == std::pair(0, 0));
  CHECK(done({{"to", "2020-01-01T00:00:00Z"}}) == std::pair(0, 0));
  CHECK(done({{"from", "2020-01-01T00:00:00Z"}}) == std::pair(3, 1));
  CHECK(events(installation).size() == 12);
  CHECK(api.request("POST", "/dead-letters/" + id_of(api, "dlv_d") + "/replay").status == 409);
}

TEST_CASE("Dead letters: an empty body replays nothing, and neither does a filter that is spelt wrong") {
  const test::TemporaryDirectory directory;
  Installation installation;
  Process api(installation, true, with_history(directory));
  put(installation, 0, {"dlv_a", "one", 1});
  CHECK(api.request("POST", "/dead-letters/replay").status == 400);
  CHECK(api.post("/dead-letters/replay", Json::object()).status == 400);
  const auto unknown = api.post("/dead-letters/replay?endpoint=one", {{"all", true}});
  CHECK(unknown.status == 400);
  CHECK(unknown.json["pointer"] == "endpoint");
  CHECK(api.request("GET", "/dead-letters?endpont=one").json["pointer"] == "endpont");
  REQUIRE(fakes::eventually([&] { return api.get("/dead-letters").status == 200; }));
  CHECK(api.request("GET", "/dead-letters?endpoint=one&limit=5&tenant=default").status == 200);
  CHECK(events(installation).empty());
}

TEST_CASE("Dead letters: a replay of many says what is wrong with what it asks for") {
  const test::TemporaryDirectory directory;
  Installation installation;
  Process api(installation, true, with_history(directory));
  put(installation, 0, {"dlv_a", "one", 1});
  CHECK(api.post("/dead-letters/replay", {{"colour", "red"}}).json["pointer"] == "/colour");
  CHECK(api.post("/dead-letters/replay", {{"ids", {id_of(api, "dlv_a"), "dlv_a"}}}).json["pointer"] == "/ids/1");
  CHECK(api.post("/dead-letters/replay", {{"all", true}, {"endpoint", "one"}}).json["pointer"] == "/all");
  CHECK(api.post("/dead-letters/replay", {{"source", "/shop"}}).json["pointer"] == "/source");
  CHECK(api.post("/dead-letters/replay", {{"type", "no type"}}).json["pointer"] == "/type");
  CHECK(api.post("/dead-letters/replay", {{"all", true}, {"priority", "urgent"}}).json["pointer"] == "/priority");
  CHECK(api.post("/dead-letters/replay", Json::object()).status == 400);
  CHECK(api.post("/dead-letters/replay", {{"all", false}}).status == 400);
  CHECK(api.request("POST", "/dead-letters/replay").status == 400);
  CHECK(events(installation).empty());
}

TEST_CASE("Dead letters: a replay of many goes in steps, and ends complete, each once") {
  const test::TemporaryDirectory directory;
  Installation installation;
  Process api(installation, true, with_history(directory));
  const std::string value(100'000, '1');
  for (int i = 0; i < 50; ++i)
    put(installation, i % 3, {("dlv_" + std::to_string(i)).c_str(), i % 5 == 0 ? "two" : "one", 1, value.c_str()});
  Answer counted;
  REQUIRE(fakes::eventually([&] {
    counted = api.post("/dead-letters/replay?dry_run=true", {{"endpoint", "one"}});
    return counted.status == 200 && counted.json["count"] == 40;
  }));
  CHECK(counted.json["count"] == 40);
  CHECK(counted.json["complete"] == true);
  CHECK(events(installation).empty());
  const Json job = api.job("/dead-letters/replay", {{"endpoint", "one"}, {"priority", "low"}});
  CHECK(job["kind"] == "replay_dead_letters");
  CHECK(job["total"] == 40);
  CHECK(job["done"] == 40);
  std::set<std::string> replays;
  for (const auto& record : events(installation)) {
    CHECK(replays.insert(std::string(record->headers.get("certes-replay"))).second);
    CHECK(record->headers.get("certes-priority") == "low");
  }
  CHECK(replays.size() == 40);
  CHECK(api.get("/replays").json["items"].size() == 1);
}

namespace {

// How much stands at the log at once, of all its appenders.
struct InFlight {
  std::atomic<std::size_t> bytes{0}, most{0};
  void add(std::size_t size) {
    const std::size_t now = bytes += size;
    for (std::size_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
  }
};

class MeasuredLog final : public fakes::CountingLog {
 public:
  MeasuredLog(std::unique_ptr<log::Log> log, std::shared_ptr<InFlight> flight)
      : CountingLog(*log), log_(std::move(log)), flight_(std::move(flight)) {}
  std::unique_ptr<log::Appender> appender(log::AppenderOptions options, log::Wake wake) override {
    return std::make_unique<Appender>(CountingLog::appender(options, std::move(wake)), flight_);
  }

 private:
  class Appender final : public log::Appender {
   public:
    Appender(std::unique_ptr<log::Appender> appender, std::shared_ptr<InFlight> flight)
        : flight_(std::move(flight)), appender_(std::move(appender)) {}
    Result<void> append(log::Topic topic, std::int32_t partition, log::Record&& record,
                        log::AppendCallback done) override {
      const std::size_t size = topic == log::Topic::events ? record.size() : 0;
      flight_->add(size);
      return appender_->append(topic, partition, std::move(record),
                               [size, flight = flight_, done = std::move(done)](log::AppendResult&& result) {
                                 flight->bytes -= size;
                                 done(std::move(result));
                               });
    }
    void flush() override { appender_->flush(); }
    void poll() override { appender_->poll(); }
    std::size_t pending() const override { return appender_->pending(); }

   private:
    const std::shared_ptr<InFlight> flight_;
    const std::unique_ptr<log::Appender> appender_;
  };

  const std::unique_ptr<log::Log> log_;
  const std::shared_ptr<InFlight> flight_;
};

}  // namespace

TEST_CASE("Dead letters: of all replays together no more than a mebibyte stands before others' records at the log") {
  const auto flight = std::make_shared<InFlight>();
  const test::TemporaryDirectory directory;
  Installation installation;
  installation.wrap = [flight](std::unique_ptr<log::Log> log) {
    return std::make_unique<MeasuredLog>(std::move(log), flight);
  };
  Process api(installation, true, with_history(directory));
  const std::string value(300'000, '1');
  for (int i = 0; i < 20; ++i) put(installation, 0, {("dlv_" + std::to_string(i)).c_str(), "one", 1, value.c_str()});
  const auto replay = [&] { CHECK(api.job("/dead-letters/replay", {{"all", true}, {"again", true}})["done"] == 20); };
  std::thread other(replay);
  replay();
  other.join();
  CHECK(events(installation).size() == 40);
  CHECK(flight->most <= 1u << 20);
  CHECK(flight->most > 600'000);
}

TEST_CASE("Dead letters: what fails again while a replay goes on is none of it") {
  const test::TemporaryDirectory directory;
  Installation installation;
  Process api(installation, true, [&](config::Settings& settings) {
    settings.history.dir = directory.path();
    settings.jobs.progress_every = Millis{100};
  });
  for (int i = 0; i < 4; ++i) put(installation, i % 2, {("dlv_" + std::to_string(i)).c_str(), "one", 1});
  const auto made = api.post("/dead-letters/replay", {{"all", true}, {"rate_per_second", 0.01}});
  const std::string id = made.json["id"], path = "/jobs/" + id;
  REQUIRE(fakes::eventually([&] { return events(installation).size() == 1; }));
  for (int partition = 0; partition < 3; ++partition) put(installation, partition, {"dlv_new", "one", 1});
  REQUIRE(fakes::eventually([&] { return api.get(path).json["done"] == 1; }));
  REQUIRE(api.post(path + "/pause", Json::object()).status == 200);
  // The rest as fast as may be.
  const auto paused = api.registry.state()->job("default", id);
  registry::Job fast = *paused;
  fast.rate_per_second = 0;
  registry::Change change = registry::change_to(fast, paused.get());
  change.by = "test";
  REQUIRE(api.registry.propose(change, Millis{5'000}));
  REQUIRE(api.post(path + "/resume", Json::object()).status == 200);
  REQUIRE(fakes::eventually([&] { return api.get(path).json["state"] == "done"; }));
  CHECK(api.get(path).json["done"] == 4);
  CHECK(events(installation).size() == 4);
}

TEST_CASE("Dead letters: the same replay again is the same record, with the same identity") {
  const test::TemporaryDirectory directory;
  Installation installation;
  Process api(installation, true, with_history(directory));
  put(installation, 2, {"dlv_a", "one", 1});
  const std::string path = "/dead-letters/" + id_of(api, "dlv_a") + "/replay";
  const auto first = api.request("POST", path);
  CHECK(api.request("POST", path).json["id"] == first.json["id"]);
  REQUIRE(fakes::eventually([&] { return api.get("/dead-letters?state=replayed").json["items"].size() == 1; }));
  CHECK(api.job("/dead-letters/replay", {{"all", true}})["done"] == 0);
  const auto again = api.post(path, {{"again", true}});
  CHECK(again.json["id"] != first.json["id"]);
  CHECK_FALSE(api.post(path, {{"again", true}}).json["id"] == again.json["id"]);
  const auto all = events(installation);
  REQUIRE(all.size() == 4);
  for (const auto& record : all) CHECK(record->partition == 2);

  const auto letter = installation.cluster->at(log::Topic::dead_letters, 2, 0);
  const auto one = api::replay_of(*letter);
  const auto other = api::replay_of(*letter);
  CHECK(bool(one->identity));
  CHECK(one->identity == other->identity);
  CHECK_FALSE(api::replay_of(*letter, "once_more")->identity == one->identity);
}

TEST_CASE("Dead letters: a cursor survives as text, and other text is none") {
  const api::DeadLetterCursor cursor{3, 77, 5, {100, 0, 7}};
  const auto read = api::DeadLetterCursor::parse(cursor.text());
  REQUIRE(read);
  CHECK(read->partition == 3);
  CHECK(read->offset == 77);
  CHECK(read->term == 5);
  CHECK(read->ends == cursor.ends);
  for (const char* text : {"x", "MS0y", "LS0t", "MS0tMi0z"}) CHECK_FALSE(api::DeadLetterCursor::parse(text));
}

TEST_CASE("Dead letters: what is read in many steps is read once, with the terms of all") {
  SlowLog* log = nullptr;
  Installation installation;
  installation.wrap = [&](std::unique_ptr<log::Log> inner) -> std::unique_ptr<log::Log> {
    auto slow = std::make_unique<SlowLog>(std::move(inner));
    log = slow.get();
    return slow;
  };
  Process api(installation);
  put(installation, 0, {"dlv_a", "one", 1});
  begin_term(installation, 0, 2);
  put(installation, 0, {"dlv_late", "one", 1});
  put(installation, 0, {"dlv_b", "one", 2});
  put(installation, 1, {"dlv_c", "two", 1});
  CHECK(deliveries(api.get("/dead-letters")) == "dlv_a dlv_b dlv_c ");
  CHECK(log->readers == 5);
  CHECK(api.get("/dead-letters/dlv_c").json["delivery"] == "dlv_c");
  CHECK(api.get("/dead-letters/dlv_d").status == 404);

  const test::TemporaryDirectory directory;
  Process indexed(installation, true, with_history(directory));
  CHECK(indexed.job("/dead-letters/replay", {{"all", true}})["done"] == 3);
  CHECK(events(installation).size() == 3);
  const std::string first = id_of(indexed, "dlv_a"), last = id_of(indexed, "dlv_c");
  CHECK(indexed.job("/dead-letters/replay", {{"ids", {first, last}}, {"again", true}})["done"] == 2);
  CHECK(events(installation).size() == 5);
}

TEST_CASE("Dead letters: are listed by type, rule, event and time") {
  Installation installation;
  Process api(installation);
  put(installation, 0, {"dlv_a", "one", 1});
  put(installation, 1, {"dlv_b", "two", 1});
  CHECK(deliveries(api.get("/dead-letters?type=order.created&rule=exhausted")) == "dlv_a dlv_b ");
  CHECK(deliveries(api.get("/dead-letters?type=order.paid")).empty());
  CHECK(deliveries(api.get("/dead-letters?rule=gone")).empty());
  CHECK(deliveries(api.get("/dead-letters?event=evt_none")).empty());
  CHECK(deliveries(api.get("/dead-letters?from=2020-01-01T00:00:00Z&endpoint=two")) == "dlv_b ");
  CHECK(deliveries(api.get("/dead-letters?to=2020-01-01T00:00:00Z")).empty());
  CHECK(api.get("/dead-letters?from=yesterday").json["pointer"] == "from");
  CHECK(api.get("/dead-letters?type=no%20type").json["pointer"] == "type");
}
