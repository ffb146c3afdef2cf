// Objects of operators.
#include "tests/common/filter/fixture.hpp"

namespace certes::filter {
namespace {

constexpr const char* kProduct = R"({
  "type": "product", "inventory": 5, "price": 9.5, "title": "Gift card", "sold": false, "note": null,
  "vendor": {"name": "acme", "country": "DE"}, "tags": ["gift", "card"], "sizes": [1, 2.0, 3], "none": [],
  "items": [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}], "created": "2026-01-02"
})";

struct Row {
  const char* condition;  // of data
  bool says;
};

TEST_CASE("Filter operators: each on each type of value") {
  for (const auto& [condition, says] : std::vector<Row>{
           {R"({"inventory":5})", true},
           {R"({"inventory":5.0})", true},
           {R"({"inventory":"5"})", false},
           {R"({"sold":false})", true},
           {R"({"note":null})", true},
           {R"({"absent":null})", false},
           {R"({"vendor":{"name":"acme"}})", true},
           {R"({"vendor":{"name":"acme","country":"FR"}})", false},
           {R"({"vendor":"acme"})", false},
           {R"({"tags":"gift"})", true},
           {R"({"tags":"none"})", false},
           {R"({"tags":["card","gift"]})", true},
           {R"({"tags":["card","none"]})", false},
           {R"({"type":["product"]})", true},
           {R"({"type":["product","other"]})", false},
           {R"({"items":{"id":2}})", true},
           {R"({"items":{"id":1,"kind":"b"}})", false},
           {R"({"items":[{"id":1},{"kind":"b"}]})", true},
           {R"({"sizes":2})", true},
           {R"({"none":1})", false},
           {R"({"inventory":{"$eq":5}})", true},
           {R"({"tags":{"$eq":"gift"}})", true},
           {R"({"tags":{"$eq":["gift","card"]}})", true},
           {R"({"tags":{"$eq":["card","gift"]}})", false},
           {R"({"vendor":{"$eq":{"country":"DE","name":"acme"}}})", true},
           {R"({"vendor":{"$eq":{"name":"acme"}}})", false},
           {R"({"items":{"$eq":{"id":1,"kind":"a"}}})", true},
           {R"({"absent":{"$eq":null}})", false},
           {R"({"inventory":{"$neq":6}})", true},
           {R"({"inventory":{"$neq":5}})", false},
           {R"({"absent":{"$neq":5}})", true},
           {R"({"tags":{"$neq":"gift"}})", false},
           {R"({"type":{"$in":["product","order"]}})", true},
           {R"({"type":{"$in":["order"]}})", false},
           {R"({"tags":{"$in":["x","card"]}})", true},
           {R"({"inventory":{"$in":[4,5]}})", true},
           {R"({"inventory":{"$in":[]}})", false},
           {R"({"absent":{"$in":["a"]}})", false},
           {R"({"title":{"$in":"card"}})", true},
           {R"({"title":{"$in":"Card"}})", false},
           {R"({"tags":{"$in":"gift"}})", true},
           {R"({"tags":{"$in":"gif"}})", false},
           {R"({"inventory":{"$in":"5"}})", false},
           {R"({"type":{"$nin":["order"]}})", true},
           {R"({"title":{"$nin":"card"}})", false},
           {R"({"absent":{"$nin":["a"]}})", true},
           {R"({"inventory":{"$gt":4}})", true},
           {R"({"inventory":{"$gt":5}})", false},
           {R"({"inventory":{"$gte":5,"$lte":5}})", true},
           {R"({"inventory":{"$gt":1,"$lt":5}})", false},
           {R"({"price":{"$gt":9}})", true},
           {R"({"price":{"$lt":"9"}})", false},
           {R"({"created":{"$gt":"2026-01-01"}})", true},
           {R"({"created":{"$lte":"2026-01-01"}})", false},
           {R"({"absent":{"$lt":5}})", false},
           {R"({"note":{"$lt":5}})", false},
           {R"({"sizes":{"$gt":0}})", false},
           {R"({"note":{"$exist":true}})", true},
           {R"({"absent":{"$exist":true}})", false},
           {R"({"absent":{"$exist":false}})", true},
           {R"({"absent":{"deeper":{"$exist":false}}})", true},
           {R"({"vendor":{"zip":{"$exist":false}}})", true},
           {R"({"vendor":{"$exist":true}})", true},
           {R"({"title":{"$startsWith":"Gift"}})", true},
           {R"({"title":{"$startsWith":["A","G"]}})", true},
           {R"({"title":{"$startsWith":["A","B"]}})", false},
           {R"({"title":{"$endsWith":"card"}})", true},
           {R"({"inventory":{"$startsWith":"5"}})", false},
           {R"({"absent":{"$endsWith":""}})", false},
           {R"({"title":{"$contains":"t c"}})", true},
           {R"({"tags":{"$contains":"gift"}})", true},
           {R"({"sizes":{"$contains":3}})", true},
           {R"({"sizes":{"$contains":4}})", false},
           {R"({"vendor":{"$contains":"name"}})", false},
           {R"({"inventory":{"$or":[1,5]}})", true},
           {R"({"inventory":{"$or":[1,{"$gt":6}]}})", false},
           {R"({"inventory":{"$and":[{"$gt":1},{"$lt":6}]}})", true},
           {R"({"inventory":{"$not":{"$gt":5}}})", true},
           {R"({"absent":{"$not":{"$gt":5}}})", true},
           {R"({"tags":{"$not":"gift"}})", false},
           {R"({"$or":[{"type":"order"},{"inventory":5}]})", true},
           {R"({"$or":[{"type":"order"}],"inventory":5})", false},
           {R"({"$not":{"type":"order"},"inventory":5})", true},
           {R"({"type":"product","inventory":{"$gte":5},"vendor":{"country":{"$in":["DE","FR"]}}})", true},
       }) {
    CAPTURE(condition);
    CHECK(object_said(R"({"data":)" + std::string(condition) + "}", kProduct) == (says ? "true" : "false"));
  }
}

TEST_CASE("Filter operators: the roots are data, event, headers and query") {
  const NamesAndValues headers = {{"certes-h-x-event", "push"}, {"certes-query", "shop=7"}, {"ce_region", "eu"}};
  for (const auto& [json, says] : NamesAndValues{{R"({"event":{"type":"order.created","region":"eu"}})", "true"},
                                                 {R"({"event":{"type":{"$startsWith":"order."}}})", "true"},
                                                 {R"({"event":{"zone":{"$exist":false}}})", "true"},
                                                 {R"({"event":{"data":{"a":1}}})", "true"},
                                                 {R"({"headers":{"x-event":"push"}})", "true"},
                                                 {R"({"headers":{"x-other":{"$exist":true}}})", "false"},
                                                 {R"({"query":{"shop":"7"},"data":{"a":1}})", "true"},
                                                 {R"({"query":{"shop":7}})", "false"},
                                                 {R"({"$or":[{"query":{"shop":"8"}},{"data":{"a":1}}]})", "true"},
                                                 {R"({"$and":[{"query":{"shop":"8"}},{"data":{"a":1}}]})", "false"},
                                                 {R"({"$not":{"query":{"shop":"8"}}})", "true"},
                                                 {R"({"data":{"$exist":true}})", "true"}}) {
    CAPTURE(json);
    CHECK(object_said(json, R"({"a":1})", headers) == says);
  }
}

TEST_CASE("Filter operators: a payload that is no data is missing") {
  CHECK(object_said(R"({"data":{"a":1}})", "hello") == "false");
  CHECK(object_said(R"({"data":{"a":{"$exist":false}}})", "hello") == "true");
  CHECK(object_said(R"({"data":{"$exist":false}})", "hello") == "true");
  CHECK(object_said(R"({"data":5})", "5") == "true");
  CHECK(object_said(R"({"data":{"id":2}})", R"([{"id":1},{"id":2}])") == "true");
}

TEST_CASE("Filter operators: what cannot be meant is refused, with its place") {
  struct Refused {
    const char *json, *pointer, *why;
  };
  const std::string operators =
      "only $eq, $neq, $in, $nin, $gt, $gte, $lt, $lte, $exist, $startsWith, $endsWith, $contains, $or, $and, $not";
  for (const auto& [json, pointer, why] : std::vector<Refused>{
           {"{}", "", "an empty object says nothing: leave it out"},
           {R"({"data":{}})", "/data", "an empty object says nothing: leave it out"},
           {R"({"data":{"a":{}}})", "/data/a", "an empty object says nothing: leave it out"},
           {R"({"data":{"a":[]}})", "/data/a", "an empty array says nothing: leave it out"},
           {R"({"total":{"$gt":5}})", "/total",
            "there is no \"total\", only data, event, headers and query; did you mean {\"data\":{\"total\":…}}?"},
           {R"({"data":{"a/b":{"$gt":true}}})", "/data/a~1b/$gt", "takes a number or a string"},
           {R"({"data":{"a":{"$in":5}}})", "/data/a/$in",
            "takes an array of values, or a string that is looked for in another"},
           {R"({"data":{"a":{"$exist":1}}})", "/data/a/$exist", "takes true or false"},
           {R"({"data":{"a":{"$startsWith":[]}}})", "/data/a/$startsWith", "takes a string, or an array of strings"},
           {R"({"data":{"a":{"$endsWith":[1]}}})", "/data/a/$endsWith", "takes a string, or an array of strings"},
           {R"({"data":{"a":{"$contains":[1]}}})", "/data/a/$contains",
            "takes a string, a number, true, false or null"},
           {R"({"data":{"a":{"$or":{}}}})", "/data/a/$or", "takes an array of conditions"},
           {R"({"$and":[]})", "/$and", "takes an array of conditions"},
           {R"({"$or":[{"data":{"a":1}},5]})", "/$or/1",
            "a filter is a text with a CEL expression, or an object of operators"},
           {R"({"data":{"a":{"$gt":1,"b":2}}})", "/data/a", "an object has operators or names of members, not both"},
           {R"({"headers":{"X-A":"b"}})", "/headers/X-A",
            "the names of headers are in small letters here, not \"X-A\""},
           {R"({"headers":"a"})", "/headers", "\"headers\" takes an object with the names of what is looked at"},
           {R"({"event":{"Type":"b"}})", "/event/Type",
            "no event has \"Type\": attributes are id, type, source, subject, time, tenant, partition_key, and "
            "extensions of small letters and digits"}}) {
    CAPTURE(json);
    const auto program = compile(json);
    REQUIRE_FALSE(program);
    CHECK(program.error().pointer == pointer);
    CHECK(program.error().message == why);
  }
  CHECK(compile(R"({"data":{"a":{"$regex":"b"}}})").error().message == "there is no operator \"$regex\", " + operators);
  CHECK(compile(R"({"data":{"a":1,"a":2}})").error().message == "the member \"a\" stands there twice");
}

}  // namespace
}  // namespace certes::filter
