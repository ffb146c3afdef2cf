#include "dispatcher/routing/router.hpp"

#include <doctest/doctest.h>

#include "common/base/random.hpp"
#include "tests/dispatcher/resources.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EndpointState;
using registry::Priority;
using tests::StateBuilder;

namespace {

Router make(const StateBuilder& state, std::string global = {}) {
  auto fallback = std::make_shared<registry::BackoffPolicy>();
  fallback->id = "fallback";
  return Router(state.build(), {std::move(global), std::move(fallback)});
}

}  // namespace

TEST_CASE("Router: an endpoint gets an event once, at the highest priority of its subscriptions") {
  StateBuilder state;
  state.endpoint("billing").endpoint("mail");
  state.subscription("s1", "billing", "order.*", Priority::low);
  state.subscription("s2", "billing", "order.created", Priority::critical);
  state.subscription("s3", "billing", "#", Priority::normal);
  state.subscription("s4", "mail", "#", Priority::bulk);
  auto router = make(state);
  const auto& matches = router.route("default", "order.created");
  REQUIRE(matches.size() == 2);
  CHECK(matches[0].key == "default/billing");
  CHECK(matches[0].priority == Priority::critical);
  CHECK(matches[1].key == "default/mail");
  CHECK(matches[1].priority == Priority::bulk);
  CHECK(router.route("default", "order.paid")[0].priority == Priority::normal);
  CHECK(router.route("other", "order.paid").empty());
}

TEST_CASE("Router: in what state an endpoint is makes no difference, but that it is there") {
  StateBuilder state;
  state.endpoint("off", [](auto& e) { e.state = EndpointState::disabled; });
  state.endpoint("held", [](auto& e) { e.state = EndpointState::paused; });
  state.subscription("s1", "off", "#").subscription("s2", "held", "#").subscription("s3", "gone", "#");
  auto router = make(state);
  const auto& matches = router.route("default", "a");
  REQUIRE(matches.size() == 2);
  CHECK(matches[0].endpoint->id == "held");
  CHECK(matches[1].endpoint->id == "off");
  CHECK(router.only("default", "a", "off").has_value());
  CHECK_FALSE(router.only("default", "a", "gone").has_value());
}

TEST_CASE("Router: events about Certes go to the default tenant's endpoints, too, where its subscriptions say so") {
  const std::string type = "certes.delivery.dead_lettered";
  const auto of = [](const std::string& tenant) { return [tenant](auto& e) { e.tenant = tenant; }; };
  const auto keys = [](const std::vector<Match>& matches) {
    std::vector<std::string> found;
    for (const Match& match : matches) found.push_back(match.key);
    return found;
  };
  using Keys = std::vector<std::string>;
  StateBuilder state;
  state.endpoint("ops").endpoint("all").endpoint("ops", of("acme")).endpoint("zoo", of("acme"));
  state.endpoint("ops", of("other"));
  state.subscription("s1", "ops", "certes.delivery.*", Priority::high).tenants("s1", {"acme"});
  state.subscription("s2", "all", "certes.#").tenants("s2", {"*"});
  state.subscription("s3", "ops", "certes.#", Priority::low, {}, "acme");
  state.subscription("s4", "zoo", "certes.#", Priority::low, {}, "acme");
  auto router = make(state);
  CHECK(keys(router.route("acme", type)) == Keys{"default/all", "acme/ops", "default/ops", "acme/zoo"});
  CHECK(keys(router.route("acme", "certes.log.lost")) == Keys{"default/all", "acme/ops", "acme/zoo"});
  CHECK(keys(router.route("other", type)) == Keys{"default/all"});
  CHECK(keys(router.route("default", type)) == Keys{"default/all"});
  CHECK(router.route("acme", "order.created").empty());
  REQUIRE(router.find("acme", type, "default", "ops", registry::EventKind::event));
  CHECK(router.find("acme", type, "default", "ops", registry::EventKind::event)->priority == Priority::high);
  CHECK(router.find("acme", type, "acme", "ops", registry::EventKind::event)->priority == Priority::low);
  CHECK_FALSE(router.find("acme", type, "acme", "all", registry::EventKind::event));
  CHECK(router.anybody("other", type));
  CHECK_FALSE(router.anybody("other", "order.created"));

  // A replay to one endpoint is its tenant's.
  CHECK(router.only("acme", type, "ops")->key == "acme/ops");
  CHECK_FALSE(router.only("other", type, "all"));

  router.follow(state.remove_subscription("s2").build());
  CHECK(keys(router.route("acme", type)) == Keys{"acme/ops", "default/ops", "acme/zoo"});
  CHECK(router.route("other", type).empty());
  CHECK_FALSE(router.anybody("other", type));
  router.follow(state.remove_endpoint("ops").build());
  CHECK(keys(router.route("acme", type)) == Keys{"acme/ops", "acme/zoo"});
  router.follow(state.endpoint("ops").build());
  CHECK(keys(router.route("acme", type)) == Keys{"acme/ops", "default/ops", "acme/zoo"});
}

TEST_CASE("Router: a policy of another tenant's endpoint is its own tenant's") {
  StateBuilder state;
  state.tenant("acme", [](auto& t) { t.max_priority = Priority::bulk; });
  state.policy("slow").policy("brief");
  state.endpoint("ops", [](auto& e) { e.backoff_policy = "slow"; }).endpoint("pager");
  state.subscription("s1", "ops", "certes.#", Priority::high).tenants("s1", {"*"});
  state.subscription("s2", "pager", "certes.#", Priority::high, "brief").tenants("s2", {"*"});
  auto router = make(state);
  const auto& matches = router.route("acme", "certes.log.lost");
  REQUIRE(matches.size() == 2);
  CHECK(matches[0].policy->id == "slow");
  CHECK(matches[0].priority == Priority::high);
  CHECK(matches[1].policy->id == "brief");
}

TEST_CASE("Router: the nearest back-off policy holds") {
  StateBuilder state;
  for (const auto* id : {"sub", "end", "type", "src", "glob"}) state.policy(id);
  state.source("github", [](auto& s) { s.backoff_policy = "src"; });
  state.event_type("github.issues", [](auto& t) { t.backoff_policy = "type"; });
  state.endpoint("a", [](auto& e) { e.backoff_policy = "end"; });
  state.endpoint("b");
  state.endpoint("c", [](auto& e) { e.backoff_policy = "deleted"; });
  state.subscription("s1", "a", "x", Priority::normal, "sub").subscription("s2", "a", "y");
  state.subscription("s3", "b", "github.#").subscription("s4", "b", "z").subscription("s5", "c", "z");
  auto router = make(state, "glob");
  CHECK(router.route("default", "x")[0].policy->id == "sub");
  CHECK(router.route("default", "y")[0].policy->id == "end");
  CHECK(router.route("default", "github.push")[0].policy->id == "src");
  CHECK(router.route("default", "github.issues")[0].policy->id == "type");
  CHECK(router.route("default", "github.issues.opened")[0].policy->id == "src");
  CHECK(router.route("default", "z")[0].policy->id == "glob");
  CHECK(router.route("default", "z")[1].policy->id == "glob");
  auto plain = make(state);
  CHECK(plain.route("default", "z")[0].policy->id == "fallback");
}

TEST_CASE("Router: a replay goes to its endpoint at the priority of its subscription") {
  StateBuilder state;
  state.endpoint("a").endpoint("b");
  state.subscription("s1", "a", "x", Priority::high).subscription("s2", "b", "x", Priority::low);
  auto router = make(state);
  CHECK(router.only("default", "x", "b")->priority == Priority::low);
  CHECK(router.only("default", "other", "b")->priority == Priority::normal);
}

TEST_CASE("Router: no delivery has a higher priority than its tenant may have") {
  StateBuilder state;
  state.tenant("default", [](auto& t) { t.max_priority = Priority::low; });
  state.endpoint("a").endpoint("b");
  state.subscription("s1", "a", "#", Priority::critical).subscription("s2", "b", "#", Priority::bulk);
  auto router = make(state);
  const auto& matches = router.route("default", "x");
  REQUIRE(matches.size() == 2);
  CHECK(matches[0].priority == Priority::low);
  CHECK(matches[1].priority == Priority::bulk);
  CHECK(router.only("default", "x", "a")->priority == Priority::low);
  StateBuilder replay;
  replay.tenant("default", [](auto& t) { t.max_priority = Priority::bulk; }).endpoint("c");
  CHECK(make(replay).only("default", "x", "c")->priority == Priority::bulk);
}

TEST_CASE("Router: events, commands and results are buses of their own") {
  StateBuilder state;
  state.endpoint("billing").endpoint("audit").endpoint("mail");
  state.subscription("s1", "billing", "Billing.*").kind("s1", registry::EventKind::command);
  state.subscription("s2", "audit", "Billing.*.result").kind("s2", registry::EventKind::result);
  state.subscription("s3", "mail", "#");
  auto router = make(state);
  const auto keys = [&](std::string_view type, registry::EventKind kind) {
    std::string text;
    for (const auto& match : router.route("default", type, kind)) text += match.key + " ";
    return text;
  };
  CHECK(keys("Billing.Charge", registry::EventKind::command) == "default/billing ");
  CHECK(keys("Billing.Charge.result", registry::EventKind::result) == "default/audit ");
  CHECK(keys("Billing.Charge", registry::EventKind::event) == "default/mail ");
  CHECK(keys("Billing.Charge", registry::EventKind::result).empty());
  CHECK(keys("Shipping.Send", registry::EventKind::command).empty());
}

TEST_CASE("Router: a source's policy is not a command's whose service has its name") {
  StateBuilder state;
  state.endpoint("billing").policy("slow").source("Billing", [](auto& source) { source.backoff_policy = "slow"; });
  state.subscription("s1", "billing", "Billing.*").kind("s1", registry::EventKind::command);
  state.subscription("s2", "billing", "Billing.*");
  auto router = make(state);
  CHECK(router.route("default", "Billing.Charge")[0].policy->id == "slow");
  CHECK(router.route("default", "Billing.Charge", registry::EventKind::command)[0].policy->id == "fallback");
}

namespace {

// A registry under random changes: what stands there is of two tenants beside the default one.
class Changing {
 public:
  explicit Changing(std::uint64_t seed) : random_(seed) {}

  registry::StatePtr step() {
    for (auto changes = 1 + random_.bits() % 3; changes > 0; --changes) change();
    auto made = std::make_shared<registry::State>(state_);
    made->number = ++number_;
    return made;
  }
  std::string type() {
    std::string text = word(kWords - 1);
    for (auto more = random_.bits() % 3; more > 0; --more) text.append(1, '.').append(word(kWords - 1));
    return text;
  }
  std::string tenant() { return kTenants[random_.bits() % std::size(kTenants)]; }
  registry::EventKind kind() { return static_cast<registry::EventKind>(random_.bits() % registry::kEventKinds); }
  std::string endpoint() { return "e" + std::to_string(random_.bits() % 6); }

 private:
  static constexpr const char* kTenants[] = {"default", "acme", "other"};
  static constexpr std::uint64_t kWords = 6;

  std::string word(std::uint64_t most) {
    static constexpr const char* kAll[] = {"a", "b", "certes", "src", "d", "*", "#"};
    return kAll[random_.bits() % (most + 1)];
  }
  std::string pattern() {
    std::string text = word(kWords);
    for (auto more = random_.bits() % 3; more > 0; --more) text.append(1, '.').append(word(kWords));
    return text;
  }
  std::vector<std::string> tenants() {
    switch (random_.bits() % 4) {
      case 0: return {};
      case 1: return {"*"};
      case 2: return {tenant()};
      default: return {tenant(), tenant()};
    }
  }
  std::string policy() { return random_.bits() % 2 ? std::string() : "p" + std::to_string(random_.bits() % 3); }

  template <class T>
  std::shared_ptr<T> next(const registry::State::Map<T>& map, const std::string& tenant, const std::string& id) {
    const auto* current = map.find(tenant + "/" + id);
    auto made = current ? std::make_shared<T>(**current) : std::make_shared<T>();
    made->tenant = tenant;
    made->id = id;
    ++made->version;
    return made;
  }
  // Made, edited or removed.
  template <class T, class Edit>
  void change(registry::State::Map<T>& map, const std::string& id, Edit edit, const std::string& tenant) {
    if (random_.bits() % 4 == 0) return (void)map.erase(tenant + "/" + id);
    auto made = next(map, tenant, id);
    edit(*made);
    map.set(tenant + "/" + id, std::move(made));
  }
  void change() {
    switch (random_.bits() % 12) {
      case 0:
        return change(
            state_.tenants, tenant(),
            [&](auto& t) {
              t.max_priority = static_cast<Priority>(random_.bits() % registry::kPriorities);
              t.weight = 1 + static_cast<int>(random_.bits() % 4);
            },
            "default");
      case 1:
        return change(
            state_.backoff_policies, "p" + std::to_string(random_.bits() % 3), [](auto&) {}, tenant());
      case 2:
        return change(
            state_.sources, "src", [&](auto& s) { s.backoff_policy = policy(); }, tenant());
      case 3:
        return change(
            state_.event_types, type(), [&](auto& t) { t.backoff_policy = policy(); }, tenant());
      case 4:
      case 5:
      case 6:
        return change(
            state_.endpoints, endpoint(),
            [&](auto& e) {
              e.state = static_cast<EndpointState>(random_.bits() % 3);
              e.backoff_policy = policy();
            },
            tenant());
      default:
        return change(
            state_.subscriptions, "s" + std::to_string(random_.bits() % 20),
            [&](auto& s) {
              s.endpoint = endpoint();
              s.pattern = pattern();
              s.kind = kind();
              s.priority = static_cast<Priority>(random_.bits() % registry::kPriorities);
              s.backoff_policy = policy();
              s.tenants = s.pattern.starts_with("certes") ? tenants() : std::vector<std::string>();
            },
            tenant());
    }
  }

  Random random_;
  registry::State state_;
  std::uint64_t number_ = 0;
};

std::string shown(const Match& match) {
  return match.key + " v" + std::to_string(match.endpoint->version) + " " + std::string(to_string(match.priority)) +
         " " + match.policy->tenant + "/" + match.policy->id + " v" + std::to_string(match.policy->version) + "\n";
}

std::string shown(const std::vector<Match>& matches) {
  std::string text;
  for (const Match& match : matches) text += shown(match);
  return text;
}

RouterOptions options(std::size_t remembered_bytes) {
  RouterOptions options;
  options.global_policy = "p0";
  options.fallback = std::make_shared<registry::BackoffPolicy>();
  options.remembered_bytes = remembered_bytes;
  return options;
}

}  // namespace

TEST_CASE("Router: one that follows random changes says what one says that is made anew") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Changing registry(seed);
    Router follows(registry.step(), options(seed % 3 == 0 ? 2'000 : 1u << 20));
    std::vector<std::tuple<std::string, std::string, registry::EventKind>> asked;
    for (int i = 0; i < 40; ++i) asked.emplace_back(registry.tenant(), registry.type(), registry.kind());
    for (int step = 0; step < 400; ++step) {
      // Some are skipped, as a loop that is busy skips them, now and then so many that all is found anew.
      registry::StatePtr state = registry.step();
      for (int skipped = step % 50 == 0 ? 60 : step % 3; skipped > 0; --skipped) state = registry.step();
      const std::uint64_t before = follows.state()->number;
      follows.follow(state);
      Router anew(state, options(1u << 20));
      for (std::size_t i = static_cast<std::size_t>(step) % 4; i < asked.size(); i += 4) {
        const auto& [tenant, type, kind] = asked[i];
        CAPTURE(type);
        const std::string wanted = shown(anew.route(tenant, type, kind));
        REQUIRE(shown(follows.route(tenant, type, kind)) == wanted);
        const std::string endpoint = registry.endpoint();
        for (const std::string& home : {tenant, std::string("default")}) {
          const Match* const found = follows.find(tenant, type, home, endpoint, kind);
          REQUIRE((found != nullptr) == (("\n" + wanted).find("\n" + home + "/" + endpoint + " ") != wanted.npos));
          if (found) REQUIRE(found->key == home + "/" + endpoint);
        }
        if (kind == registry::EventKind::event) REQUIRE(follows.anybody(tenant, type) == !wanted.empty());
        const auto only = follows.only(tenant, type, endpoint, kind),
                   only_anew = anew.only(tenant, type, endpoint, kind);
        REQUIRE(only.has_value() == only_anew.has_value());
        if (only) REQUIRE(shown(*only) == shown(*only_anew));
        REQUIRE(follows.changed_in(tenant) <= state->number);
      }
      REQUIRE(before < state->number);
    }
  }
}

TEST_CASE("Router: a tenant in which nothing has changed that decides a match is known to be as it was") {
  StateBuilder state;
  state.endpoint("billing")
      .subscription("s1", "billing", "order.#")
      .subscription("s2", "far", "#", Priority::low, {}, "acme");
  auto router = make(state);
  const std::uint64_t first = router.state()->number;
  router.follow(state.endpoint("billing", [](auto& e) { e.concurrency = 3; }).build());
  CHECK(router.changed_in("default") == router.state()->number);
  CHECK(router.changed_in("acme") == first);
  CHECK(router.route("default", "order.paid")[0].endpoint->concurrency == 3);
}

TEST_CASE("Router: a million invented types take no more memory than it may have") {
  StateBuilder state;
  state.endpoint("billing").endpoint("an endpoint with a name that is on the heap").endpoint("c");
  state.subscription("s1", "billing", "order.#")
      .subscription("s2", "an endpoint with a name that is on the heap", "#.x");
  state.subscription("s3", "c", "order.*.x");
  constexpr std::size_t kMost = 1u << 20;
  Router router(state.build(), options(kMost));
  CHECK(router.route("default", "order.1.x").size() == 3);
  for (int i = 0; i < 1'000'000; ++i) {
    router.route("default", (i % 2 ? "order." : "invented.") + std::to_string(i) + (i % 3 ? ".x" : ".y"));
    REQUIRE(router.remembered_bytes() <= kMost);
  }
  CHECK(router.remembered_bytes() > kMost / 2);
  CHECK(router.route("default", "order.1.x").size() == 3);
}

TEST_CASE("Router: matches that are more than it may remember are found all the same") {
  StateBuilder state;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = std::to_string(i);
    state.endpoint(id).subscription("s" + id, id, "#");
  }
  Router router(state.build(), options(1'000));
  CHECK(router.route("default", "x").size() == 1'000);
  CHECK(router.route("default", "y").size() == 1'000);
  CHECK(router.route("other", "y").empty());
  CHECK(router.remembered_bytes() < 1'000);
}
