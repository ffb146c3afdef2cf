#include <algorithm>

#include "tests/fakes/memory_log/state.hpp"

namespace certes::log::memory {
namespace {

class MemoryMember final : public Member {
 public:
  MemoryMember(State& state, std::uint64_t process, MemberHandler& handler, Wake wake)
      : state_(state), handler_(handler), self_(std::make_shared<MemberState>()) {
    self_->process = process;
    self_->wake = std::move(wake);
    const std::lock_guard lock(state_.mutex);
    state_.members.push_back(self_);
    state_.readers.insert(&self_->wake);
    state_.begin_rebalance();
  }

  ~MemoryMember() override {
    const std::lock_guard lock(state_.mutex);
    state_.readers.erase(&self_->wake);
    self_->wake = nullptr;
    const bool was_in_group = self_->in_group;
    state_.vacate(*self_);
    std::erase(state_.members, self_);
    if (was_in_group) state_.begin_rebalance();
  }

  Result<void> poll() override {
    for (;;) {
      Notice notice;
      {
        const std::lock_guard lock(state_.mutex);
        if (self_->notices.empty()) break;
        notice = std::move(self_->notices.front());
        self_->notices.pop_front();
      }
      tell(notice);
    }
    std::vector<std::function<void()>> replies;
    {
      const std::lock_guard lock(state_.mutex);
      replies.swap(self_->replies);
    }
    for (const auto& reply : replies) reply();
    return {};
  }

  void committed(std::int32_t partition, std::function<void(Result<Committed>)> done) override {
    request(partition, std::nullopt, std::move(done));
  }

  void commit(std::int32_t partition, Committed value, std::function<void(Result<void>)> done) override {
    request(partition, std::move(value), [done = std::move(done)](Result<Committed> result) {
      if (result) return done({});
      done(fail(result.error()));
    });
  }

  void start(std::int32_t partition, std::int64_t offset) override {
    const std::lock_guard lock(state_.mutex);
    started_[partition] = offset == kLogStart ? state_.part(Topic::events, partition).start : offset;
  }

  void stop(std::int32_t partition) override { started_.erase(partition); }

  Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out) override {
    const std::lock_guard lock(state_.mutex);
    std::size_t count = 0;
    for (auto& [partition, position] : started_) {
      const auto read = read_from(state_.part(Topic::events, partition), position, max - count, out);
      if (!read && count > 0) break;  // what was read first; the error comes again
      if (!read) {
        Error error = read.error();
        error.pointer = std::to_string(partition);
        started_.erase(partition);
        return fail(std::move(error));
      }
      count += *read;
    }
    return count;
  }

  void release(std::int32_t partition) override {
    started_.erase(partition);
    const std::lock_guard lock(state_.mutex);
    PartitionOwner& owner = state_.owners.at(static_cast<std::size_t>(partition));
    if (owner.member == self_.get() && owner.revoking) {
      owner = {};
      self_->generations.erase(partition);
    }
    state_.settle_rebalance();
  }

  void leave() override {
    const std::lock_guard lock(state_.mutex);
    if (self_->leaving) return;
    self_->leaving = true;
    state_.begin_rebalance();
  }

  bool left() const override {
    const std::lock_guard lock(state_.mutex);
    return self_->left;
  }

 private:
  void tell(const Notice& notice) {
    if (notice.kind != Notice::assigned)
      for (const std::int32_t partition : notice.partitions) started_.erase(partition);
    switch (notice.kind) {
      case Notice::assigned: return handler_.on_assigned(notice.partitions);
      case Notice::revoked: return handler_.on_revoked(notice.partitions);
      case Notice::lost: return handler_.on_lost(notice.partitions);
    }
  }

  void request(std::int32_t partition, std::optional<Committed> value, std::function<void(Result<Committed>)> done) {
    const std::lock_guard lock(state_.mutex);
    const auto generation = self_->generations.find(partition);
    self_->requests.push_back({partition, generation != self_->generations.end() ? generation->second : 0,
                               std::move(value), std::move(done)});
    if (!state_.options.stepped) state_.answer(*self_, false);
  }

  State& state_;
  MemberHandler& handler_;
  std::shared_ptr<MemberState> self_;
  std::map<std::int32_t, std::int64_t> started_;  // partition, next offset
};

}  // namespace

std::unique_ptr<Member> make_member(State& state, std::uint64_t process, MemberHandler& handler, Wake wake) {
  return std::make_unique<MemoryMember>(state, process, handler, std::move(wake));
}

}  // namespace certes::log::memory
