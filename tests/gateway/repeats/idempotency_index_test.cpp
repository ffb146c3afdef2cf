#include "gateway/repeats/idempotency_index.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace certes;
using certes::gateway::ingest::IdempotencyIndex;
using State = IdempotencyIndex::State;

namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};
constexpr log::Identity kPayload{5, 5};

http::Response answer(std::string body, int status = 202) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

IdempotencyIndex::Options within(std::size_t keys, std::size_t bytes = 1u << 20) {
  return {keys, bytes, Millis{60'000}};
}

void keep(IdempotencyIndex& index, std::uint64_t key, SteadyTime now = kStart, std::string body = "{}") {
  auto found = index.begin({key, 1}, kPayload, now);
  REQUIRE(found.state == State::fresh);
  found.claim.keep(answer(std::move(body)), now);
}

State state_of(IdempotencyIndex& index, std::uint64_t key, SteadyTime now = kStart) {
  return index.begin({key, 1}, kPayload, now).state;
}

}  // namespace

TEST_CASE("IdempotencyIndex: a first request is fresh, then in flight, then answered the same again") {
  IdempotencyIndex index(within(10));
  auto first = index.begin({1, 1}, kPayload, kStart);
  CHECK(first.state == State::fresh);
  CHECK(first.claim);
  CHECK(state_of(index, 1) == State::in_flight);
  first.claim.keep(answer("first", 202), kStart);
  CHECK_FALSE(first.claim);
  for (int i = 0; i < 2; ++i) {
    const auto again = index.begin({1, 1}, kPayload, kStart);
    CHECK(again.state == State::answered);
    CHECK_FALSE(again.claim);
    CHECK(again.answer.status == 202);
    CHECK(again.answer.content_type == "application/json");
    CHECK(again.answer.body == "first");
  }
}

TEST_CASE("IdempotencyIndex: another payload is told, in flight and after") {
  IdempotencyIndex index(within(10));
  auto first = index.begin({1, 1}, kPayload, kStart);
  CHECK(index.begin({1, 1}, {5, 6}, kStart).state == State::other_payload);
  first.claim.keep(answer("x"), kStart);
  CHECK(index.begin({1, 1}, {6, 5}, kStart).state == State::other_payload);
  CHECK(index.begin({2, 1}, {6, 5}, kStart).state == State::fresh);
}

TEST_CASE("IdempotencyIndex: a claim that goes without an answer frees its key") {
  IdempotencyIndex index(within(10));
  { const auto first = index.begin({1, 1}, kPayload, kStart); }
  CHECK(index.size() == 0);
  auto second = index.begin({1, 1}, {9, 9}, kStart);
  CHECK(second.state == State::fresh);
  second.claim.release();
  second.claim.release();
  CHECK(index.size() == 0);
}

TEST_CASE("IdempotencyIndex: a claim can be moved, and holds its key once") {
  IdempotencyIndex index(within(10));
  auto first = index.begin({1, 1}, kPayload, kStart);
  IdempotencyIndex::Claim moved = std::move(first.claim);
  CHECK_FALSE(first.claim);
  first.claim.release();
  CHECK(state_of(index, 1) == State::in_flight);
  auto second = index.begin({2, 1}, kPayload, kStart);
  moved = std::move(second.claim);  // the first one's is given back
  CHECK(state_of(index, 2) == State::in_flight);
  CHECK(state_of(index, 1) == State::fresh);
}

TEST_CASE("IdempotencyIndex: bounded by number, memory and time, the oldest leave first") {
  IdempotencyIndex few(within(2));
  for (std::uint64_t key = 1; key <= 3; ++key) keep(few, key);
  CHECK(few.size() == 2);
  CHECK(state_of(few, 1) == State::fresh);
  CHECK(state_of(few, 3) == State::answered);

  IdempotencyIndex small(within(100, 3'000));
  for (std::uint64_t key = 1; key <= 4; ++key) keep(small, key, kStart, std::string(1'000, 'x'));
  CHECK(small.size() == 2);
  CHECK(small.bytes() <= 3'000);
  CHECK(state_of(small, 4) == State::answered);

  IdempotencyIndex timed(within(100));
  keep(timed, 1);
  CHECK(state_of(timed, 1, kStart + Millis{59'999}) == State::answered);
  CHECK(state_of(timed, 1, kStart + Millis{60'000}) == State::fresh);
  CHECK(timed.bytes() == 0);
}

TEST_CASE("IdempotencyIndex: an answer larger than its memory is not kept, and harms none") {
  IdempotencyIndex index(within(10, 1'000));
  keep(index, 1, kStart, std::string(2'000, 'x'));
  CHECK(index.size() == 0);
  CHECK(index.bytes() == 0);
}

TEST_CASE("IdempotencyIndex: no bound takes what is in flight") {
  IdempotencyIndex index(within(1));
  auto first = index.begin({1, 1}, kPayload, kStart);
  for (std::uint64_t key = 2; key <= 5; ++key) keep(index, key);
  CHECK(state_of(index, 1, kStart + Millis{120'000}) == State::in_flight);
  first.claim.keep(answer("late"), kStart + Millis{120'000});
  CHECK(state_of(index, 1, kStart + Millis{120'000}) == State::answered);
}

TEST_CASE("IdempotencyIndex: with no room or no time every request is fresh, without a claim") {
  IdempotencyIndex none(within(0));
  IdempotencyIndex no_time({10, 1u << 20, Millis{0}});
  for (auto* index : {&none, &no_time}) {
    auto first = index->begin({1, 1}, kPayload, kStart);
    CHECK_FALSE(first.claim);
    first.claim.keep(answer("x"), kStart);
    CHECK(state_of(*index, 1) == State::fresh);
  }
}

TEST_CASE("IdempotencyIndex: of threads with one key, one is the first") {
  IdempotencyIndex index(within(1'000));
  std::atomic<int> fresh{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::uint64_t key = 1; key <= 200; ++key) {
        auto found = index.begin({key, 1}, kPayload, kStart);
        if (found.state != State::fresh) continue;
        ++fresh;
        found.claim.keep(answer("x"), kStart);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(fresh == 200);
}
