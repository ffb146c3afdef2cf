#pragma once
// SqliteMember: the group's only member, as one process owns the file: it has every partition from its first poll until
// it leaves, and never loses one. A second one waits until the first has left.

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "common/base/mailbox.hpp"
#include "common/log/sqlite/reader.hpp"
#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

class SqliteMember final : public Member {
 public:
  SqliteMember(Store& store, MemberHandler& handler, Wake wake);
  ~SqliteMember() override;

  Result<void> poll() override;
  void committed(std::int32_t partition, std::function<void(Result<Committed>)> done) override;
  void commit(std::int32_t partition, Committed value, std::function<void(Result<void>)> done) override;
  void start(std::int32_t partition, std::int64_t offset) override;
  void stop(std::int32_t partition) override;
  Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out) override;
  void release(std::int32_t partition) override;
  void leave() override { leaving_ = true; }
  bool left() const override { return left_; }

  // What a commit's job shares with the member, which may be gone before it.
  struct Answers {
    explicit Answers(std::shared_ptr<Watch> its_watch)
        : watch(std::move(its_watch)), results([this] { watch->waker.ring(); }) {}
    const std::shared_ptr<Watch> watch;
    Mailbox<Result<void>> results;
  };

 private:
  void take_or_give();
  void answer(std::function<void()> call);
  std::vector<std::int32_t> owned() const { return {owned_.begin(), owned_.end()}; }

  Store& store_;
  MemberHandler& handler_;
  const std::shared_ptr<Watch> watch_;
  const std::shared_ptr<Answers> answers_;
  std::set<std::int32_t> owned_;
  bool joined_ = false;
  bool leaving_ = false;
  bool revoked_ = false;
  bool left_ = false;
  std::vector<std::unique_ptr<SqliteReader>> readers_;     // by partition; none: not started
  std::size_t turn_ = 0;                                   // which partition is read first
  std::deque<std::function<void(Result<void>)>> commits_;  // in the order of their jobs
  std::vector<std::function<void()>> ready_;               // answers that the next poll gives
};

}  // namespace certes::log::sqlite
