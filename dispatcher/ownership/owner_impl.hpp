#pragma once
// The inside of Owner, divided over owner.cpp (the public face and the round), owner_membership.cpp (assigned, terms,
// revoked, lost), owner_search.cpp (commits of others), owner_load.cpp (the checkpoint), owner_recovery.cpp (whether it
// is of this log), owner_past.cpp (the past of `events`), owner_tails.cpp (reading back), owner_reading.cpp (records to
// route), owner_outcomes.cpp (appends and acknowledgements), owner_checkpoint.cpp and owner_trims.cpp (what is let go).
// Confined to the core loop.
//
// The life of a partition: assigned → ask (what is committed) → search (whether the newest checkpoint is this group's;
// it counts where what is committed is not Certes') → term (commits it with a higher term) → recover (loads the
// checkpoint, appends a record of the term to each topic it writes, reads each up to that record) → run. A broken
// appender leads from run back to ask, with what is in memory. A revoke leads from run, through close, to nothing; but
// the index is kept for a while: where the group gives the partition back, and nobody else has had it, only the term is
// taken anew and the tails are read on.

#include <map>
#include <set>

#include "dispatcher/ownership/outbox.hpp"
#include "dispatcher/ownership/owned_partition.hpp"
#include "dispatcher/ownership/owner.hpp"
#include "dispatcher/ownership/trims.hpp"

namespace certes::dispatcher {

class Owner::Impl final : public log::MemberHandler {
 public:
  Impl(log::Log& log, OwnerHandler& handler, const Clock& clock, OwnerOptions options, log::Wake wake);

  // owner.cpp
  Result<std::size_t> poll(std::size_t max_records, std::size_t max_bytes);
  SteadyTime next_deadline() const;
  bool may_act(std::int32_t partition) const;
  bool owns(std::int32_t partition) const;
  bool is_taking_over() const;
  void leave();
  bool left() const { return member_->left(); }
  std::vector<Owner::Partition> partitions() const;

  // owner_outcomes.cpp
  void record_attempt(Place origin, std::optional<book::LaneNumber> lane, const AttemptRecord& attempt,
                      std::function<void()> recorded);
  Result<void> append_and_finish(Place origin, book::LaneNumber lane, log::Record&& dead_letter,
                                 std::function<void()> recorded);
  Result<void> append_event(Place origin, log::Record&& event, std::function<void()> recorded);
  Result<void> append_keyed(log::Record&& event, std::function<void()> appended);
  void flush() { outbox_.flush(); }
  std::size_t memory_bytes() const { return outbox_.memory_bytes(); }

  // owner_membership.cpp
  void let_go(std::int32_t partition);

 private:
  using Part = OwnedPartition;

  // owner.cpp
  Part* find(std::int32_t partition) const;
  Part* find(std::int32_t partition, std::uint64_t epoch) const;
  bool fresh() const;
  void grow();
  void advance(Part& part);
  void advance_run(Part& part);
  SteadyTime deadline(const Part& part) const;

  // owner_reading.cpp
  Result<std::size_t> read(std::size_t max_records, std::size_t max_bytes);
  void give(const log::RecordPtr& record);
  void pass_gap(Part& part);
  void read_failed(const Error& error);
  void resume_reading(Part& part);

  // owner_membership.cpp
  void on_assigned(const std::vector<std::int32_t>& partitions) override;
  void on_revoked(const std::vector<std::int32_t>& partitions) override;
  void on_lost(const std::vector<std::int32_t>& partitions) override;
  void begin_term(Part& part, SteadyTime not_before);
  void ask(Part& part);
  void consider(Part& part, log::Committed committed);
  void take_term(Part& part, log::Committed committed);
  void term_taken(Part& part, const Result<void>& result);
  void refused(Part& part);
  void assign(std::int32_t partition, std::unique_ptr<Part> part);
  std::unique_ptr<Part> fresh_part(std::int32_t partition);
  std::unique_ptr<Part> take_kept(std::int32_t partition);
  std::unique_ptr<Part> drop(Part& part, bool tell);
  void release(std::int32_t partition, bool tell);
  void advance_revoke(Part& part);

  // owner_load.cpp
  bool load_checkpoint(Part& part);
  Result<bool> load_page(Part& part);
  void loaded(Part& part);
  bool unreadable(Part& part, const std::string& why);
  void rebuild(Part& part);

  // owner_recovery.cpp
  void begin_recovery(Part& part);
  void append_term(Part& part, log::Topic topic);
  void term_appended(Part& part, log::Topic topic, std::int64_t offset);
  void recover(Part& part);
  void restore(Part& part, book::OpenIndex&& index);
  bool verify(Part& part);
  bool probe(Part& part);
  bool look_at(Part& part, std::int64_t offset);
  void judge(Part& part);
  void cut(Part& part);
  void replaced(Part& part);
  void pass_trimmed(Part& part);

  // owner_search.cpp
  void begin_search(Part& part, std::int64_t committed);
  void search(Part& part);
  bool search_pages(Part& part);
  bool search_stalled(Part& part);
  void searched(Part& part);
  bool is_others(const std::string& group) const;

  // owner_past.cpp
  bool read_past(Part& part);
  bool open_past(Part& part, std::int64_t end);
  void go_nearer(Part& part);
  bool past_stalled(Part& part);

  // owner_tails.cpp
  bool read_tails(Part& part);
  void open_tails(Part& part);
  bool read_tail(Part& part, std::size_t index);
  bool tail_record(Part& part, std::size_t index, const log::StoredRecord& record);
  void outcome_read(Part& part, const Outcome& outcome, std::int64_t offset);
  void run(Part& part);
  void begin_running(Part& part);
  void begin_checkpoints(Part& part);
  void settle_found(Part& part);

  // owner_outcomes.cpp
  void submit(std::uint32_t slot);
  bool send(std::uint32_t slot);
  void send_later(std::uint32_t slot, SteadyTime not_before);
  void send_waiting();
  bool may_append(const Part& part, OpKind kind) const;
  void serve_outbox();
  void ended(const Outbox::End& end);
  void acknowledged(Part& part, std::uint32_t slot, std::int64_t offset);
  void settle(Part& part, std::uint32_t slot, std::int64_t offset);
  void tell(Part& part, const Op& op);
  void replace_outbox();
  void forget_ops(const Part& part);

  // owner_checkpoint.cpp
  SteadyTime checkpoint_time(const Part& part) const;
  void begin_checkpoint(Part& part);
  void append_items(Part& part);
  std::size_t item_record_bytes() const;
  void add_group(log::Record& record) const;
  void append_item(Part& part, std::size_t item, std::vector<log::Record>&& records);
  void item_appended(Part& part, const Op& op, std::int64_t offset);
  void commit_checkpoint(Part& part);
  void checkpoint_committed(Part& part);
  void abandon_checkpoint(Part& part);

  // owner_trims.cpp
  void trim_progress(const Part& part, std::int64_t below);
  SteadyTime letting_go_at(const Part& part) const;
  void let_go_of_events(Part& part);
  void trim_events(Part& part);
  void erase_events(Part& part);
  void end_erasing(Part& part);
  void serve_trims();

  log::Log& log_;
  OwnerHandler& handler_;
  const Clock& clock_;
  const OwnerOptions options_;
  const log::Wake wake_;
  const Millis session_;

  Trims trims_;  // its thread is joined last
  Outbox outbox_;
  std::vector<std::unique_ptr<Part>> parts_;  // by partition; none: not owned
  std::vector<std::int64_t> highest_terms_;   // that this process has taken, by partition
  std::map<std::int32_t, KeptPartition> kept_;
  std::set<std::int32_t> beyond_;  // assigned, but not all topics have them yet: left unread
  struct Waiting {
    std::uint32_t slot, generation;
    SteadyTime not_before;
  };
  std::vector<Waiting> waiting_;  // to be sent, in order
  std::vector<Outbox::End> ended_;
  std::vector<log::RecordPtr> records_;
  std::uint64_t epochs_ = 0;
  std::size_t encode_left_ = 0;                // bytes of checkpoints, this round
  SteadyTime now_;                             // of this round
  SteadyTime last_poll_;                       // when membership was served last
  SteadyTime send_again_ = SteadyTime::max();  // when waiting appends are tried again, if time is what they wait for
  SteadyTime replaced_at_{};                   // when the appender was replaced last
  bool broken_ = false;
  bool full_ = false;       // the appender, when it was tried last
  bool looked_up_ = false;  // one blocking question to the log a round
  bool leaving_ = false;
  std::unique_ptr<log::Member> member_;  // destroyed first: its callbacks come here
};

}  // namespace certes::dispatcher
