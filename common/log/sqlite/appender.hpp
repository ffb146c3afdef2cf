#pragma once
// SqliteAppender: collects records and posts them to the writer as jobs, one per flush. Fates come back in the order of
// the jobs, so the callbacks wait in a queue on the caller's side and never leave its thread.

#include <deque>
#include <memory>
#include <vector>

#include "common/base/mailbox.hpp"
#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

// What an appender shares with its jobs, which may outlive it.
struct AppendAnswers {
  explicit AppendAnswers(Wake wake) : waker(std::move(wake)), results([this] { waker.ring(); }) {}
  Waker waker;
  Mailbox<std::vector<AppendResult>> results;
};

class AppendJob;

class SqliteAppender final : public Appender {
 public:
  SqliteAppender(Store& store, AppenderOptions options, Wake wake);
  ~SqliteAppender() override;

  Result<void> append(Topic topic, std::int32_t partition, Record&& record, AppendCallback done) override;
  void flush() override;
  void poll() override;
  std::size_t pending() const override { return pending_.size(); }

 private:
  struct Pending {
    AppendCallback done;
    std::size_t bytes;
    std::int32_t partition;
    SteadyTime deadline;
  };
  Result<Partition*> admit(Topic topic, std::int32_t partition, const Record& record, SteadyTime now);
  std::int32_t choose(Topic topic, const Record& record) const;
  void answer(AppendResult&& result);
  void expire();

  Store& store_;
  const AppenderOptions options_;
  const std::shared_ptr<AppendAnswers> answers_;
  std::unique_ptr<AppendJob> job_;  // not yet posted
  std::uint32_t round_ = 0;         // keyless records of one round go to one partition
  std::deque<Pending> pending_;     // in the order of the appends
  std::size_t pending_bytes_ = 0;
  std::size_t given_up_ = 0;  // answers still to come for appends that have expired
  std::vector<std::vector<AppendResult>> arrived_;
  bool polling_ = false;
};

}  // namespace certes::log::sqlite
