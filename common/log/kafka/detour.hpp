#pragma once
// Detour: the search for what can be read behind something that cannot, of one partition. What a fetch brings are whole
// batches, and librdkafka does not say where one ends that it cannot decode: so it is asked at offsets further on,
// doubling, and halving back from the first that gives something, until the end of the damage is known. An offset is
// damaged if an error says so, or if nothing comes for 5 s although something stands there; the last damaged one is
// asked a second time, once what stands behind it was given, so that a broker that was slow costs nothing.
// Who: KafkaReader and KafkaMember, which start the partition at ask() and hand over what comes. Private to
// common/log/kafka. Pure; confined to one thread.

#include <cstdint>
#include <optional>

#include "common/base/clock.hpp"
#include "common/log/kafka/handles.hpp"

namespace certes::log::kafka {

class Detour {
 public:
  // `at`: what cannot be read; `batch`: where its batch begins, if that was told, else kNoOffset; `end`: of the
  // partition, above `at`.
  Detour(std::int64_t at, std::int64_t batch, std::int64_t end, SteadyTime now);

  std::int64_t ask() const { return ask_; }
  // What came, or that nothing has. True: ask() is to be asked (again), or it is over.
  bool took(const rd_kafka_message_t& message, SteadyTime now);
  bool waited(SteadyTime now);
  // Where reading goes on: `at`, if it could be read after all.
  std::optional<std::int64_t> over() const { return over_; }

 private:
  void damaged();
  void given();
  void go_on(SteadyTime now);

  const std::int64_t at_, batch_, end_;
  std::int64_t bad_;                  // the highest offset that is damaged
  std::optional<std::int64_t> good_;  // the lowest above it that is not
  std::int64_t step_ = 1;             // until there is one
  bool again_ = false;                // bad_ is asked a second time
  std::int64_t ask_;
  SteadyTime asked_at_;
  std::optional<std::int64_t> over_;
};

// Whether it says that what stands there cannot be decoded.
bool is_undecodable(rd_kafka_resp_err_t code);
// Where the batch begins that cannot be; kNoOffset: it does not say (a broker's own verdict is of what was asked for).
std::int64_t batch_of(const rd_kafka_message_t& message);

}  // namespace certes::log::kafka
