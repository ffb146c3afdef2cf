// What a gateway remembers of the requests it has refused, and how much of it.
#include "gateway/ingest/refused_requests.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::gateway::ingest;
using questions::RefusedRequest;

namespace {

constexpr std::size_t kPlenty = 64u << 20;

RefusedRequest refused(UnixMillis at, const std::string& error, const std::string& payload = {}) {
  RefusedRequest request;
  request.at = at;
  request.reason = "invalid";
  request.error = error;
  request.payload = payload;
  request.bytes = payload.size();
  return request;
}

struct Bench {
  explicit Bench(std::size_t most_bytes = kPlenty) : kept(most_bytes, metrics.counter("dropped", "")) {}
  std::string errors(const std::string& source, const std::string& tenant = "default") const {
    std::string all;
    for (const RefusedRequest& one : kept.of(tenant, {source, false}).requests) all += one.error + " ";
    return all;
  }
  metrics::Metrics metrics;
  RefusedRequests kept;
};

}  // namespace

TEST_CASE("Refused requests: the newest first, of a source and its tenant alone") {
  Bench bench;
  bench.kept.add("default", "shop", refused(1, "a"));
  bench.kept.add("default", "shop", refused(2, "b"));
  bench.kept.add("default", "mail", refused(3, "c"));
  bench.kept.add("acme", "shop", refused(4, "d"));
  CHECK(bench.errors("shop") == "b a ");
  CHECK(bench.errors("mail") == "c ");
  CHECK(bench.errors("shop", "acme") == "d ");
  CHECK(bench.errors("none").empty());
  CHECK(bench.errors("shop", "none").empty());
}

TEST_CASE("Refused requests: those for the same, one after the other, are one") {
  Bench bench;
  for (UnixMillis at = 1; at <= 5; ++at) bench.kept.add("default", "shop", refused(at, "a", std::string(100, 'x')));
  const std::size_t bytes = bench.kept.bytes();
  bench.kept.add("default", "shop", refused(6, "b"));
  bench.kept.add("default", "shop", refused(7, "a"));
  const auto all = bench.kept.of("default", {"shop", true}).requests;
  REQUIRE(all.size() == 3);
  CHECK(all[2].times == 5);
  CHECK(all[2].first_at == 1);
  CHECK(all[2].at == 5);
  CHECK(all[0].times == 1);
  CHECK(bytes < 1'000);
}

TEST_CASE("Refused requests: a hundred of a source are kept, and what is long is cut") {
  Bench bench;
  for (UnixMillis at = 1; at <= 150; ++at) bench.kept.add("default", "shop", refused(at, std::to_string(at)));
  const auto all = bench.kept.of("default", {"shop", false}).requests;
  REQUIRE(all.size() == RefusedRequests::kMostOfSource);
  CHECK(all.front().at == 150);
  CHECK(all.back().at == 51);
  bench.kept.add("default", "shop", refused(200, std::string(10'000, 'e'), std::string(10'000, 'p')));
  const RefusedRequest with = bench.kept.of("default", {"shop", true}).requests.front();
  CHECK(with.error.size() == RefusedRequests::kMostText);
  CHECK(with.payload.size() == RefusedRequests::kMostPayload);
  CHECK(with.payload_cut);
  const RefusedRequest without = bench.kept.of("default", {"shop", false}).requests.front();
  CHECK(without.payload.empty());
  CHECK_FALSE(without.payload_cut);
  CHECK(without.bytes == 10'000);
}

TEST_CASE("Refused requests: no tenant has more than a quarter of the bytes, and all have no more than there are") {
  constexpr std::size_t kMost = 40'000;
  Bench bench(kMost);
  for (UnixMillis at = 1; at <= 100; ++at)
    bench.kept.add("loud", "s" + std::to_string(at % 3), refused(at, std::to_string(at), std::string(1'000, 'p')));
  CHECK(bench.kept.bytes() <= kMost / 4);
  CHECK(bench.errors("s1", "loud").starts_with("100 97 "));
  for (int tenant = 0; tenant < 8; ++tenant)
    for (UnixMillis at = 1; at <= 20; ++at) {
      bench.kept.add("t" + std::to_string(tenant), "s", refused(at, std::to_string(at), std::string(1'000, 'p')));
      REQUIRE(bench.kept.bytes() <= kMost);
    }
  CHECK(bench.errors("s", "t7").starts_with("20 19 "));
  CHECK(bench.metrics.text().find("dropped ") != std::string::npos);
}

TEST_CASE("Refused requests: where there is no room for one, or for any, nothing is kept") {
  Bench none(0), little(100);
  for (Bench* bench : {&none, &little}) {
    bench->kept.add("default", "shop", refused(1, "a"));
    CHECK(bench->errors("shop").empty());
    CHECK(bench->kept.bytes() == 0);
  }
}
