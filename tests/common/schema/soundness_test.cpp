// What the compatibility check proves, held against the validator: two implementations that know nothing of each other.
#include <doctest/doctest.h>

#include <cstdlib>

#include "common/event/json_schema.hpp"
#include "common/schema/compatibility.hpp"
#include "common/schema/evaluate.hpp"
#include "common/schema/schema.hpp"
#include "tests/common/schema/random_schemas.hpp"

namespace {

using namespace certes;
using Json = nlohmann::json;

// CERTES_TEST_SCHEMAS: how many pairs; the default is what a test run has time for.
int pairs() {
  const char* asked = std::getenv("CERTES_TEST_SCHEMAS");
  return asked == nullptr ? 3'000 : std::atoi(asked);
}

bool accepts(const event::JsonSchema& validator, const std::string& data) {
  event::JsonDocument document;
  REQUIRE(document.parse(data));
  std::vector<event::Violation> found;
  schema::Budget budget;
  return validator.validate(document.root(), budget, 1, found) == schema::Verdict::holds;
}

}  // namespace

TEST_CASE("Compatibility: no value breaks what was proven, for random schemas") {
  testing::RandomSchemas random(7);
  int proven = 0, told_apart = 0, made = 0;
  for (int i = 0; i < pairs(); ++i) {
    const Json first = random.document();
    const std::string older = first.dump(), newer = random.changed(first).dump();
    if (!schema::check_schema(older) || !schema::check_schema(newer)) continue;
    ++made;
    const auto old_schema = event::JsonSchema::make(older), new_schema = event::JsonSchema::make(newer);
    REQUIRE_MESSAGE(old_schema, older);
    REQUIRE_MESSAGE(new_schema, newer);
    const bool backward = schema::check_backward(older, newer).has_value();
    const bool forward = schema::check_forward(older, newer).has_value();
    proven += backward || forward;
    bool backward_broken = false, forward_broken = false;
    for (int n = 0; n < 40; ++n) {
      const std::string value = random.value().dump();
      const bool by_old = accepts(**old_schema, value), by_new = accepts(**new_schema, value);
      backward_broken = backward_broken || (by_old && !by_new);
      forward_broken = forward_broken || (by_new && !by_old);
      INFO("older ", older, " newer ", newer, " value ", value);
      if (backward) REQUIRE_FALSE(backward_broken);
      if (forward) REQUIRE_FALSE(forward_broken);
    }
    told_apart += backward_broken || forward_broken;
  }
  // The generator makes both kinds, or this shows nothing.
  CHECK(made > pairs() / 2);
  CHECK(proven > made / 4);
  CHECK(told_apart > made / 20);
}

TEST_CASE("Literals: whether a schema accepts one is the same to the check and to the validator, where it is known") {
  testing::RandomSchemas random(11);
  int known = 0, made = 0;
  for (int i = 0; i < pairs(); ++i) {
    const Json tree = random.document();
    const std::string text = tree.dump();
    if (!schema::check_schema(text)) continue;
    const auto validator = event::JsonSchema::make(text);
    REQUIRE_MESSAGE(validator, text);
    for (int n = 0; n < 10; ++n, ++made) {
      const Json value = random.value();
      const schema::Truth truth = schema::evaluate({&tree, &tree, ""}, value);
      if (truth == schema::Truth::unknown) continue;
      ++known;
      INFO("schema ", text, " value ", value.dump());
      REQUIRE((truth == schema::Truth::yes) == accepts(**validator, value.dump()));
    }
  }
  CHECK(known > made / 2);
}
