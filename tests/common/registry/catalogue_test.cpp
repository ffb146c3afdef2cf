#include "common/registry/catalogue.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>

#include "common/base/random.hpp"
#include "tests/common/registry/fixture.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

struct Body {
  const char* kind;
  std::array<const char*, 3> bodies;
};
// Of each kind bodies that are understood, in part or whole; and of two that cannot be used.
constexpr Body kBodies[] = {
    {"tenants", {R"({"weight":3})", R"({"max_priority":"high"})", R"({"weight":"x"})"}},
    {"backoff-policies", {R"({"strategy":"constant","base_seconds":7})", R"({"strategy":"later's"})", "{}"}},
    {"event-types", {R"({"schema":{"const":1}})", R"({"compatibility":"later's"})", "{}"}},
    {"sources",
     {R"({"verify":{"scheme":"key"}})", R"({"verify":{"scheme":"later's"}})", R"({"verify":{"scheme":"none"}})"}},
    {"endpoints",
     {R"({"url":"http://a/"})", R"({"url":"http://b/","concurrency":"x"})", R"({"auth":{"scheme":"later's"}})"}},
    {"subscriptions",
     {R"({"endpoint":"x0","pattern":"a.#"})", R"({"endpoint":"x1","pattern":"b"})", R"({"filter":"x"})"}},
    {"keys",
     {R"({"hash":"h1","scopes":["*"]})", R"({"hash":"h2","scopes":[],"former":[{"hash":"h1","expires_at":9}]})",
      R"({"hash":"h3","scopes":["*"],"expires":"later's"})"}},
    {"installation", {R"({"check":"sealed:A"})", R"({"check":"sealed:B"})", R"({"check":"sealed:C"})"}}};

template <class T>
std::string shown(const std::shared_ptr<const T>& resource) {
  std::string text = std::to_string(resource->version) + " " + resource->tenant + "/" + resource->id + " ";
  if constexpr (std::is_same_v<T, Unusable>)
    return text + resource->kind + " " + resource->reason;
  else
    text += stored_json(*resource);
  for (const std::string& member : resource->not_understood) text += " " + member;
  return text;
}
std::string shown(const std::vector<std::string>& members) {
  std::string text;
  for (const std::string& member : members) text += member + " ";
  return text;
}

using Texts = std::map<std::string, std::string>;  // by the name of a map and a key in it

// take(map's name, map before, map after) for each map of a State.
template <class Take>
void for_each_map(const State& before, const State& after, Take take) {
  for_each_kind([&](auto type) {
    using T = typename decltype(type)::type;
    take(std::string(Kind<T>::name) + " ", Kind<T>::map(before), Kind<T>::map(after));
  });
  take(std::string("by hash "), before.keys_by_hash, after.keys_by_hash);
  take(std::string("unusable "), before.unusable, after.unusable);
  take(std::string("not understood "), before.not_understood, after.not_understood);
}

Texts texts_of(const State& state) {
  Texts texts;
  for_each_map(state, state, [&](const std::string& name, const auto& map, const auto&) {
    for (const auto& [key, value] : map) texts[name + key] = shown(value);
  });
  return texts;
}

// What `texts` has of the one, made what it should have of the other.
void apply_difference(Texts& texts, const State& before, const State& after) {
  for_each_map(before, after, [&](const std::string& name, const auto& was, const auto& is) {
    using Map = std::remove_cvref_t<decltype(was)>;
    Map::difference(was, is, [&](const std::string& key, const auto*, const auto* value) {
      if (value == nullptr)
        texts.erase(name + key);
      else
        texts[name + key] = shown(*value);
    });
  });
}

}  // namespace

TEST_CASE(
    "Catalogue: what random changes leave, is what is read at once; every State says what has changed since another") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Deciding decide;
    std::vector<std::pair<State, Texts>> older;
    int accepted = 0;
    for (int step = 0; step < 1'200; ++step) {
      const Body& what = kBodies[random.bits() % std::size(kBodies)];
      Change c = change(random.bits() % 4 == 0 ? Change::Op::remove : Change::Op::put, what.kind,
                        "x" + std::to_string(random.bits() % 12));
      c.cascade = random.bits() % 2 == 0;
      if (c.op == Change::Op::put) c.body = what.bodies[random.bits() % what.bodies.size()];
      if (c.kind == "endpoints") c.envelope.state = random.bits() % 2 ? "active" : "disabled";
      if (c.kind == "keys" && c.op == Change::Op::put && random.bits() % 2 == 0)
        c.body = R"({"scopes":[],"hash":"h)" + std::to_string(random.bits() % 6) + "\"}";
      accepted += decide(c) ? 1 : 0;
      if (random.bits() % 100 == 0) older.emplace_back(decide.state(), texts_of(decide.state()));
    }
    REQUIRE(accepted > 400);
    const State now = decide.state();
    const Texts texts = texts_of(now);
    Catalogue at_once;
    for (const auto& [key, entry] : decide.decider.ledger().entries()) at_once.update(key, entry);
    CHECK(texts_of(at_once.state()) == texts);
    for (const auto& [state, as_it_was] : older) {
      CHECK(texts_of(state) == as_it_was);
      Texts followed = as_it_was;
      apply_difference(followed, state, now);
      CHECK(followed == texts);
    }
  }
}

TEST_CASE("State: an event type with a long name is found") {
  State state;
  auto made = std::make_shared<EventType>();
  made->id = std::string(255, 'a');
  state.event_types.set("default/" + made->id, made);
  CHECK(state.event_type("default", made->id));
  CHECK_FALSE(state.event_type("default", made->id + "a"));
  CHECK_FALSE(state.event_type(std::string(129, 't'), "a"));
}
