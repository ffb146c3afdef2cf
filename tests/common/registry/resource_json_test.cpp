#include "common/registry/resource_json.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/crypto/crypto.hpp"
#include "common/filter/program.hpp"
#include "common/registry/proposal.hpp"

using namespace certes;
using namespace certes::registry;

namespace {

struct Refusal {
  const char* json;
  const char* pointer;
  const char* message = "";
};

template <class T>
void check_refusals(std::initializer_list<Refusal> refusals) {
  for (const Refusal& refusal : refusals) {
    CAPTURE(refusal.json);
    const auto result = parse<T>(refusal.json, Form::declared);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::invalid);
    CHECK(result.error().pointer == refusal.pointer);
    CHECK(result.error().message.find(refusal.message) != std::string::npos);
  }
}

template <class T>
T declared(std::string_view json) {
  auto result = parse<T>(json, Form::declared);
  if (!result) FAIL(result.error().pointer, " ", result.error().message);
  return std::move(*result);
}

// Stored and read again it is the same.
template <class T>
T again(const T& resource) {
  const std::string json = stored_json(resource);
  auto result = parse<T>(json, Form::stored);
  if (!result) FAIL(result.error().pointer, " ", result.error().message);
  CHECK(stored_json(*result) == json);
  return std::move(*result);
}

}  // namespace

TEST_CASE("Resource JSON: what is no strict JSON object is refused") {
  check_refusals<Tenant>({{"", "", "not JSON"},
                          {"{", "", "not JSON"},
                          {"[]", "", "must be an object"},
                          {"{\"id\":\"a\",\"id\":\"b\"}", "", "twice"},
                          {"{\"id\":\"\xff\"}", "", "not JSON"},
                          {"{} {}", "", "not JSON"},
                          {"{\"a/b~c\":1}", "/a~1b~0c", "not known"}});
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "{\"a\":";
  CHECK(parse<Tenant>(deep, Form::declared).error().message.find("deeper") != std::string::npos);
}

TEST_CASE("Resource JSON: ids are checked, a source's more narrowly") {
  for (const char* id : {"a", "A.b_c~d-9"}) CHECK(valid_id(id));
  CHECK(valid_id(std::string(128, 'a')));
  CHECK_FALSE(valid_id(std::string(129, 'a')));
  for (const char* id : {"", "a b", "a/b", "\xc3\xa4", "a%"}) CHECK_FALSE(valid_id(id));
  CHECK_FALSE(valid_source_id("a.b"));
  check_refusals<Source>(
      {{R"({"id":"a.b"})", "/id"}, {R"({"id":"certes"})", "/id", "Certes' own"}, {R"({"id":7})", "/id", "string"}});
  check_refusals<Tenant>({{R"({"id":"a b"})", "/id"}});
}

TEST_CASE("Resource JSON: read-only members are passed over in a declaration") {
  const auto tenant =
      declared<Tenant>(R"({"id":"a","version":3,"created_at":"x","created_by":"x","updated_at":"x","updated_by":"x"})");
  CHECK(tenant.id == "a");
  CHECK(tenant.version == 0);
}

TEST_CASE("Endpoint JSON: what comes later is refused by its name") {
  for (const char* name : {"proxy"}) {
    const auto result = parse<Endpoint>("{\"url\":\"http://a/\",\"" + std::string(name) + "\":1}", Form::declared);
    REQUIRE_FALSE(result);
    CHECK(result.error().pointer == "/" + std::string(name));
    CHECK(result.error().message == "\"" + std::string(name) + "\" is not supported yet");
  }
  check_refusals<Endpoint>({
      {R"({"url":"http://a/","format":"avro"})", "/format", "structured"},
      {R"({"url":"http://a/","signatures":[]})", "/signatures", "must name one"},
      {R"({"url":"http://a/","signatures":["standard","github"]})", "/signatures/1", "svix"},
      {R"({"url":"http://a/","signatures":"svix"})", "/signatures"},
      {R"({"url":"http://a/","headers":{"Svix-Id":"1"}})", "/headers/Svix-Id", "sets itself"},
      {R"({"url":"http://a/","metadata":[]})", "/metadata", "must be an object"},
      {R"({"url":"http://a/","metadata":{"a/b":1}})", "/metadata/a~1b", "must be a string"},
      {R"({"url":"http://a/","metadata":{"":"1"}})", "/metadata/", "with a name"},
  });
  const auto whole = declared<Endpoint>(
      R"({"url":"http://a/","format":"standard","signatures":["svix"],"description":"two\nlines","metadata":{"team":"x"}})");
  const auto kept = again(whole);
  CHECK(kept.format == BodyFormat::standard);
  CHECK(kept.signs_svix);
  CHECK_FALSE(kept.signs_standard);
  CHECK(kept.metadata == whole.metadata);
  CHECK(shown_json(kept).find(R"("description":"two\nlines")") != std::string::npos);
  CHECK(again(declared<Endpoint>(R"({"url":"http://a/","signatures":["svix","standard"]})")).signs_standard);
  CHECK(stored_json(declared<Endpoint>(R"({"url":"http://a/"})")).find("signatures") == std::string::npos);
}

TEST_CASE("Endpoint JSON: one URL, or those of its workers, is shown as it was declared") {
  const auto one = declared<Endpoint>(R"({"id":"a","url":"http://a/"})");
  CHECK(std::ranges::equal(one.worker_urls(), std::vector<std::string>{"http://a/"}));
  CHECK(shown_json(again(one)).find(R"("url":"http://a/")") != std::string::npos);
  for (const char* urls : {R"(["http://a/"])", R"(["http://a/","http://b/x"])"}) {
    const auto several = again(declared<Endpoint>(R"({"id":"a","urls":)" + std::string(urls) + "}"));
    CHECK(several.url.empty());
    CHECK(several.worker_urls().size() == several.urls.size());
    CHECK(shown_json(several).find(R"("urls":)" + std::string(urls)) != std::string::npos);
    CHECK(shown_json(several).find(R"("url":)") == std::string::npos);
  }
  std::string many = "\"http://a/0\"";
  for (int i = 1; i < 100; ++i) many += ",\"http://a/" + std::to_string(i) + "\"";
  CHECK(declared<Endpoint>(R"({"urls":[)" + many + "]}").urls.size() == 100);
  const std::string too_many = R"({"urls":[)" + many + R"(,"http://b/"]})";
  check_refusals<Endpoint>({{too_many.c_str(), "/urls", "more than 100"},
                            {R"({"urls":[]})", "/urls", "must hold"},
                            {R"({"urls":"http://a/"})", "/urls", "array"},
                            {R"({"urls":["http://a/",1]})", "/urls/1", "string"},
                            {R"({"urls":["http://a/","http://b/","http://a/"]})", "/urls/2", "there already"}});
}

TEST_CASE("Endpoint JSON: ordering") {
  CHECK(declared<Endpoint>(R"({"url":"http://a/"})").ordering == Ordering::none);
  for (const Ordering ordering : {Ordering::none, Ordering::key, Ordering::all}) {
    const std::string name(to_string(ordering));
    const auto endpoint = declared<Endpoint>("{\"url\":\"http://a/\",\"ordering\":\"" + name + "\"}");
    CHECK(endpoint.ordering == ordering);
    const bool shown = shown_json(endpoint).find("\"ordering\":\"" + name + "\"") != std::string::npos;
    CHECK(shown == (ordering != Ordering::none));
  }
  check_refusals<Endpoint>({{R"({"url":"http://a/","ordering":"keys"})", "/ordering", "none, key, all"}});
}

TEST_CASE("Endpoint JSON: refusals name the place") {
  check_refusals<Endpoint>({
      {"{}", "/url", "missing"},
      {R"({"url":1})", "/url", "string"},
      {R"({"url":"u","urls":["u"]})", "/urls", "not both"},
      {R"({"url":"u","concurrency":0})", "/concurrency", "from 1 to 10000"},
      {R"({"url":"u","concurrency":1.5})", "/concurrency", "whole"},
      {R"({"url":"u","concurrency":18446744073709551615})", "/concurrency", "from 1"},
      {R"({"url":"u","timeout_seconds":0})", "/timeout_seconds"},
      {R"({"url":"u","timeout_seconds":"5"})", "/timeout_seconds", "number"},
      {R"({"url":"u","rate_per_second":-1})", "/rate_per_second"},
      {R"({"url":"u","state":"asleep"})", "/state", "active, paused, disabled"},
      {R"({"url":"u","secret":"hello"})", "/secret", "whsec_"},
      {R"({"url":"u","secrets":[]})", "/secrets", "not known"},
      {R"({"url":"u","retry_on":[99]})", "/retry_on/0"},
      {R"({"url":"u","retry_on":[404,"x"]})", "/retry_on/1"},
      {R"({"url":"u","retry_on":[404],"dead_letter_on":[404]})", "/dead_letter_on", "404"},
      {R"({"url":"u","headers":{"a b":"x"}})", "/headers/a b", "no name"},
      {R"({"url":"u","headers":{"x":"a\r\nb"}})", "/headers/x", "no value"},
      {R"({"url":"u","headers":{"Webhook-Id":"x"}})", "/headers/Webhook-Id", "itself"},
      {R"({"url":"u","headers":{"Host":"x"}})", "/headers/Host", "itself"},
      {R"({"url":"u","colour":"red"})", "/colour", "not known"},
  });
}

TEST_CASE("Endpoint JSON: a breaker is there unless it is null, and is shown where it is not the default") {
  const auto plain = declared<Endpoint>(R"({"id":"a","url":"http://a/"})");
  CHECK(again(plain).breaker == BreakerSettings{});
  CHECK(shown_json(plain).find("breaker") == std::string::npos);
  const auto none = declared<Endpoint>(R"({"id":"a","url":"http://a/","breaker":null})");
  CHECK_FALSE(again(none).breaker);
  CHECK(shown_json(none).find(R"("breaker":null)") != std::string::npos);
  const auto own = declared<Endpoint>(R"({"id":"a","url":"http://a/","breaker":{"failures":3,"probe_seconds":0.5}})");
  CHECK(again(own).breaker == BreakerSettings{3, 0.5, 20, 60, 0.5, 300});
  CHECK(shown_json(own).find(R"("breaker":{"failures":3,"ratio":0.5)") != std::string::npos);
  const auto slow = declared<Endpoint>(R"({"id":"a","url":"http://a/","breaker":{"probe_seconds":600}})");
  CHECK(again(slow).breaker == BreakerSettings{10, 0.5, 20, 60, 600, 600});
  check_refusals<Endpoint>({
      {R"({"url":"u","breaker":1})", "/breaker", "object"},
      {R"({"url":"u","breaker":{"failures":-1}})", "/breaker/failures", "from 0"},
      {R"({"url":"u","breaker":{"ratio":1.5}})", "/breaker/ratio", "from 0 to 1"},
      {R"({"url":"u","breaker":{"min_requests":0}})", "/breaker/min_requests", "from 1"},
      {R"({"url":"u","breaker":{"window_seconds":0}})", "/breaker/window_seconds", "from 0.1"},
      {R"({"url":"u","breaker":{"probe_seconds":9,"max_probe_seconds":8}})", "/breaker/max_probe_seconds", "less than"},
      {R"({"url":"u","breaker":{"colour":1}})", "/breaker/colour", "not known"},
  });
}

TEST_CASE("Endpoint JSON: what does nothing but fail is disabled after five days, unless something else is said") {
  const auto plain = declared<Endpoint>(R"({"id":"a","url":"http://a/"})");
  CHECK(again(plain).disable_after_seconds == 432'000);
  CHECK(shown_json(plain).find("disable_after_seconds") == std::string::npos);
  for (const std::string seconds : {"0", "0.5", "60"}) {
    const auto own = declared<Endpoint>(R"({"id":"a","url":"http://a/","disable_after_seconds":)" + seconds + "}");
    CHECK(again(own).disable_after_seconds == std::stod(seconds));
    CHECK(shown_json(own).find("\"disable_after_seconds\":" + seconds) != std::string::npos);
  }
  check_refusals<Endpoint>({{R"({"url":"u","disable_after_seconds":-1})", "/disable_after_seconds", "from 0"},
                            {R"({"url":"u","disable_after_seconds":"5 days"})", "/disable_after_seconds", "number"}});
}

TEST_CASE("Endpoint JSON: everything survives the log") {
  auto endpoint = declared<Endpoint>(
      R"({"id":"a","url":"https://a/","concurrency":3,"timeout_seconds":0.5,"rate_per_second":10,"backoff_policy":"p",)"
      R"("headers":{"x-a":"1"},"retry_on":[404],"dead_letter_on":[500],"state":"paused"})");
  endpoint.secrets = {{"sealed:new", 0}, {"sealed:old", 17}};
  endpoint.disabled_reason = "gone";
  const auto read = again(endpoint);
  CHECK(read.url == "https://a/");
  CHECK(read.concurrency == 3);
  CHECK(read.timeout_seconds == 0.5);
  CHECK(read.headers.at(0).second == "1");  // sealed, for all it knows
  CHECK(shown_json(read).find(R"("headers":{"x-a":{"set":true}})") != std::string::npos);
  CHECK(shown_json(read).find(R"("secret":{"set":true})") != std::string::npos);
  CHECK(read.secrets.size() == 2);
  CHECK(read.secrets[1].expires_at == 17);
  CHECK(envelope_of(endpoint).state == "paused");  // beside the body
  CHECK(stored_json(endpoint).find("paused") == std::string::npos);
  CHECK(read.disabled_reason == "gone");
  CHECK(shown_json(read).find("sealed") == std::string::npos);
}

TEST_CASE("Source JSON: refusals name the place") {
  check_refusals<Source>({
      {"{}", "/verify", "missing"},
      {R"({"verify":{}})", "/verify/scheme", "missing"},
      {R"({"verify":{"scheme":"none"},"exclusive":1})", "/exclusive", "true or false"},
      {R"({"verify":{"scheme":"none"},"kind":"kafka"})", "/kind", "not supported yet"},
      {R"({"verify":{"scheme":"md5"}})", "/verify/scheme", "only none, key, basic"},
      {R"({"verify":{"scheme":"github","url":"x"}})", "/verify/url", "takes no"},
      {R"({"verify":{"scheme":"github","secret":""}})", "/verify/secret", "empty"},
      {R"({"verify":{"scheme":"github","secret":" a"}})", "/verify/secret", "white space"},
      {R"({"verify":{"scheme":"github","secrets":["a","b\n"]}})", "/verify/secrets", "white space"},
      {R"({"verify":{"scheme":"basic","secret":"a:b\t"}})", "/verify/secret", "white space"},
      {R"({"verify":{"scheme":"meta","secret":"a","verify_token":"b "}})", "/verify/verify_token", "white space"},
      {R"({"verify":{"scheme":"github","secret":"a","secrets":["b"]}})", "/verify/secret", "not both"},
      {R"({"verify":{"scheme":"none","secret":"a"}})", "/verify/secret", "no secret"},
      {R"({"verify":{"scheme":"standard-webhooks","secrets":["a"]}})", "/verify/secrets", "whsec_"},
      {R"({"verify":{"scheme":"none","tolerance_seconds":0}})", "/verify/tolerance_seconds"},
      {R"({"verify":7})", "/verify", "object"},
      {R"({"verify":{"scheme":"none"},"signature_tolerance":"drop"})", "/signature_tolerance", "resign"},
      {R"({"verify":{"scheme":"github","secret":"a"},"signature_tolerance":"resign"})", "/signature_tolerance", "anew"},
      {R"({"verify":{"scheme":"none"},"on_invalid":"drop"})", "/on_invalid", "refuse, quarantine"},
      {R"({"verify":{"scheme":"none"},"type_from":"x"})", "/type_from", "header:NAME"},
      {R"({"verify":{"scheme":"none"},"type_from":"a.{query:x}"})", "/type_from"},
      {R"({"verify":{"scheme":"none"},"id_from":"header:"})", "/id_from"},
      {R"({"verify":{"scheme":"none"},"id_from":"{header:x"})", "/id_from"},
      {R"({"verify":{"scheme":"none"},"forward_headers":["a","b c"]})", "/forward_headers/1"},
      {R"({"verify":{"scheme":"none"},"forward_headers":["Authorization"]})", "/forward_headers/0", "credentials"},
      {R"({"verify":{"scheme":"none"},"response":{"status":404}})", "/response/status"},
      {R"({"verify":{"scheme":"none"},"response":{"status":204,"body":"x"}})", "/response/body", "no body"},
      {R"({"verify":{"scheme":"none"},"response":{"content_type":"text/xml"}})", "/response/content_type",
       "needs a body"},
      {R"({"verify":{"scheme":"none"},"response":{"body":"x","content_type":"a\r\nb"}})", "/response/content_type",
       "control"},
      {R"({"verify":{"scheme":"none"},"response":{"headers":{}}})", "/response/headers", "not supported yet"},
      {R"({"verify":{"scheme":"none"},"deduplicate":"no"})", "/deduplicate"},
  });
}

TEST_CASE("Source JSON: everything survives the log") {
  auto source = declared<Source>(
      R"({"id":"s","verify":{"scheme":"stripe","secrets":["a","b"],"tolerance_seconds":5},"type_from":"header:X-Type",)"
      R"("id_from":"form:id","key_from":"const:k","subject_from":"a.{header:X}.{json:/b}","forward_headers":["X-A"],)"
      R"("response":{"status":200,"body":"<a/>","content_type":"text/xml"},"deduplicate":false,"rate_per_second":2,"on_invalid":"refuse"})");
  const auto read = again(source);
  CHECK(read.verify.secrets.size() == 2);
  CHECK(read.verify.tolerance_seconds == 5);
  CHECK(read.subject_from == "a.{header:X}.{json:/b}");
  CHECK(read.forward_headers == std::vector<std::string>{"x-a"});
  CHECK(read.response.status == 200);
  CHECK(read.response.body == "<a/>");
  CHECK(read.response.content_type == "text/xml");
  CHECK_FALSE(read.deduplicate);
  CHECK(shown_json(read).find(R"("secrets":[{"set":true},{"set":true}])") != std::string::npos);
}

TEST_CASE("Source JSON: one whose scheme verifies is exclusive, unless it says otherwise") {
  const auto exclusive = [](const char* json) { return again(declared<Source>(json)).exclusive; };
  CHECK(exclusive(R"({"verify":{"scheme":"github","secret":"s"}})"));
  CHECK(exclusive(R"({"verify":{"scheme":"key"}})"));
  CHECK_FALSE(exclusive(R"({"verify":{"scheme":"none"}})"));
  CHECK_FALSE(exclusive(R"({"verify":{"scheme":"github","secret":"s"},"exclusive":false})"));
  CHECK(exclusive(R"({"verify":{"scheme":"none"},"exclusive":true})"));
}

TEST_CASE("Subscription JSON: refusals name the place") {
  check_refusals<Subscription>({
      {R"({"pattern":"a"})", "/endpoint", "missing"},
      {R"({"endpoint":"e"})", "/pattern", "missing"},
      {R"({"endpoint":"e","pattern":"a..b"})", "/pattern"},
      {R"({"endpoint":"e","pattern":"a.b*"})", "/pattern"},
      {R"({"endpoint":"e","pattern":""})", "/pattern"},
      {R"({"endpoint":"e","pattern":"a","priority":"urgent"})", "/priority", "critical, high"},
      {R"({"endpoint":"e","pattern":"a","filter":{}})", "/filter", "says nothing"},
      {R"({"endpoint":"e","pattern":"a","filter":7})", "/filter", "CEL expression"},
      {R"({"endpoint":"e","pattern":"a","filter":"data.a =="})", "/filter", "line 1, column 10: expected a value"},
      {R"({"endpoint":"e","pattern":"a","filter":{"data":{"a":{"$gt":true}}}})", "/filter/data/a/$gt", "number"},
      {R"({"endpoint":"e","pattern":"a.b","kind":"command","filter":"data.a"})", "/filter", "for events and results"},
      {R"({"endpoint":"e","pattern":"a","transform":{"project":{"body":{"a":"${/dta}"}}}})",
       "/transform/project/body/a", "begins with none of"},
      {R"({"endpoint":"e","pattern":"a","transform":"x"})", "/transform", "an object"},
      {R"({"endpoint":"e","pattern":"a","on_filter_error":"drop"})", "/on_filter_error", "skip, deliver, dead_letter"},
      {R"({"endpoint":"e","pattern":"a","kind":"order"})", "/kind", "event, command, result"},
      {R"({"endpoint":"e","pattern":"Charge","kind":"command"})", "/pattern", "Service.VerbObject"},
  });
  const auto subscription = again(declared<Subscription>(R"({"endpoint":"e","pattern":"#.a.*","priority":"bulk"})"));
  CHECK(subscription.priority == Priority::bulk);
  CHECK(subscription.pattern == "#.a.*");
  CHECK(subscription.kind == EventKind::event);
  CHECK(again(declared<Subscription>(R"({"endpoint":"e","pattern":"#","kind":"command"})")).kind == EventKind::command);
  CHECK(again(declared<Subscription>(R"({"endpoint":"e","pattern":"a","kind":"result"})")).kind == EventKind::result);
}

TEST_CASE("Subscription and endpoint JSON: a transformation is kept as it was declared, and compiled") {
  const auto kept = again(declared<Subscription>(
      R"({"endpoint":"e","pattern":"a.b","kind":"command","transform":{"project":{"body":{"b":1,"a":"${/data}"}}}})"));
  REQUIRE(kept.transform);
  CHECK(kept.transform_json == R"({"project":{"body":{"a":"${/data}","b":1}}})");
  const auto endpoint = again(declared<Endpoint>(R"({"url":"http://a/","transform":{"project":{}}})"));
  REQUIRE(endpoint.transform);
  CHECK(endpoint.transform_json == R"({"project":{}})");
  CHECK_FALSE(again(declared<Endpoint>(R"({"url":"http://a/","transform":null})")).transform);
}

TEST_CASE("Subscription JSON: a filter is text or an object, kept as it was declared and compiled") {
  const auto text = again(declared<Subscription>(
      R"({"endpoint":"e","pattern":"a","filter":"data.total > 5","on_filter_error":"dead_letter"})"));
  REQUIRE(text.filter);
  CHECK(text.filter->text == "data.total > 5");
  CHECK(text.filter_json == R"("data.total > 5")");
  CHECK(text.on_filter_error == OnFilterError::dead_letter);
  const auto object =
      again(declared<Subscription>(R"({"endpoint":"e","pattern":"a","filter":{"data":{"b":1,"a":2}}})"));
  REQUIRE(object.filter);
  CHECK(object.filter_json == R"({"data":{"a":2,"b":1}})");
  CHECK(object.on_filter_error == OnFilterError::skip);
  const auto none = again(declared<Subscription>(R"({"endpoint":"e","pattern":"a","filter":null})"));
  CHECK_FALSE(none.filter);
  CHECK(stored_json(none).find("filter") == std::string::npos);
}

TEST_CASE("Subscription JSON: tenants are all or some, of events about Certes alone") {
  check_refusals<Subscription>({
      {R"({"endpoint":"e","pattern":"#","tenants":"*"})", "/tenants", "first word of the pattern must be certes"},
      {R"({"endpoint":"e","pattern":"*.x","tenants":["a"]})", "/tenants", "certes"},
      {R"({"endpoint":"e","pattern":"certes.#","kind":"result","tenants":"*"})", "/tenants", "certes"},
      {R"({"endpoint":"e","pattern":"certes.#","tenants":"acme"})", "/tenants", "\"*\""},
      {R"({"endpoint":"e","pattern":"certes.#","tenants":[]})", "/tenants", "\"*\""},
      {R"({"endpoint":"e","pattern":"certes.#","tenants":["a",7]})", "/tenants/1"},
      {R"({"endpoint":"e","pattern":"certes.#","tenants":["a","*"]})", "/tenants/1", "no id"},
  });
  const auto all = again(declared<Subscription>(R"({"endpoint":"e","pattern":"certes.#","tenants":"*"})"));
  CHECK(all.takes_of("default"));
  CHECK(all.takes_of("acme"));
  CHECK(shown_json(all).find(R"("tenants":"*")") != std::string::npos);
  const auto some = again(declared<Subscription>(R"({"endpoint":"e","pattern":"certes.#","tenants":["b","a"]})"));
  CHECK_FALSE(some.takes_of("default"));
  CHECK(some.takes_of("a"));
  CHECK_FALSE(some.takes_of("*"));
  CHECK(shown_json(some).find(R"("tenants":["b","a"])") != std::string::npos);
  auto own = declared<Subscription>(R"({"endpoint":"e","pattern":"certes.#"})");
  CHECK(own.takes_of("default"));
  CHECK_FALSE(own.takes_of("acme"));
  own.tenant = "acme";
  own.tenants = {"*"};
  CHECK(own.takes_of("acme"));
  CHECK_FALSE(own.takes_of("b"));
}

TEST_CASE("Back-off policy JSON: refusals name the place") {
  check_refusals<BackoffPolicy>({
      {R"({"strategy":"random"})", "/strategy"},
      {R"({"strategy":"schedule"})", "/schedule_seconds", "needs"},
      {R"({"strategy":"linear","schedule_seconds":[1]})", "/schedule_seconds", "alone"},
      {R"({"strategy":"schedule","schedule_seconds":[1,-1]})", "/schedule_seconds/1"},
      {R"({"base_seconds":0})", "/base_seconds"},
      {R"({"factor":0.5})", "/factor"},
      {R"({"max_attempts":-1})", "/max_attempts"},
      {R"({"jitter":"some"})", "/jitter"},
      {R"({"reprocess":{}})", "/reprocess/every_seconds", "missing"},
      {R"({"reprocess":7})", "/reprocess", "object"},
      {R"({"reprocess":{"every_seconds":60}})", "/reprocess/max_attempts", "missing"},
      {R"({"reprocess":{"every_seconds":0.5,"max_attempts":1}})", "/reprocess/every_seconds"},
      {R"({"reprocess":{"every_seconds":60,"max_attempts":0}})", "/reprocess/max_attempts", "from 1 to 1000"},
      {R"({"reprocess":{"every_seconds":60,"max_attempts":1,"jitter":"full"}})", "/reprocess/jitter", "not known"},
  });
  const auto again_later = again(declared<BackoffPolicy>(R"({"reprocess":{"every_seconds":3600,"max_attempts":5}})"));
  REQUIRE(again_later.reprocess);
  CHECK(again_later.reprocess->every_seconds == 3600);
  CHECK(again_later.reprocess->max_attempts == 5);
  CHECK_FALSE(declared<BackoffPolicy>(R"({"reprocess":null})").reprocess);
  const auto policy = again(declared<BackoffPolicy>(R"({"strategy":"schedule","schedule_seconds":[1,2.5]})"));
  CHECK(policy.schedule_seconds == std::vector<double>{1, 2.5});
}

TEST_CASE("Tenant and key JSON: refusals name the place") {
  check_refusals<Tenant>({{R"({"weight":0})", "/weight", "from 1 to 100"},
                          {R"({"max_priority":"urgent"})", "/max_priority", "one of"},
                          {R"({"quotas":{"moons":1}})", "/quotas/moons", "not known"}});
  check_refusals<Key>({{"{}", "/scopes", "missing"},
                       {R"({"scopes":[]})", "/scopes"},
                       {R"({"scopes":["events:write","events"]})", "/scopes/1"},
                       {R"({"scopes":["moon:read"]})", "/scopes/0"},
                       {R"({"scopes":["*"],"expires":"tomorrow"})", "/expires"},
                       {R"({"scopes":["*"],"hash":"x"})", "/hash", "not known"}});
  auto key = declared<Key>(R"({"scopes":["events:write"],"expires":"2030-01-01T00:00:00Z"})");
  key.hash = "abc";
  CHECK(again(key).expires_at == key.expires_at);
  CHECK(shown_json(key).find("abc") == std::string::npos);
}

TEST_CASE("Resource JSON: whoever has declared it stands on every kind that a file may declare, and on no other") {
  const auto owned = again(declared<Endpoint>(R"({"id":"a","url":"https://x.example/","owner":"shop"})"));
  CHECK(owned.owner == "shop");
  CHECK(shown_json(owned).find(R"("owner":"shop")") != std::string::npos);
  CHECK(again(declared<Subscription>(R"({"id":"a","endpoint":"e","pattern":"#","owner":"o"})")).owner == "o");
  CHECK(again(declared<Source>(R"({"id":"a","verify":{"scheme":"none"},"owner":"o"})")).owner == "o");
  CHECK(again(declared<BackoffPolicy>(R"({"id":"a","owner":"o"})")).owner == "o");
  CHECK(again(declared<EventType>(R"({"id":"a.b","owner":"o"})")).owner == "o");
  const auto nobody = declared<Endpoint>(R"({"id":"a","url":"https://x.example/","owner":""})");
  CHECK(stored_json(nobody).find("owner") == std::string::npos);
  CHECK(shown_json(nobody).find("owner") == std::string::npos);
  check_refusals<Endpoint>({{R"({"id":"a","url":"https://x.example/","owner":"a b"})", "/owner", "1 to 128"},
                            {R"({"id":"a","url":"https://x.example/","owner":7})", "/owner"}});
  check_refusals<Tenant>({{R"({"id":"a","owner":"o"})", "/owner"}});
  check_refusals<Key>({{R"({"id":"a","scopes":["*"],"owner":"o"})", "/owner"}});
}
