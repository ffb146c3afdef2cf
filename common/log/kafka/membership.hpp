#pragma once
// Membership: one member of the dispatchers' consumer group: who owns which partitions of `events`, and what is
// committed for them. It reads nothing: librdkafka's assignment stays empty, so that nothing is fetched before it is
// asked for, and what is revoked can be let go partition by partition (docs/decisions, 3).
// Private to common/log/kafka: KafkaMember. Confined to its thread; librdkafka's threads only ring `wake`.

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/log/kafka/client.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

class Membership {
 public:
  // `ended` is called for each partition when it is revoked or lost, before the handler hears of it.
  Membership(const Options& options, MemberHandler& handler, std::function<void(std::int32_t)> ended, const Wake& wake);
  ~Membership();
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // As log::Member's.
  Result<void> poll();
  void committed(std::int32_t partition, std::function<void(Result<Committed>)> done);
  void commit(std::int32_t partition, const Committed& value, std::function<void(Result<void>)> done);
  void release(std::int32_t partition);
  void leave();
  bool left() const;

 private:
  enum class ChangeKind { assigned, revoked, lost };
  struct Change {
    ChangeKind kind;
    std::vector<std::int32_t> partitions;
  };
  using CommittedDone = std::function<void(Result<Committed>)>;
  using CommitDone = std::function<void(Result<void>)>;
  struct Query {  // of what is committed
    std::map<std::int32_t, std::vector<CommittedDone>> wanted;
  };

  void join(const Wake& wake);
  void on_rebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& list);
  void on_error(rd_kafka_resp_err_t code, std::string_view text);
  void take(const rd_kafka_topic_partition_list_t& list);
  void revoke();
  void lose();
  void tell_changes();
  void accept_nothing_more();  // the revoke is complete
  void ask_committed();
  void serve_replies();
  void on_committed(rd_kafka_event_t* event);
  void on_commit(rd_kafka_event_t* event);
  Result<void> may_commit(std::int32_t partition, const Committed& value) const;
  std::vector<std::int32_t> owned() const { return {owned_.begin(), owned_.end()}; }

  const Options& options_;
  const std::string topic_;
  const std::string group_;
  MemberHandler& handler_;
  const std::function<void(std::int32_t)> ended_;
  const Wake& wake_;
  ClientEvents events_;
  Client client_;
  Queue group_queue_, replies_, close_queue_;

  std::set<std::int32_t> owned_;  // assigned, and neither released nor lost
  bool revoking_ = false;
  bool closing_ = false;  // being destroyed: the handler hears nothing more
  std::vector<Change> changes_;
  std::map<void*, CommitDone> commits_;  // on their way
  std::map<void*, std::unique_ptr<Query>> queries_;
  Query next_query_;
  std::deque<std::pair<CommitDone, Error>> refused_;
  std::uintptr_t next_commit_ = 1;
  std::optional<Error> fatal_;
};

}  // namespace certes::log::kafka
