// The search for the end of what cannot be decoded, against partitions whose damage is known.

#include "common/log/kafka/detour.hpp"

#include <doctest/doctest.h>

#include <random>
#include <vector>

namespace certes {
namespace {

using log::kafka::Detour;

constexpr std::int64_t kUntold = -1;

struct Damaged {
  std::int64_t from, to;
};

struct Partition {
  std::int64_t end;
  std::vector<Damaged> damaged;
  bool told;  // else nothing comes of it
  SteadyTime now{};
  int asks = 0;

  const Damaged* at(std::int64_t offset) const {
    for (const Damaged& one : damaged)
      if (offset >= one.from && offset < one.to) return &one;
    return nullptr;
  }
  void answer(Detour& detour) {
    ++asks;
    rd_kafka_message_t message{};
    message.offset = detour.ask();
    if (message.offset >= end) message.err = RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (const Damaged* one = at(message.offset)) {
      message.err = RD_KAFKA_RESP_ERR__BAD_COMPRESSION;
      message.offset = one->from;
      if (!told) {
        CHECK_FALSE(detour.waited(now));
        now += Millis{10'000};
        CHECK(detour.waited(now));
        return;
      }
    }
    CHECK(detour.took(message, now));
  }
  std::int64_t way_round(std::int64_t from) {
    Detour detour(from, told ? at(from)->from : kUntold, end, now);
    while (!detour.over()) answer(detour);
    return *detour.over();
  }
};

}  // namespace

TEST_CASE("Detour: finds the end of what is damaged, whatever its length") {
  std::mt19937 random(7);
  for (int i = 0; i < 2'000; ++i) {
    const auto upto = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>(0, most)(random); };
    const std::int64_t from = upto(1'000), to = from + 1 + upto(i < 1'000 ? 8 : 5'000);
    Partition partition{to + upto(3) * upto(2'000), {{from, to}}, upto(1) == 0};
    const std::int64_t at = from + upto(to - from - 1);
    CAPTURE(from);
    CAPTURE(to);
    CAPTURE(at);
    REQUIRE(partition.way_round(at) == to);
    CHECK(partition.asks <= 30);
  }
}

TEST_CASE("Detour: what is whole between two damaged batches is found where librdkafka says which is which") {
  Partition partition{100, {{10, 20}, {21, 60}}, true};
  CHECK(partition.way_round(10) == 20);
}

TEST_CASE("Detour: damage to the end of the partition ends there") {
  for (const bool told : {true, false}) {
    Partition partition{60, {{10, 60}}, told};
    CHECK(partition.way_round(10) == 60);
  }
}

TEST_CASE("Detour: a broker that was silent and answers again has lost nothing") {
  for (int silent = 1; silent < 12; ++silent) {
    Partition partition{1'000, {{0, 1'000}}, false};
    Detour detour(10, kUntold, 1'000, partition.now);
    for (int i = 0; i < silent; ++i) partition.answer(detour);
    partition.damaged.clear();
    while (!detour.over()) partition.answer(detour);
    CHECK(*detour.over() == 10);
  }
}

TEST_CASE("Detour: while nothing is given nothing is taken for lost") {
  Partition partition{100, {{0, 1'000}}, false};
  Detour detour(10, kUntold, 100, partition.now);
  for (int i = 0; i < 1'000; ++i) partition.answer(detour);
  CHECK_FALSE(detour.over());
}

TEST_CASE("Detour: a broker's own verdict says nothing of where a batch begins") {
  rd_kafka_message_t message{};
  message.offset = 17;
  message.err = RD_KAFKA_RESP_ERR_INVALID_MSG;
  CHECK(log::kafka::batch_of(message) == kUntold);
  message.err = RD_KAFKA_RESP_ERR__BAD_COMPRESSION;
  CHECK(log::kafka::batch_of(message) == 17);
}

TEST_CASE("Detour: an error of another kind begins anew") {
  Detour detour(10, 10, 100, SteadyTime{});
  rd_kafka_message_t message{};
  message.err = RD_KAFKA_RESP_ERR__TRANSPORT;
  CHECK(detour.took(message, SteadyTime{}));
  CHECK(detour.over() == 10);
}

}  // namespace certes
