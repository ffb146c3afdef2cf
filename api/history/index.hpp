#pragma once
// Index: history's file, as its one writer has it: rows of events, deliveries and attempts, and how far each partition
// is indexed, which are written in one transaction with what was read up to there. Throws Failure, after which it is of
// no more use: open it again, or make it anew. Who: the follower. Its thread alone.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/history/decode.hpp"
#include "api/history/detail.hpp"
#include "api/history/rows.hpp"
#include "api/history/tables.hpp"
#include "common/log/record.hpp"

namespace certes::api::history {

// What is indexed of a partition: [begin, next).
struct Reached {
  std::int64_t begin = 0, next = 0;
  std::int64_t term = 0;     // the highest met below `next`
  std::int64_t mark = -1;    // the last record that was indexed; -1: none
  UnixMillis mark_at = 0;    // when it was appended: the log is known by it again
  UnixMillis filled_at = 0;  // the append time of what stands at `begin`; 0: not known
  bool filled = false;       // nothing below `begin` is to be indexed
};

class Index {
 public:
  // Precondition: make_or_check has accepted the file.
  explicit Index(const std::string& path);

  // In transactions of the caller's: a round of reading is one. The states of events are as their deliveries make them
  // from its end on: an event that goes to a thousand endpoints is looked at once, and not for each of them.
  void begin() { begin_.run(); }
  void commit();

  void put(EventRow row);
  void put(const Told& told, const Detail& detail);
  // Nothing: of this partition nothing is indexed yet.
  std::optional<Reached> reached(log::Topic topic, std::int32_t partition);
  void reach(log::Topic topic, std::int32_t partition, const Reached& reached);

  // How many were left out by `detail`, since it was opened.
  std::uint64_t answers_left_out() const { return answers_left_out_; }
  std::uint64_t attempts_left_out() const { return attempts_left_out_; }

  // In use, without what was let go and may be used again.
  std::int64_t used_bytes();
  struct Oldest {
    Place place;
    UnixMillis at;
  };
  // Of a partition. Nothing: there is none.
  std::optional<Oldest> oldest(std::int32_t partition);
  // Lets go of at most so many events, the oldest of their partition and appended before `before`, with all that is
  // known of them, and of what lies below them. The offset behind them; nothing: there was none.
  std::optional<std::int64_t> drop(std::int32_t partition, UnixMillis before, int most);

 private:
  struct KnownEvent {
    UnixMillis at;
    EventState state;
    std::string tenant;
  };
  std::optional<KnownEvent> event_at(Place place);
  std::vector<DeliveryRow> deliveries_of(Place place);
  EventState state_of_event(Place place, const std::string& tenant);
  void set_states();
  void put_delivery(const DeliveryRow& told, UnixMillis event_at);
  void put_attempt(AttemptRow row, const Detail& detail);

  Connection connection_;
  Statement begin_, commit_, put_event_, put_delivery_, put_attempt_, event_, delivery_, deliveries_, set_state_;
  Statement reached_, reach_, oldest_, last_dropped_;
  std::vector<Statement> drops_;
  std::set<std::pair<std::int32_t, std::int64_t>> told_of_;  // events, in this transaction
  std::uint64_t answers_left_out_ = 0, attempts_left_out_ = 0;
};

}  // namespace certes::api::history
