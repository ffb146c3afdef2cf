#include "common/registry/takers.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::registry;

namespace {

struct Subscribed {
  State state;
  Subscribed& endpoint(const std::string& tenant) {
    auto made = std::make_shared<Endpoint>();
    made->tenant = tenant;
    made->id = "ops";
    state.endpoints.set(tenant + "/ops", made);
    return *this;
  }
  Subscribed& to(const std::string& tenant, const std::string& pattern, std::vector<std::string> tenants = {},
                 EventKind kind = EventKind::event) {
    auto made = std::make_shared<Subscription>();
    made->tenant = tenant;
    made->id = "s";
    made->endpoint = "ops";
    made->pattern = pattern;
    made->kind = kind;
    made->tenants = std::move(tenants);
    state.subscriptions.set(tenant + "/s", made);
    return *this;
  }
};

constexpr std::string_view kType = "certes.ingest.rejected";

}  // namespace

TEST_CASE("Takers: the tenant's own subscriptions, by their pattern and kind") {
  CHECK_FALSE(has_taker(Subscribed().endpoint("acme").state, "acme", kType));
  CHECK(has_taker(Subscribed().endpoint("acme").to("acme", "certes.#").state, "acme", kType));
  CHECK_FALSE(has_taker(Subscribed().to("acme", "certes.#").state, "acme", kType));
  CHECK_FALSE(has_taker(Subscribed().endpoint("acme").to("acme", "#").state, "acme", kType));
  CHECK_FALSE(has_taker(Subscribed().endpoint("acme").to("acme", "certes.delivery.*").state, "acme", kType));
  CHECK_FALSE(
      has_taker(Subscribed().endpoint("acme").to("acme", "certes.#", {}, EventKind::result).state, "acme", kType));
  CHECK_FALSE(has_taker(Subscribed().endpoint("acme").to("acme", "certes.#").state, "default", kType));
}

TEST_CASE("Takers: the default tenant's, of whom they name") {
  CHECK(has_taker(Subscribed().endpoint("default").to("default", "certes.#", {"*"}).state, "acme", kType));
  CHECK(has_taker(Subscribed().endpoint("default").to("default", "certes.#", {"*"}).state, "default", kType));
  const auto some = Subscribed().endpoint("default").to("default", "certes.ingest.*", {"acme"});
  CHECK(has_taker(some.state, "acme", kType));
  CHECK_FALSE(has_taker(some.state, "other", kType));
  CHECK_FALSE(has_taker(some.state, "default", kType));
  CHECK_FALSE(has_taker(Subscribed().endpoint("default").to("default", "certes.#").state, "acme", kType));
}

TEST_CASE("Takes: the first thing that speaks against it is named: kind, tenant, pattern") {
  Subscription one;
  one.tenant = "acme";
  one.pattern = "order.*";
  CHECK(takes(one, {"acme", "order.paid", EventKind::event}) == Takes::yes);
  CHECK(takes(one, {"acme", "order.paid.late", EventKind::event}) == Takes::other_pattern);
  CHECK(takes(one, {"other", "order.paid.late", EventKind::event}) == Takes::other_tenant);
  CHECK(takes(one, {"other", "order.paid.late", EventKind::command}) == Takes::other_kind);
  CHECK(to_string(Takes::yes) == "yes");
  CHECK(to_string(Takes::other_pattern) == "pattern");
}
