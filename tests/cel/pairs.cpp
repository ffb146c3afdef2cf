// certes-filter-pairs CHOSEN.json [COUNT]: filters and payloads, and what Certes says of each: what compare.py holds
// against cel-go. Lines {"filter", "payload", "chosen", "says": true|false|failed|refused, "why"}: first those that
// were chosen, then COUNT (2,500) that are made at random, the same ones every time.
//
// What is made at random has no int beside a double in arithmetic: that is our one extension, and cel-go fails there.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "common/event/filter.hpp"
#include "common/filter/compile.hpp"
#include "common/log/record.hpp"

namespace certes::cel {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> kPayloads = {
    R"({"i":7,"j":-3,"d":2.5,"e":4.0,"s":"order","t":"Größe","b":true,"n":null,"l":[1,2,3],"m":["a","b"],"o":{"i":1,"s":"x"},"r":[{"i":1,"s":"a"},{"i":5,"s":"b"}]})",
    R"({"i":0,"j":9223372036854775807,"d":-0.5,"e":1e300,"s":"","t":"a\nb","b":false,"n":1,"l":[],"m":["order"],"o":{},"r":[]})",
    R"({"i":"7","d":2,"s":5,"b":"true","l":{"a":1},"m":[1,"a",null,true],"o":[1],"r":[{"i":"x"},{},7]})",
    R"([1,2.0,"a"])",
    R"({"i":2,"j":2,"d":2.0,"e":2.0,"s":"2","t":"2","b":true,"l":[2],"m":["2"],"o":{"i":2},"r":[{"i":2,"s":"2"}]})"};

// Expressions of a type, of what the payloads mostly hold there; now and then of another type.
class Expressions {
 public:
  explicit Expressions(unsigned seed) : random_(seed) {}

  std::string payload() { return of(kPayloads); }
  std::string boolean(int depth) {
    if (depth == 0) return one_of({"true", "false", "data.b", "has(data.i)", "has(data.x)", "data.x", "has(data.o.i)"});
    const int inner = depth - 1;
    switch (below(18)) {
      case 0:
      case 1: return "(" + boolean(inner) + " && " + boolean(inner) + ")";
      case 2:
      case 3: return "(" + boolean(inner) + " || " + boolean(inner) + ")";
      case 4: return "!" + boolean(inner);
      case 5: return "(" + boolean(inner) + " ? " + boolean(inner) + " : " + boolean(inner) + ")";
      case 6: return compared(integer(inner), integer(inner));
      case 7: return compared(real(inner), real(inner));
      case 8: return compared(integer(inner), real(inner));
      case 9: return compared(text(inner), text(inner));
      case 10: return "(" + any(inner) + one_of({" == ", " != "}) + any(inner) + ")";
      case 11: return compared(any(inner), any(inner));
      case 12: return "(" + any(inner) + " in " + (below(4) == 0 ? any(inner) : list(inner)) + ")";
      case 13: return text(inner) + one_of({".startsWith(", ".endsWith(", ".contains("}) + text(inner) + ")";
      case 14: return text(inner) + ".matches(" + one_of({"'^o'", "r'\\d+'", "'[a-c]r?'", "'e$'", "'ö'", "''"}) + ")";
      default: return quantified(inner);
    }
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string of(const std::vector<std::string>& all) { return all[below(all.size())]; }
  std::string one_of(std::initializer_list<const char*> all) { return *(all.begin() + below(all.size())); }

  std::string compared(const std::string& left, const std::string& right) {
    return "(" + left + one_of({" == ", " != ", " < ", " <= ", " > ", " >= "}) + right + ")";
  }
  std::string any(int depth) {
    switch (below(7)) {
      case 0: return integer(depth);
      case 1: return real(depth);
      case 2: return text(depth);
      case 3: return list(depth);
      case 4: return one_of({"null", "data.n", "data.x", "data.o", "data"});
      case 5: return one_of({"{'i': 1, 's': 'x'}", "{}", "{'a': [1]}", "data.o"});
      default: return boolean(depth);
    }
  }
  // In the third payload these are of other types.
  std::string integer(int depth) {
    if (depth == 0 || below(3) == 0)
      return one_of({"1", "0", "-2", "0x10", "7", "data.i", "data.j", "data.o.i", "9223372036854775807", "data.l[0]",
                     "data.r[1].i", "size(data.s)", "data.l.size()", "size(data.t)", "data['i']", "data.x"});
    const int inner = depth - 1;
    if (below(6) == 0) return "(-" + integer(inner) + ")";
    return "(" + integer(inner) + one_of({" + ", " - ", " * ", " / ", " % "}) + integer(inner) + ")";
  }
  // Of what is a double, or no number, in every payload.
  std::string real(int depth) {
    if (depth == 0 || below(3) == 0) return one_of({"1.5", "-2.0", ".5", "1e3", "data.e", "0.0", "2.0"});
    const int inner = depth - 1;
    return "(" + real(inner) + one_of({" + ", " - ", " * ", " / "}) + real(inner) + ")";
  }
  std::string text(int depth) {
    if (depth == 0 || below(3) == 0)
      return one_of({"'order'", "''", "\"a\"", "r'\\d'", "'''x'''", "'\\u00f6\\n'", "data.s", "data.t", "data.o.s",
                     "data.m[0]", "event.type", "headers['x-event']", "query.a", "data.x"});
    return "(" + text(depth - 1) + " + " + text(depth - 1) + ")";
  }
  std::string list(int depth) {
    switch (below(depth > 0 ? 6 : 4)) {
      case 0: return "data.l";
      case 1: return "data.m";
      case 2: return "[1, 2.0, 'a']";
      case 3: return "data.r";
      case 4: return "[" + any(depth - 1) + ", " + any(depth - 1) + "]";
      default: return "(" + list(depth - 1) + " + " + list(depth - 1) + ")";
    }
  }
  std::string quantified(int depth) {
    const std::string range = below(5) == 0 ? one_of({"data.o", "data", "event", "data.i"}) : list(depth);
    const std::string condition = below(2) == 0
                                      ? compared("v", any(depth))
                                      : one_of({"v.i > 1", "v == 1", "v > 1", "v", "v.s == 'a'", "v in data.l",
                                                "v.startsWith('a')", "has(v.i)", "size(v) > 0"});
    return range + one_of({".all(v, ", ".exists(v, ", ".exists_one(v, "}) + condition + ")";
  }

  std::mt19937 random_;
};

log::StoredRecord stored(const std::string& payload) {
  log::StoredRecord record;
  for (const auto& [name, value] :
       {std::pair("certes-id", "evt_1"), std::pair("ce_specversion", "1.0"), std::pair("ce_id", "evt_1"),
        std::pair("ce_source", "/shop"), std::pair("ce_type", "order.created"), std::pair("certes-tenant", "default"),
        std::pair("certes-h-x-event", "push"), std::pair("certes-query", "a=1")})
    record.headers.add(name, value);
  record.value = payload;
  return record;
}

void print(const std::string& text, const std::string& payload, bool chosen) {
  Json line = {{"filter", text}, {"payload", payload}, {"chosen", chosen}};
  const auto program = filter::compile_text(text);
  if (program) {
    const log::StoredRecord record = stored(payload);
    const auto view = event::view(record);
    if (!view) std::abort();
    event::JsonDocument document;
    event::FilterEvent event(record, *view, document);
    const auto result = event::evaluate(**program, event);
    const bool failed = result.says == event::FilterResult::Says::failed;
    line["says"] = failed ? "failed" : result.says == event::FilterResult::Says::yes ? "true" : "false";
    if (failed) line["why"] = event::describe(**program, result.failure);
  } else {
    line["says"] = "refused";
    line["why"] = program.error().message;
  }
  std::puts(line.dump().c_str());
}

}  // namespace
}  // namespace certes::cel

int main(int count, char** arguments) {
  using namespace certes::cel;
  if (count < 2) return 2;
  std::ifstream file(arguments[1]);
  const Json groups = Json::parse(file);
  for (const Json& group : groups)
    for (const Json& filter : group.at("filters")) print(filter.get<std::string>(), group.at("payload").dump(), true);
  Expressions expressions(42);
  for (int left = count > 2 ? std::atoi(arguments[2]) : 2'500; left > 0; --left) {
    const std::string payload = expressions.payload();
    print(expressions.boolean(3), payload, false);
  }
  return 0;
}
