#pragma once
// Index: history's file, as its one writer has it: rows of events, deliveries, attempts and dead letters, and how far
// each partition is indexed, which are written in one transaction with what was read up to there. Throws Failure, after
// which it is of no more use: open it again, or make it anew. Who: the follower. Its thread alone.

#include <map>
#include <string>
#include <vector>

#include "api/history/decode.hpp"
#include "api/history/detail.hpp"
#include "api/history/erased.hpp"
#include "api/history/letters.hpp"
#include "api/history/rows.hpp"
#include "api/history/tables.hpp"
#include "api/history/texts.hpp"
#include "api/history/touched.hpp"
#include "common/event/payload_text.hpp"
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

// Whether the words of payloads are kept, and how much of them.
struct TextBounds {
  std::size_t of_payload = 0;   // bytes, from its beginning; 0: none are kept
  std::int64_t most_bytes = 0;  // of all
};

class Index {
 public:
  // Precondition: make_or_check has accepted the file.
  Index(const std::string& path, TextBounds texts);

  // In transactions of the caller's: a round of reading is one. Events and deliveries are written at its end (Touched).
  void begin() { begin_.run(); }
  void commit();

  void put(EventRow row, std::string_view payload, const Detail& detail);
  void put(const Told& told, const Detail& detail);
  // Of a letter: all that its record says, or that something was done with it.
  void put(const LetterRow& row);
  // Lets go of these events and letters of a partition, with all that is known of them, and takes in nothing of them
  // any more. The words of payloads go with all of their hour.
  void erase(std::int32_t partition, const ErasedPlaces& places);
  // Nothing: of this partition nothing is indexed yet.
  std::optional<Reached> reached(log::Topic topic, std::int32_t partition);
  void reach(log::Topic topic, std::int32_t partition, const Reached& reached);

  // How many were left out by `detail` (of texts, for want of room too), since it was opened.
  std::uint64_t texts_left_out() const { return texts_left_out_; }
  std::uint64_t answers_left_out() const { return answers_left_out_; }
  std::uint64_t attempts_left_out() const { return attempts_left_out_; }

  // Whether what was erased may still stand in the write-ahead log; and that begins anew as an empty file, unless
  // somebody reads it. Not within a transaction.
  bool has_traces() const { return has_traces_; }
  void wipe();

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
  // The same of dead letters, which are no event's: they stay longer.
  std::optional<Oldest> oldest_letter(std::int32_t partition);
  // Lets go of all below an offset; whether there were any.
  bool drop_letters(std::int32_t partition, std::int64_t below);
  // The offset behind the oldest ones, at most so many.
  std::int64_t behind_letters(std::int32_t partition, int most);
  // Lets go of the words of payloads in hours that ended before then; whether there were any.
  bool drop_texts(UnixMillis before) { return texts_.drop_before(before); }

 private:
  // The highest offsets of a partition that rows are of: what lies above them need not be asked for. Of rows that were
  // let go of too.
  struct Highest {
    std::int64_t event = -1, delivery = -1, letter = -1, erased_event = -1, erased_letter = -1;
  };
  Highest& highest(std::int32_t partition);
  bool is_erased(log::Topic topic, Place place);
  void mark_erased(log::Topic topic, Place place);
  void erase_event(Place place);
  void erase_letter(Place place);
  Touched& touched(Place place);
  std::optional<Touched::Stored> event_at(Place place);
  void read_deliveries(Place place, Touched& event);
  void write_touched(Place place, Touched& event);
  void mark_letter(const Touched& event);
  std::optional<LetterRow> letter_at(Place place);
  void put_attempt(AttemptRow row, const Detail& detail);
  void put_text(const EventRow& row, std::string_view payload, const Detail& detail);

  Connection connection_;
  Statement begin_, commit_, put_event_, put_delivery_, put_attempt_, put_letter_, event_, deliveries_, set_state_;
  Statement reached_, reach_, oldest_, last_dropped_, highest_event_, highest_delivery_;
  Statement letter_, oldest_letter_, behind_letters_, letters_below_, drop_letters_, highest_letter_;
  Statement erased_, put_erased_, highest_erased_, drop_erased_, erase_letter_;
  std::vector<Statement> drops_, erases_;
  std::map<std::int32_t, Highest> highest_;
  // In this transaction.
  std::map<Place, Touched> touched_;
  std::map<Place, LetterRow> letters_;
  const TextBounds text_bounds_;
  event::PayloadText payload_text_;
  Texts texts_;
  bool has_traces_ = false;
  std::uint64_t texts_left_out_ = 0, answers_left_out_ = 0, attempts_left_out_ = 0;
};

}  // namespace certes::api::history
