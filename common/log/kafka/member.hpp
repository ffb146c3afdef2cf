#pragma once
// KafkaMember: log::Member, made of a Membership, which owns, and a Fetcher of its own, which reads the partitions that
// were started into one queue. Private to common/log/kafka. Confined to the thread that made it; librdkafka's threads
// only ring `wake`.

#include <map>

#include "common/log/damage.hpp"
#include "common/log/kafka/detour.hpp"
#include "common/log/kafka/fetcher.hpp"
#include "common/log/kafka/membership.hpp"
#include "common/log/kafka/prefetch.hpp"
#include "common/log/kafka/stall_watch.hpp"
#include "common/log/kafka/troubles.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

class KafkaMember final : public Member {
 public:
  KafkaMember(const Options& options, Troubles& troubles, Damage& damage, MemberHandler& handler, Wake wake);
  ~KafkaMember() override;

  Result<void> poll() override { return membership_.poll(); }
  void committed(std::int32_t partition, std::function<void(Result<Committed>)> done) override {
    membership_.committed(partition, std::move(done));
  }
  void commit(std::int32_t partition, Committed value, std::function<void(Result<void>)> done) override {
    membership_.commit(partition, value, std::move(done));
  }
  void start(std::int32_t partition, std::int64_t offset) override;
  void stop(std::int32_t partition) override;
  Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out) override;
  std::int64_t position(std::int32_t partition) const override {
    const auto next = next_.find(partition);
    return next == next_.end() ? kNoOffset : next->second;
  }
  void release(std::int32_t partition) override { membership_.release(partition); }
  void leave() override { membership_.leave(); }
  bool left() const override { return membership_.left(); }

 private:
  void start_anew();
  void nothing_came();
  void failed(const rd_kafka_message_t& message);
  // `batch`: where it begins, if that was told.
  void begin_detour(std::int32_t partition, std::int64_t batch);
  void follow_detour(std::int32_t partition);
  void start_fetching(std::int32_t partition, std::int64_t offset);
  // Takes one message; false if it is not to be given.
  bool take(const rd_kafka_message_t& message, std::vector<RecordPtr>& out);

  Troubles& troubles_;
  Damage& damage_;
  const Wake wake_;
  std::shared_ptr<Fetcher> fetcher_;
  Queue queue_;
  std::map<std::int32_t, std::int64_t> next_;  // of started partitions: no record below is given
  std::map<std::int32_t, Detour> detours_;     // of these, round what cannot be decoded
  Burst burst_{Role::events};
  StallWatch stalls_;
  std::optional<Error> error_;  // met behind records that were given already
  Membership membership_;
};

}  // namespace certes::log::kafka
