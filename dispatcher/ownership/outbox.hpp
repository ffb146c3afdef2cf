#pragma once
// Outbox: the appends of an owner. It keeps each record until its end is known, so that it can be appended again under
// a new term; slots are reused, so a steady flow allocates little. Acknowledgements are collected and handed out
// afterwards, never inside an append. Who: Owner; confined to the core loop.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dispatcher/book/budget.hpp"
#include "dispatcher/ownership/outcome_records.hpp"

namespace certes::dispatcher {

enum class OpKind : std::uint8_t { outcome, event, term, checkpoint };

struct Op {
  OpKind kind = OpKind::outcome;
  bool used = false;
  bool sent = false;  // handed to the appender; its end is not known
  std::uint32_t generation = 0;
  std::uint64_t epoch = 0;  // of the partition
  std::int32_t partition = 0;
  log::Topic topic = log::Topic::attempts;
  std::int64_t found = log::kNoOffset;  // where it was found when its tail was read back
  std::size_t index = 0;                // of a checkpoint's records: of the item
  bool last = false;                    // and whether it is the item's last
  std::size_t bytes = 0;
  log::Record record;  // without its term; an event has none
  Charge memory;       // the record's, and, once it is sent, its copy's
  Outcome outcome;
  std::optional<book::LaneNumber> lane;  // of the outcome's delivery
  std::function<void()> recorded;
};

class Outbox {
 public:
  struct End {
    std::uint32_t slot;
    std::uint32_t generation;
    log::AppendOutcome outcome;
    std::int64_t offset;
    bool fatal;
  };

  Outbox(log::Log& log, log::Wake wake);

  // A free slot, filled but for the record. References stay good until release().
  std::uint32_t take(OpKind kind, std::int32_t partition, std::uint64_t epoch, log::Topic topic);
  Op& at(std::uint32_t slot) { return ops_[slot]; }
  void release(std::uint32_t slot);
  // Counts its record, which waits to be appended.
  void hold(std::uint32_t slot);
  // Appends a copy of the record with this term, or says that the log does not take it now.
  Result<void> send(std::uint32_t slot, std::int64_t term);
  // As Owner::append_keyed: it is no op, and nothing of it is kept.
  Result<void> append_keyed(log::Record&& event, std::function<void()> appended);
  void flush() { appender_->flush(); }
  // Collects what has ended since; the caller looks whether slot and generation still match.
  void poll(std::vector<End>& ended);
  // A new appender; what was sent is in doubt (Op::sent stays).
  void replace();

  std::size_t memory_bytes() const { return memory_.held(); }

  template <class Visit>
  void each(Visit&& visit) {
    for (std::uint32_t slot = 0; slot < ops_.size(); ++slot)
      if (ops_[slot].used) visit(slot, ops_[slot]);
  }

 private:
  log::Log& log_;
  const log::Wake wake_;
  Budget memory_;
  std::deque<Op> ops_;
  std::vector<std::uint32_t> free_;
  std::vector<End> ended_;
  std::unique_ptr<log::Appender> appender_;
};

}  // namespace certes::dispatcher
