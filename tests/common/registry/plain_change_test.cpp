#include "common/registry/plain_change.hpp"

#include <doctest/doctest.h>

#include "common/base/random.hpp"
#include "tests/common/registry/fixture.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

std::string shown(const Record& record) {
  const auto* read = std::get_if<ChangeRecord>(&record);
  if (read == nullptr) return "no change";
  const Change& c = read->change;
  std::string text = read->change_id + "|" + std::to_string(static_cast<int>(c.op)) + "|" + c.kind + "|" + c.tenant +
                     "|" + c.id + "|" + c.by + "|" + (c.based_on ? std::to_string(*c.based_on) : "-") + "|" +
                     (c.cascade ? "cascade" : "-") + "|" + c.envelope.state + "|" + c.body;
  for (const std::string& need : c.envelope.needs) text += "|needs " + need;
  for (const std::string& claim : c.envelope.claims) text += "|claims " + claim;
  return text;
}

bool is_plain(const std::string& text) {
  const auto members = members_of(text);
  return members && plain_change(*members);
}

// As decode reads it where it is not plain: one member more, which nobody knows.
std::string otherwise(const std::string& text) {
  const std::string more = text.substr(0, text.rfind('}')) + R"(,"later":0})";
  CHECK_FALSE(is_plain(more));
  return shown(decode(more));
}

}  // namespace

TEST_CASE("Plain change: is read as any other record is, whatever stands in it") {
  Random random(5);
  const std::vector<std::string> texts = {"a",          "b.c_d~", "",    "with space", "\u00e9",
                                          "\"quoted\"", "a\\b",   "a/b", "\n",         "]},{["};
  const auto text = [&] { return texts[random.bits() % 3 == 0 ? random.bits() % texts.size() : random.bits() % 2]; };
  int plain = 0;
  for (int i = 0; i < 3'000; ++i) {
    Change c = change(static_cast<Change::Op>(random.bits() % 3), random.bits() % 5 ? "endpoints" : text(), text());
    if (random.bits() % 2) c.tenant = text();
    c.by = text();
    if (random.bits() % 2) c.based_on = static_cast<std::int64_t>(random.bits() % 1'000) - 1;
    c.cascade = random.bits() % 2 == 0;
    for (auto n = random.bits() % 3; n > 0; --n) c.envelope.needs.push_back(text());
    for (auto n = random.bits() % 3; n > 0; --n) c.envelope.claims.push_back(text());
    c.envelope.state = text();
    if (random.bits() % 2) c.body = R"({"url":"http://a/\u00e9","a":[1,{"b":"}"}]})";
    const auto record = encode("chg_" + text(), c);
    REQUIRE(record);
    CAPTURE(*record);
    CHECK(shown(decode(*record)) == otherwise(*record));
    plain += is_plain(*record) ? 1 : 0;
  }
  CHECK(plain > 300);
}

TEST_CASE("Plain change: what is not of one meaning is left to the reader of all records") {
  const std::string head = R"({"v":3,"change":"c","op":"put","kind":"endpoints","tenant":"default","id":"a","by":"k")";
  CHECK(is_plain(head + "}"));
  CHECK(is_plain(head +
                 R"(,"based_on":0,"cascade":false,"needs":[],"claims":["a","b"],"state":"active","body":{"x":tru}})"));
  for (const char* rest :
       {R"(,"based_on":01})", R"(,"based_on":1.0})", R"(,"based_on":-1})", R"(,"based_on":"1"})",
        R"(,"based_on":null})", R"(,"based_on":1234567890123456789})", R"(,"cascade":1})", R"(,"needs":"a"})",
        R"(,"needs":[1]})", R"(,"needs":["a"x]})", R"(,"state":"\u0061"})", R"(,"state":"a""b"})", R"(,"by":"other"})",
        R"(,"later":1})", "}x", ",}", R"(,"state":"\xff"})", R"(,"state":active})"}) {
    const std::string record = head + rest;
    CAPTURE(record);
    CHECK_FALSE(is_plain(record));
  }
  for (const char* record : {R"({"v":1,"change":"c","op":"put","kind":"k","tenant":"t","id":"a","by":"k"})",
                             R"({"v":3,"change":"c","op":"putt","kind":"k","tenant":"t","id":"a","by":"k"})",
                             R"({"v":3,"change":"c","op":"put","kind":"k","tenant":"t/u","id":"a","by":"k"})",
                             R"({"v":3,"change":"c","op":"put","kind":"k","tenant":"t","id":"","by":"k"})",
                             R"({"v":3,"change":"c","op":"put","kind":"k","tenant":"t","id":"a"})",
                             R"({"v":3,"snapshot":"s","as_of":1,"chunks":1,"check":"x","decided":[]})"})
    CHECK_FALSE(is_plain(record));
}
