// Walks every route of both listeners with every kind of key, without the log, and as web pages and strangers.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "api/table.hpp"
#include "common/registry/resource_json.hpp"
#include "gateway/gateway.hpp"
#include "gateway/table.hpp"
#include "tests/api/fixture.hpp"
#include "tests/fakes/http_client.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api;
using namespace certes::api::testing;

namespace {

constexpr const char* kPast = "2020-01-01T00:00:00Z";
constexpr int kNone = 0;

// What the default tenant has of each kind of resource, so that there is something to see and touch; "example.com"
// stands in what another tenant must not see.
const std::vector<std::pair<std::string, Json>>& seeds() {
  static const std::vector<std::pair<std::string, Json>> all = {
      {"/tenants", {{"id", "acme"}}},
      {"/sources", {{"id", "seed"}, {"verify", {{"scheme", "key"}}}, {"type_from", "const:example.com"}}},
      {"/endpoints", {{"id", "seed"}, {"url", "https://example.com/"}, {"timeout_seconds", 0.1}}},
      {"/subscriptions", {{"id", "seed"}, {"endpoint", "seed"}, {"pattern", "example.com.#"}}},
      {"/event-types", {{"id", "seed"}, {"schema", {{"title", "example.com"}}}}},
      {"/backoff-policies", {{"id", "seed"}, {"strategy", "constant"}}},
      {"/keys", {{"id", "seed"}, {"scopes", {"keys:write"}}}},
  };
  return all;
}

// A row of either table.
struct Row : gateway::Route {
  bool at_api, served;
  bool needs_no_log;  // the same answer to everybody, at any time
};

template <class... Handlers>
void add(std::vector<Row>& all, std::span<const gateway::Row<Handlers...>> table, bool at_api) {
  for (const auto& row : table) {
    const auto* page = std::get_if<http::Page>(&row.handler);
    const bool served =
        page != nullptr ||
        ((std::holds_alternative<Handlers>(row.handler) && std::get<Handlers>(row.handler) != nullptr) || ...);
    const bool needs_no_log =
        ((std::is_same_v<Handlers, ApiPage> && std::holds_alternative<Handlers>(row.handler)) || ...) ||
        (page != nullptr && (*page == http::Page::live || *page == http::Page::problem));
    all.push_back({row, at_api, served, needs_no_log});
  }
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> both;
    add(both, gateway::routes(), false);
    add(both, routes(), true);
    return both;
  }();
  return all;
}

const Row& row_of(const std::string& method, const std::string& pattern) {
  return *std::ranges::find_if(rows(), [&](const Row& row) { return row.method == method && row.pattern == pattern; });
}

// One that lists or makes resources of a kind, or shows a whole.
bool names_nothing(const Row& route) { return route.pattern.find('{') == std::string_view::npos; }

// Both listeners over one log, with keys and resources to walk with.
class Walk {
 public:
  explicit Walk(bool dev = false)
      : api_(installation_, dev, [this](config::Settings& settings) { settings.history.dir = directory_.path(); }),
        log_(log::memory::make(installation_.cluster, 99)) {
    settings_.dev = dev;
    settings_.gateway.listen = "127.0.0.1:0";
    settings_.gateway.loops = 1;
    gateway_ = std::make_unique<gateway::Gateway>(
        gateway::Dependencies{settings_, *log_, api_.registry, api_.sealer, metrics_, api_.clock, addresses_});
    REQUIRE(gateway_->start());
    admin = api_.key = *ensure_admin_key(api_.registry, api_.settings);
    for (const auto& [kind, resource] : seeds()) make(kind, resource);
    acme = key({{"id", "acme"}, {"scopes", {"*"}}, {"tenant", "acme"}});
    api_.key = admin;
    REQUIRE(fakes::eventually([this] { return api_.get("/events").status == 200; }));
    expired = key({{"id", "expired"}, {"scopes", {"*"}}, {"expires", kPast}});
  }
  ~Walk() { gateway_->stop(Millis{0}); }

  std::string key(const Json& wanted) {
    api_.key = admin;
    return make("/keys", wanted)["key"].get<std::string>();
  }

  // The status of a request that says no more than it must; its body is read unless it never ends.
  int status(const Row& route, const std::string& text, const std::string& tenant = "default",
             const std::string& query = {}, const httplib::Headers& headers = {}) {
    const bool at_api = route.at_api;
    httplib::Client client("http://" + (at_api ? api_.address() : gateway_->address()));
    client.set_read_timeout(20);
    httplib::Request request;
    request.method = std::string(route.method);
    request.path = path(route, tenant) + query;
    if (!text.empty()) request.headers.emplace("Authorization", "Bearer " + text);
    if (route.method != "GET") request.body = "{}";
    if (route.method != "GET" && headers.count("Content-Type") == 0)
      request.headers.emplace("Content-Type", "application/json");
    for (const auto& [name, value] : headers) request.headers.emplace(name, value);
    int got = kNone;
    request.response_handler = [&](const httplib::Response& response) {
      got = response.status;
      allow = response.get_header_value("Allow");
      retry_after = response.get_header_value("Retry-After");
      return response.get_header_value("Content-Type").find("event-stream") == std::string::npos;
    };
    request.content_receiver = [this](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      body.append(data, size);
      return true;
    };
    body.clear();
    const auto result = client.send(request);
    return result ? result->status : got;
  }

  // All that the default tenant has, as the admin sees it: what every route shows that lists something.
  std::string everything() {
    api_.key = admin;
    std::string text;
    for (const Row& route : rows())
      if (route.at_api && route.method == "GET" && route.access == gateway::Access::key && names_nothing(route))
        text += items(api_.get(route.pattern.substr(kApiRoot.size()) + "?limit=1000")) + "\n";
    return text;
  }

  // Beside them a list may say how far it goes, and other answers of when they are, which moves on by itself.
  static std::string items(const Answer& answer) {
    if (answer.json.contains("items")) return answer.json["items"].dump();
    Json json = answer.json;
    if (json.is_object()) json.erase("at");
    return json.dump();
  }

  static std::string path(const Row& route, const std::string& tenant) {
    std::string text;
    std::string_view rest = route.pattern;
    while (!rest.empty()) {
      const std::size_t open = std::min(rest.find('{'), rest.size());
      text.append(rest.substr(0, open));
      rest.remove_prefix(open);
      if (rest.empty()) break;
      text += rest.starts_with("{tenant}")    ? tenant
              : rest.starts_with("{version}") ? "1"
              : rest.starts_with("{problem}") ? "invalid"
                                              : "seed";
      rest.remove_prefix(rest.find('}') + 1);
    }
    return text;
  }

  // The status of an answer to a header whose body does not come.
  int status_of_header(const Row& route, const std::string& text) {
    const std::string address = route.at_api ? api_.address() : gateway_->address();
    fakes::RawClient client(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    std::string head = route.method + " " + path(route, "default") + " HTTP/1.1\r\nHost: localhost\r\n";
    if (!text.empty()) head += "Authorization: Bearer " + text + "\r\n";
    REQUIRE(client.send(head + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"));
    return client.answer().status;
  }

  std::string admin, acme, expired;
  std::string body, allow, retry_after;  // of the last answer

 private:
  Json make(const std::string& kind, const Json& resource) {
    const Answer made = api_.post(kind, resource);
    REQUIRE_MESSAGE(made.status == 201, made.body);
    return made.json;
  }

  test::TemporaryDirectory directory_;
  Installation installation_;
  Process api_;
  std::unique_ptr<log::Log> log_;
  config::Settings settings_;
  metrics::Metrics metrics_;
  http::AddressPolicy addresses_ = std::move(*http::AddressPolicy::make({}));
  std::unique_ptr<gateway::Gateway> gateway_;
};

std::string name_of(const Row& route) {
  return (route.at_api ? "api " : "gateway ") + std::string(route.method) + " " + std::string(route.pattern);
}

// Whether the route's source decides by key: what GET and OPTIONS ask of a source is its provider's own matter.
bool asks_for_key(const Row& route) {
  return route.access == gateway::Access::key || (route.access == gateway::Access::source && route.method == "POST");
}

bool needs_key(const Row& route) { return asks_for_key(route) || route.access == gateway::Access::any_key; }

bool let_in(int status) { return status != kNone && status != 401 && status != 403; }

std::set<std::string> all_scopes() {
  std::set<std::string> scopes;
  for (const Row& route : rows())
    if (!route.scope.empty()) scopes.emplace(route.scope);
  return scopes;
}

}  // namespace

TEST_CASE("Routes: each has one row, and one that asks for a key has a scope that there is") {
  std::set<std::string> names;
  for (const Row& route : rows()) {
    CAPTURE(name_of(route));
    CHECK(names.insert(name_of(route)).second);
    const bool no_scope = route.access == gateway::Access::open || route.access == gateway::Access::any_key;
    CHECK(no_scope == route.scope.empty());
    CHECK_FALSE(route.summary.empty());
    CHECK(route.served);
    if (!route.scope.empty()) CHECK(registry::valid_scope(route.scope));
    const bool tries = route.at_api && route.pattern.ends_with("/try");  // asks with a body, and changes nothing
    const bool reads = tries || route.method == "GET" || route.method == "HEAD" || route.method == "OPTIONS";
    if (route.access == gateway::Access::key) CHECK(route.scope.ends_with(reads ? ":read" : ":write"));
  }
}

TEST_CASE("Routes: every kind of resource that can be made has one to walk with") {
  std::set<std::string, std::less<>> kinds;
  for (const auto& [kind, resource] : seeds()) kinds.insert(kind);
  for (const Row& route : rows()) {
    CAPTURE(name_of(route));
    const bool makes = route.at_api && route.method == "POST" && names_nothing(route);
    const std::string kind = route.pattern.substr(std::min(kApiRoot.size(), route.pattern.size()));
    const bool of_a_kind = kind.rfind('/') == 0 && route.access == gateway::Access::key;  // not /dead-letters/replay
    // Work and a question, which nobody declares.
    const bool is_none = kind == "/replays" || kind == "/backups" || kind == "/try" || kind == "/erase";
    if (makes && of_a_kind && !is_none) CHECK(kinds.contains(kind));
  }
}

TEST_CASE("Routes: every row is served, by the methods of the table alone") {
  Walk walk;
  for (Row route : rows()) {
    CAPTURE(name_of(route));
    const std::string method = route.method;
    route.method = "TRACE";
    CHECK(walk.status(route, "") == 405);
    CAPTURE(walk.allow);
    CHECK((", " + walk.allow + ",").find(", " + method + ",") != std::string::npos);
  }
}

TEST_CASE("Routes: without a good key nothing but what is open answers") {
  Walk walk;
  for (const Row& route : rows()) {
    CAPTURE(name_of(route));
    if (route.access == gateway::Access::open) {
      const int status = walk.status(route, "");
      CHECK((status == 200 || status == 503));
    }
    if (!needs_key(route)) continue;
    CHECK(walk.status(route, "") == 401);
    CHECK(walk.status(route, crypto::new_api_key()) == 401);
    CHECK(walk.status(route, walk.expired) == 401);
    CHECK(walk.body.find("has expired") != std::string::npos);
  }
}

TEST_CASE("Routes: who may not is told by the header alone, before a body is waited for") {
  Walk walk;
  const std::string reader = walk.key({{"scopes", {"metrics:read"}}});
  for (const Row& route : rows()) {
    if (!needs_key(route)) continue;
    CAPTURE(name_of(route));
    CHECK(walk.status_of_header(route, "") == 401);
    CHECK(walk.status_of_header(route, walk.expired) == 401);
    if (asks_for_key(route)) CHECK(walk.status_of_header(route, reader) == 403);
  }
}

TEST_CASE("Routes: a key with every scope but the route's is refused, one with it alone is let in") {
  Walk walk;
  const std::set<std::string> scopes = all_scopes();
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> keys;  // with, without
  for (const std::string& scope : scopes) {
    Json others = Json::array();
    for (const std::string& other : scopes)
      if (other != scope) others.push_back(other);
    keys[scope] = {walk.key({{"scopes", {scope}}}), walk.key({{"scopes", others}})};
  }
  for (const Row& route : rows()) {
    if (!asks_for_key(route)) continue;
    CAPTURE(name_of(route));
    const auto& [with, without] = keys.find(route.scope)->second;
    CHECK(walk.status(route, without) == 403);
    CHECK(walk.body.find(std::string(route.scope)) != std::string::npos);
    const int status = walk.status(route, with);
    CAPTURE(walk.body);
    CHECK(let_in(status));
    const bool may_act = route.scope.starts_with("tenants:");  // that scope is what acting for another one asks for
    if (route.at_api && !may_act) CHECK(walk.status(route, with, "default", "?tenant=acme") == 403);
  }
}

TEST_CASE("Routes: of keys with one scope, its own alone opens a route") {
  Walk walk;
  std::map<std::string, std::string> keys;
  for (const std::string& scope : all_scopes()) keys[scope] = walk.key({{"scopes", {scope}}});
  for (const Row& route : rows()) {
    if (!asks_for_key(route)) continue;
    CAPTURE(name_of(route));
    for (const auto& [scope, text] : keys) {
      CAPTURE(scope);
      if (scope != route.scope) CHECK(walk.status(route, text) == 403);
    }
  }
}

TEST_CASE("Routes: a tenant's key sees and touches nothing of another tenant") {
  Walk walk;
  const std::string before = walk.everything();
  for (const Row& route : rows()) {
    if (!asks_for_key(route)) continue;
    CAPTURE(name_of(route));
    if (route.at_api) {
      CHECK(walk.status(route, walk.acme, "default", "?tenant=default") == 403);
      CHECK(walk.status(route, walk.acme, "default", "?tenant=none") == 403);
      const int status = walk.status(route, walk.acme);
      CAPTURE(walk.body);
      if (route.pattern.starts_with("/api/v1/tenants")) {
        CHECK(status == 403);
      } else if (route.method == "GET") {
        CHECK(walk.body.find("example.com") == std::string::npos);
        CHECK((status == 200 || status == 400 || status == 404));
      } else {
        CHECK(let_in(status));
      }
    } else if (route.pattern.find("{tenant}") != std::string_view::npos || route.access == gateway::Access::source) {
      CHECK(walk.status(route, walk.acme, "default") == 403);
    }
  }
  CHECK(walk.everything() == before);
}

TEST_CASE("Routes: a key of the default tenant acts for another one with the tenants' scopes alone") {
  Walk walk;
  const std::string reader = walk.key({{"scopes", {"tenants:read", "endpoints:read", "endpoints:write"}}});
  const Row& list = row_of("GET", "/api/v1/endpoints");
  const Row& make = row_of("POST", "/api/v1/endpoints");
  CHECK(walk.status(list, reader, "default", "?tenant=acme") == 200);
  CHECK(walk.status(list, reader, "default", "?tenant=none") == 404);
  CHECK(walk.status(make, reader, "default", "?tenant=acme") == 403);
  for (const Row& route : rows()) {
    if (!asks_for_key(route)) continue;
    CAPTURE(name_of(route));
    CHECK(let_in(walk.status(route, walk.admin, "acme", route.at_api ? "?tenant=acme" : "")));
  }
}

TEST_CASE("Routes: in --dev nothing that asks for a key is open to web pages and to strangers behind a proxy") {
  Walk walk(true);
  const std::string before = walk.everything();
  const httplib::Headers foreign[] = {{{"Origin", "https://evil.example"}},
                                      {{"Origin", "null"}},
                                      {{"Sec-Fetch-Site", "cross-site"}},
                                      {{"Sec-Fetch-Site", "same-site"}},
                                      {{"Host", "evil.example"}},
                                      {{"Host", "127.0.0.1.evil.example:9600"}},
                                      {{"X-Forwarded-For", "127.0.0.1"}},
                                      {{"Forwarded", "for=127.0.0.1"}},
                                      {{"Via", "1.1 tunnel"}}};
  for (const Row& route : rows()) {
    if (!needs_key(route)) continue;
    CAPTURE(name_of(route));
    for (const httplib::Headers& headers : foreign) {
      CAPTURE(headers.begin()->second);
      CHECK(walk.status(route, "", "default", "", headers) == 403);
      CHECK(walk.body.find("problems/not-local") != std::string::npos);
      CHECK(walk.body.find("Authorization: Bearer") != std::string::npos);
    }
  }
  CHECK(walk.everything() == before);
}

TEST_CASE("Routes: in --dev a program on this machine needs no key, and a key is good from anywhere") {
  Walk walk(true);
  for (const Row& route : rows()) {
    if (!asks_for_key(route) || route.method == "DELETE") continue;
    if (route.pattern.ends_with("/keys/{id}/rotate")) continue;  // of a key that lasts: not without one
    CAPTURE(name_of(route));
    CHECK(let_in(walk.status(route, "", "default", "", {{"Host", "localhost:9600"}})));
  }
  for (const Row& route : rows()) {
    if (!asks_for_key(route)) continue;
    CAPTURE(name_of(route));
    const httplib::Headers headers = {{"Host", "hooks.example.com"}, {"X-Forwarded-For", "192.0.2.1"}};
    CHECK(let_in(walk.status(route, walk.admin, "default", "", headers)));
  }
}

TEST_CASE("Routes: of the Master API, a body or its type that is not JSON is 415, and nothing happens") {
  Walk walk(true);
  const std::string before = walk.everything();
  for (const Row& route : rows()) {
    if (!route.at_api || route.access != gateway::Access::key || route.method == "GET") continue;
    CAPTURE(name_of(route));
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"}) {
      CHECK(walk.status(route, "", "default", "", {{"Content-Type", type}}) == 415);
      CHECK(walk.body.find("send Content-Type: application/json") != std::string::npos);
    }
  }
  CHECK(walk.everything() == before);
}

TEST_CASE("Routes: a packed body is 415, but of a source's webhook") {
  Walk walk(true);
  const std::string before = walk.everything();
  for (const Row& route : rows()) {
    if (route.access != gateway::Access::key || route.method == "GET") continue;
    CAPTURE(name_of(route));
    CHECK(walk.status(route, "", "default", "", {{"Content-Type", "application/json"}, {"Content-Encoding", "br"}}) ==
          415);
    CHECK(walk.body.find("the content coding br") != std::string::npos);
    CHECK(walk.body.find(R"("pointer":"content-encoding")") != std::string::npos);
  }
  CHECK(walk.everything() == before);
  for (const Row& route : rows()) {
    if (route.access != gateway::Access::key || route.method == "GET") continue;
    CAPTURE(name_of(route));
    CHECK(walk.status(route, "", "default", "", {{"Content-Encoding", "identity"}}) > 0);
    CHECK(walk.body.find("content-encoding") == std::string::npos);
  }
}

TEST_CASE("Routes: of the Master API, JSON is JSON whatever its letters' case and its parameters") {
  Walk walk(true);
  for (const Row& route : rows()) {
    if (!route.at_api || route.access != gateway::Access::key || route.method == "GET") continue;
    CAPTURE(name_of(route));
    for (const char* type : {"APPLICATION/JSON", "application/Json ; charset=UTF-8", "\tapplication/json\t;x=y"}) {
      CAPTURE(type);
      walk.status(route, "", "default", "", {{"Content-Type", type}});
      CHECK(walk.body.find("Content-Type") == std::string::npos);
    }
  }
}

TEST_CASE("Routes: until the log is reached each answers 503, is alive, and knows what is no route") {
  config::Settings settings;
  settings.gateway.listen = settings.api.listen = "127.0.0.1:0";
  metrics::Metrics metrics;
  const SystemClock clock;
  gateway::Gateway ingest(gateway::Frame{settings, metrics, clock});
  Api api(gateway::Frame{settings, metrics, clock});
  REQUIRE(ingest.start());
  REQUIRE(api.start());
  const auto send = [&](const Row& route, const std::string& method, const std::string& path) {
    httplib::Client client("http://" + (route.at_api ? api.address() : ingest.address()));
    httplib::Request request;
    request.method = method;
    request.path = path;
    auto result = client.send(request);
    REQUIRE(result);
    return *result;
  };
  for (const Row& route : rows()) {
    CAPTURE(name_of(route));
    const httplib::Response answer = send(route, route.method, Walk::path(route, "default"));
    if (route.needs_no_log || route.access == gateway::Access::metrics) {
      CHECK(answer.status == 200);
    } else {
      CHECK(answer.status == 503);
      if (route.access != gateway::Access::open) CHECK(answer.get_header_value("Retry-After") == "2");
      if (route.access != gateway::Access::open) CHECK(answer.body.find("not-accepted") != std::string::npos);
    }
    CHECK(send(route, "TRACE", Walk::path(route, "default")).status == 405);
    CHECK(send(route, route.method, "/none" + Walk::path(route, "default")).status == 404);
  }
  ingest.stop(Millis{0});
  api.stop(Millis{0});
}

TEST_CASE("Listeners: opened while they serve, they answer from then on") {
  Installation installation;
  Process other(installation, true);
  const auto log = log::memory::make(installation.cluster, 99);
  config::Settings settings;
  settings.dev = true;
  settings.gateway.listen = settings.api.listen = "127.0.0.1:0";
  metrics::Metrics metrics;
  const auto addresses = std::move(*http::AddressPolicy::make({}));
  const gateway::Frame frame{settings, metrics, other.clock};
  gateway::Gateway ingest(frame);
  Api api(frame);
  REQUIRE(ingest.start());
  REQUIRE(api.start());
  httplib::Client events("http://" + ingest.address()), resources("http://" + api.address());
  const std::string event = R"({"type":"order.created","data":1})";
  CHECK(events.Post("/events", event, "application/json")->status == 503);
  CHECK(events.Get("/health/ready")->status == 503);
  CHECK(resources.Get("/api/v1/endpoints")->status == 503);
  const gateway::Dependencies dependencies{settings, *log,        other.registry, other.sealer,
                                           metrics,  other.clock, addresses};
  REQUIRE(other.get("/endpoints").status == 200);  // the registry has caught up
  ingest.open(dependencies);
  api.open(dependencies);
  CHECK(events.Post("/events", event, "application/json")->status == 202);
  CHECK(fakes::eventually([&] { return events.Get("/health/ready")->status == 200; }));
  CHECK(resources.Get("/api/v1/endpoints")->status == 200);
  ingest.stop(Millis{0});
  api.stop(Millis{0});
}

TEST_CASE("Metrics: from elsewhere than metrics.allow_from, a key of the default tenant with metrics:read") {
  Walk walk;
  const std::string reader = walk.key({{"scopes", {"metrics:read"}}});
  const std::string other = walk.key({{"scopes", {"events:write"}}});
  const httplib::Headers passed_on = {{"X-Forwarded-For", "127.0.0.1"}};
  for (const Row& route : rows()) {
    if (route.access != gateway::Access::metrics) continue;
    CAPTURE(name_of(route));
    CHECK(walk.status(route, "") == 200);
    CHECK(walk.status(route, "", "default", "", passed_on) == 401);
    CHECK(walk.status(route, other, "default", "", passed_on) == 403);
    CHECK(walk.status(route, walk.acme, "default", "", passed_on) == 403);
    CHECK(walk.status(route, walk.expired, "default", "", passed_on) == 401);
    CHECK(walk.status(route, reader, "default", "", passed_on) == 200);
  }
}

TEST_CASE("Metrics: on loopback, but to no web page") {
  Walk walk;
  const std::string reader = walk.key({{"scopes", {"metrics:read"}}});
  for (const Row& route : rows()) {
    if (route.access != gateway::Access::metrics) continue;
    CAPTURE(name_of(route));
    for (const httplib::Headers& page : {httplib::Headers{{"Host", "rebound.evil.example"}},
                                         {{"Host", "rebound.evil.example"}, {"Origin", "http://rebound.evil.example"}},
                                         {{"Origin", "http://evil.example"}},
                                         {{"Sec-Fetch-Site", "cross-site"}},
                                         {{"Sec-Fetch-Site", "same-site"}}}) {
      CHECK(walk.status(route, "", "default", "", page) == 403);
      CHECK(walk.status(route, reader, "default", "", page) == 200);
    }
    CHECK(walk.status(route, "", "default", "", {{"Host", "localhost:9600"}}) == 200);
  }
}
