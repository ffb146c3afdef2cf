#include "gateway/webhook/prepared_sources.hpp"

#include "tests/gateway/webhook/prepared.hpp"

using namespace certes;
using namespace certes::gateway::ingest;
using namespace certes::gateway::ingest::testing;

namespace {

using State = std::shared_ptr<registry::State>;

void put(registry::State& state, const std::string& id) {
  auto source = std::make_shared<registry::Source>();
  source->id = id;
  source->verify.scheme = "none";
  state.sources.set("default/" + id, source);
}

struct Sources {
  config::Settings settings;
  gateway::Clients clients{settings};
  PreparedSources prepared{sealer(), clients, 1u << 20};
};

}  // namespace

TEST_CASE("PreparedSources: one is made ready once for each of its versions") {
  Sources sources;
  const State state = std::make_shared<registry::State>();
  put(*state, "shop");
  const auto first = sources.prepared.find(*state, "default", "shop");
  REQUIRE(first);
  CHECK(*sources.prepared.find(*state, "default", "shop") == *first);
  put(*state, "shop");
  const auto second = sources.prepared.find(*state, "default", "shop");
  REQUIRE(second);
  CHECK(*second != *first);
  CHECK(sources.prepared.size() == 1);
  CHECK(sources.prepared.find(*state, "default", "bank").error().code == Code::not_found);
}

TEST_CASE("PreparedSources: those of deleted and changed sources go, though nobody asks for them any more") {
  Sources sources;
  const State before = std::make_shared<registry::State>();
  for (int i = 0; i < 100; ++i) put(*before, "s" + std::to_string(i));
  sources.prepared.follow(before);
  std::weak_ptr<const PreparedSource> deleted, kept;
  for (int i = 0; i < 100; ++i) {
    const auto ready = sources.prepared.find(*before, "default", "s" + std::to_string(i));
    REQUIRE(ready);
    if (i == 42) deleted = *ready;
    if (i == 43) kept = *ready;
  }
  const State after = std::make_shared<registry::State>(*before);
  for (int i = 0; i < 100; ++i)
    if (i != 43 && i != 44) after->sources.erase("default/s" + std::to_string(i));
  put(*after, "s44");
  for (int requests = 0; requests < 10; ++requests) sources.prepared.follow(after);
  CHECK(deleted.expired());
  CHECK_FALSE(kept.expired());
  CHECK(sources.prepared.size() == 1);
}
