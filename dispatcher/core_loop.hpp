#pragma once
// Core loop: the one thread of a dispatcher that owns partitions. It drives the Core with the log's Owner, the Sender
// and the registry, and sleeps on the inbox's eventfd, which all of them wake. Who: Dispatcher.
// start, stop: from one thread. ask, running, positions, in_flight: any thread. Everything else happens on the loop's
// thread.

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "common/base/mutex.hpp"
#include "common/event/stamp.hpp"
#include "dispatcher/dispatcher.hpp"
#include "dispatcher/inbox.hpp"
#include "dispatcher/long_policies.hpp"
#include "dispatcher/meters.hpp"
#include "dispatcher/ownership/owner.hpp"
#include "dispatcher/reading_stopped.hpp"

namespace certes::dispatcher {

class CoreLoop final : OwnerHandler, Outcomes, Transfers, Picks, Registrar {
 public:
  explicit CoreLoop(const Dependencies& dependencies);
  ~CoreLoop() override;
  void start();
  // Sends nothing more, waits for what is out (at most `limit`), checkpoints, leaves the group. Blocks.
  void stop(Millis limit);
  // As Dispatcher::ask.
  void ask(questions::Question question, questions::Answered answered);
  // Not before start, nor once a stop was asked for or membership has failed.
  bool running() const { return running_; }
  // The owned partitions and what each will read next, as of the last second.
  std::vector<Owner::Partition> partitions() const;
  // Deliveries that are being sent, or whose outcome is being recorded.
  std::size_t in_flight() const { return in_flight_; }
  // As Dispatcher::warm.
  bool warm() const { return warm_ || dependencies_.clock.now() >= warm_at_; }

 private:
  // The loop.
  void run();
  void round();
  void read_log();
  void read_mail();
  void look_at_policies(registry::StatePtr state);
  void fail_with(const Error& error);  // the process ends
  void take_answers();
  void take_picked();
  void show();
  void advance_stop();
  static TokenBucket answered_questions(SteadyTime now);
  SteadyTime wake_at();
  bool may_read_again() const;

  // Mail.
  void on_mail(std::monostate) {}
  void on_mail(FenceReached& mail) { core_->on_fence(std::move(mail.state)); }
  void on_mail(StateChanged& mail) { newest_ = std::move(mail.state); }
  void on_mail(DisableDecided& mail);
  void on_mail(Asked& mail);
  void on_mail(StopAsked& mail);

  // OwnerHandler: to the core.
  void on_running(std::int32_t partition, book::OpenIndex& index) override;
  void on_record(log::RecordPtr record) override { core_->on_record(std::move(record)); }
  void on_revoked(std::int32_t partition) override { core_->on_revoked(partition); }
  void on_lost(std::int32_t partition) override { core_->on_lost(partition); }
  void on_log_lost(std::int32_t partition, std::int64_t records) override;
  void on_trim_failed(std::int32_t partition, log::Topic topic, const Error& error) override {
    meters_.trim_failed(partition, topic, error);
  }
  void on_other_group(std::int32_t partition, const std::string& group) override;
  void on_unreadable_checkpoint(std::int32_t partition, std::string_view what) override;
  void on_commit_disbelieved(std::int32_t partition, std::int64_t offset, std::int64_t instead) override;
  std::int64_t past_known(std::int32_t partition) override { return core_->past_known(partition); }
  void on_past_record(const log::StoredRecord& record) override { core_->on_past_record(record); }
  void on_past_read(std::int32_t partition, const log::ReadBack& read) override;
  void on_replaced(std::int32_t partition) override { core_->on_replaced(partition); }

  // Outcomes: to the owner.
  bool may_act(std::int32_t partition) const override { return owner_->may_act(partition); }
  void record_attempt(Place origin, std::optional<book::LaneNumber> lane, const AttemptRecord& attempt,
                      std::function<void()> recorded) override {
    owner_->record_attempt(origin, lane, attempt, std::move(recorded));
  }
  Result<void> append_and_finish(Place origin, book::LaneNumber lane, log::Record&& letter,
                                 std::function<void()> recorded) override {
    return owner_->append_and_finish(origin, lane, std::move(letter), std::move(recorded));
  }
  Result<void> append_event(Place origin, log::Record&& event, std::function<void()> recorded) override {
    event::stamp(event, [&registry = dependencies_.registry] { return registry.position(); });
    return owner_->append_event(origin, std::move(event), std::move(recorded));
  }
  Result<void> append_keyed(log::Record&& event, std::function<void()> appended) override {
    event::stamp(event, [&registry = dependencies_.registry] { return registry.position(); });
    return owner_->append_keyed(std::move(event), std::move(appended));
  }
  void let_go(std::int32_t partition) override { owner_->let_go(partition); }
  std::size_t memory_bytes() const override { return owner_->memory_bytes(); }

  // Transfers: to the sender.
  void submit(http::Transfer&& transfer) override { sender_->submit(std::move(transfer)); }
  bool is_busy() override { return sender_->is_busy(); }
  void abort(std::uint64_t id) override { sender_->abort(id); }

  // Picks: to the log's picker.
  void ask(log::PickRun&& run) override;
  void cancel(std::int32_t partition) override { picker_->cancel(log::Topic::events, partition); }

  // Registrar: to the registry.
  registry::StatePtr fence() override;
  void disable(const registry::Endpoint& endpoint, std::string_view reason) override;

  const Dependencies dependencies_;
  const std::shared_ptr<Inbox> inbox_;
  Meters meters_;
  std::thread thread_;
  std::atomic<bool> running_{false};
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<bool> warm_{false};
  const SteadyTime warm_at_;                        // whatever it has by then
  std::atomic<std::size_t> asked_{0}, refused_{0};  // questions: that wait in the inbox; that were let go
  mutable Mutex partitions_mutex_;
  std::vector<Owner::Partition> partitions_ CERTES_GUARDED_BY(partitions_mutex_);

  // The loop's own.
  std::unique_ptr<Core> core_;
  std::unique_ptr<http::Sender> sender_;
  std::unique_ptr<log::Picker> picker_;
  std::unique_ptr<Owner> owner_;
  std::vector<Mail> mails_;
  std::vector<http::TransferResult> answers_;
  std::vector<log::Picked> picked_;
  registry::StatePtr newest_;                            // of this round's mail: those before it need not be looked at
  std::optional<SteadyTime> drain_until_, leave_until_;  // once it stops; once it leaves
  TokenBucket questions_;                                // that are answered
  SteadyTime show_at_{};
  std::size_t read_ = 0;  // records, since then
  ReadingStopped reading_stopped_;
  LongPolicies long_policies_;
  LineLimit told_policies_;
  bool started_ = false;      // the registry has been caught up with, and the settings hold beside it
  bool more_ = false;         // the log had more than was taken
  bool had_no_room_ = false;  // when the log was read
  bool done_ = false;
};

}  // namespace certes::dispatcher
