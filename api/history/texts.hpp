#pragma once
// The words of payloads, as FTS5 has them (sqlite.org/fts5.html): a table without contents for each hour in which
// events were appended, as such a table lets go of nothing but all of it. Its row ids are in the order of time, and
// name an event: so what is found comes newest first, and leads to its row. Who: Index writes, Lookup reads. Confined
// to the thread of the connection. Throws Failure.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/history/filter.hpp"
#include "api/history/rows.hpp"
#include "api/history/sealed.hpp"

namespace certes::api::history {

// An event within its hour: the millisecond, the partition and the lower end of the offset, in 22, 13 and 28 bits. The
// order is that of (at, partition, offset), but where a partition's offsets pass a multiple of 2^28 in a millisecond.
// (In an hour a partition has fewer events than that: so the upper end is one of three where it is known of one.)
struct TextKey {
  static constexpr std::int64_t kHour = 3'600'000;
  static constexpr int kOffsetBits = 28, kPartitionBits = 13;
  static constexpr std::int32_t kMostPartitions = 1 << kPartitionBits;

  std::int64_t hour;  // since 1970
  std::int64_t row;
  std::int64_t high;  // the upper end of the offset
  static TextKey of(UnixMillis at, Place place);
};

class Texts {
 public:
  // `most_bytes` of words are kept, whose index is about as large; of what comes then nothing is, until an hour is let
  // go of.
  Texts(Connection& connection, std::int64_t most_bytes);

  // Of an event that has none yet, within a transaction. False: there is no room.
  bool put(UnixMillis at, Place place, std::string_view tenant, std::string_view words);
  // At the end of the transaction.
  void write_sizes();
  // Lets go of the hours that ended before, in a transaction; whether there were any.
  bool drop_before(UnixMillis at);
  // Lets go of one hour, since 1970, where there is such; what comes of it later is kept again.
  void drop_hour(std::int64_t hour);

 private:
  struct Hour {
    Statement insert;
    std::map<std::int32_t, std::int64_t> bytes;  // of words, by partition, that are not written yet
  };
  Hour& open(std::int64_t hour);

  Connection& connection_;
  const std::int64_t most_bytes_;
  Statement old_, one_, put_hour_, drop_hour_;
  std::map<std::int64_t, Hour> hours_;  // those that are filled
  std::int64_t bytes_;                  // of words, of all hours
};

// Of the filter's tenant those whose payloads have all words of `match` (match_of), behind the cursor in that order: at
// most so many. Fewer: there are no more.
std::vector<EventRow> events_with_text(Connection& connection, const std::string& match, const Filter& filter,
                                       const Cursor& cursor, std::size_t most, Order order = Order::newest_first);

}  // namespace certes::api::history
