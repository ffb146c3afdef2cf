#include "api/history/texts.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "api/history/tables.hpp"
#include "api/history/text.hpp"

namespace certes::api::history {
namespace {

constexpr std::int64_t kOffsets = std::int64_t{1} << TextKey::kOffsetBits;
constexpr std::size_t kOpenHours = 4;  // filled forwards and backwards at once, over the turn of an hour

std::string table_of(std::int64_t hour) { return "texts_" + std::to_string(hour); }

// Parameters: 1 what is sought, 2 the hour, 3 behind which row, 4 the tenant, 5 how many.
std::string sql_of_hour(std::int64_t hour, Order order) {
  const std::string table = table_of(hour), row = table + ".rowid";
  const auto bits = [&](int from, std::int64_t values) {
    return "((" + row + ">>" + std::to_string(from) + ")&" + std::to_string(values - 1) + ")";
  };
  const auto offset = [&](const char* high) {
    return "((" + std::string(high) + "<<" + std::to_string(TextKey::kOffsetBits) + ")|" + bits(0, kOffsets) + ")";
  };
  return "SELECT " + event_columns_of("e") + " FROM " + table +
         " CROSS JOIN text_hours AS h ON h.hour=?2 AND h.p=" + bits(TextKey::kOffsetBits, TextKey::kMostPartitions) +
         " CROSS JOIN events AS e ON e.p=h.p AND e.o IN (" + offset("h.high") + "," + offset("(h.high-1)") + "," +
         offset("(h.high+1)") + ") WHERE " + table + " MATCH ?1 AND " + row +
         (order == Order::newest_first ? "<" : ">") + "?3 AND e.tenant=?4 AND e.at=?2*" +
         std::to_string(TextKey::kHour) + "+(" + row + ">>" +
         std::to_string(TextKey::kOffsetBits + TextKey::kPartitionBits) + ") ORDER BY " + row +
         (order == Order::newest_first ? " DESC" : "") + " LIMIT ?5";
}

// Those that may hold what lies between, in that order.
std::vector<std::int64_t> hours_between(Connection& connection, UnixMillis from, UnixMillis to, Order order) {
  Statement statement =
      connection.prepare("SELECT DISTINCT hour FROM text_hours WHERE hour>=?1 AND hour<=?2 ORDER BY hour" +
                         std::string(order == Order::newest_first ? " DESC" : ""));
  statement.bind(1, from / TextKey::kHour).bind(2, to / TextKey::kHour);
  std::vector<std::int64_t> hours;
  while (statement.step()) hours.push_back(statement.number(0));
  return hours;
}

// Behind which row of the hour it goes on.
std::int64_t row_of(std::int64_t hour, const Cursor& cursor, Order order) {
  if (cursor.at / TextKey::kHour == hour && cursor.place.partition >= 0)
    return TextKey::of(cursor.at, cursor.place).row;
  return order == Order::newest_first ? std::numeric_limits<std::int64_t>::max() : -1;
}

}  // namespace

TextKey TextKey::of(UnixMillis at, Place place) {
  const std::int64_t in_hour = at % kHour;
  return {at / kHour,
          (((in_hour << kPartitionBits) | place.partition) << kOffsetBits) | (place.offset & (kOffsets - 1)),
          place.offset >> kOffsetBits};
}

Texts::Texts(Connection& connection, std::int64_t most_bytes)
    : connection_(connection),
      most_bytes_(most_bytes),
      old_(connection.prepare("SELECT hour, sum(bytes) FROM text_hours WHERE hour<?1 GROUP BY hour")),
      one_(connection.prepare("SELECT sum(bytes) FROM text_hours WHERE hour=?1")),
      put_hour_(connection.prepare("INSERT INTO text_hours(hour, p, high, bytes) VALUES(?1, ?2, ?3, ?4)"
                                   " ON CONFLICT(hour, p) DO UPDATE SET bytes=bytes+excluded.bytes")),
      drop_hour_(connection.prepare("DELETE FROM text_hours WHERE hour=?1")),
      bytes_(connection.number("SELECT coalesce(sum(bytes), 0) FROM text_hours")) {}

bool Texts::put(UnixMillis at, Place place, std::string_view tenant, std::string_view words) {
  const auto size = static_cast<std::int64_t>(words.size());
  if (at < 0 || place.partition >= TextKey::kMostPartitions || bytes_ + size > most_bytes_) return false;
  const TextKey key = TextKey::of(at, place);
  Hour& hour = open(key.hour);
  const std::string of_tenant = tenant_word(tenant);
  hour.insert.bind(1, key.row).bind(2, of_tenant).bind(3, words).run();
  const auto [of_partition, is_first] = hour.bytes.try_emplace(place.partition, 0);
  if (is_first) put_hour_.bind(1, key.hour).bind(2, place.partition).bind(3, key.high).bind(4, std::int64_t{0}).run();
  of_partition->second += size;
  bytes_ += size;
  return true;
}

Texts::Hour& Texts::open(std::int64_t hour) {
  const auto known = hours_.find(hour);
  if (known != hours_.end()) return known->second;
  if (hours_.size() >= kOpenHours) {
    write_sizes();
    hours_.clear();
  }
  connection_.run("CREATE VIRTUAL TABLE IF NOT EXISTS " + table_of(hour) +
                  " USING fts5(tenant, words, content='', columnsize=0)");
  const std::string insert = "INSERT INTO " + table_of(hour) + "(rowid, tenant, words) VALUES(?1, ?2, ?3)";
  return hours_.emplace(hour, Hour{connection_.prepare(insert), {}}).first->second;
}

void Texts::write_sizes() {
  for (auto& [number, hour] : hours_)
    for (auto& [partition, bytes] : hour.bytes)
      if (bytes > 0)
        put_hour_.bind(1, number).bind(2, partition).bind(3, std::int64_t{0}).bind(4, std::exchange(bytes, 0)).run();
}

bool Texts::drop_before(UnixMillis at) {
  std::vector<std::int64_t> old;
  {
    const Use use(old_);
    old_.bind(1, at / TextKey::kHour);
    while (old_.step()) {
      old.push_back(old_.number(0));
      bytes_ -= old_.number(1);
    }
  }
  for (const std::int64_t hour : old) {
    hours_.erase(hour);
    connection_.run("DROP TABLE IF EXISTS " + table_of(hour));
    drop_hour_.bind(1, hour).run();
  }
  return !old.empty();
}

void Texts::drop_hour(std::int64_t hour) {
  write_sizes();
  {
    const Use use(one_);
    if (!one_.bind(1, hour).step() || one_.null(0)) return;
    bytes_ -= one_.number(0);
  }
  hours_.erase(hour);
  connection_.run("DROP TABLE IF EXISTS " + table_of(hour));
  drop_hour_.bind(1, hour).run();
}

std::vector<EventRow> events_with_text(Connection& connection, const std::string& match, const Filter& filter,
                                       const Cursor& cursor, std::size_t most, Order order) {
  std::vector<EventRow> all;
  const bool newest_first = order == Order::newest_first;
  const UnixMillis from = std::max<UnixMillis>(newest_first ? filter.from : std::max(filter.from, cursor.at), 0);
  const UnixMillis to = newest_first ? std::min(filter.to, cursor.at) : filter.to;
  for (const std::int64_t hour : hours_between(connection, from, to, order)) {
    Statement statement = connection.prepare(sql_of_hour(hour, order));
    statement.bind(1, std::string_view(match)).bind(2, hour).bind(3, row_of(hour, cursor, order));
    statement.bind(4, std::string_view(filter.tenant)).bind(5, static_cast<std::int64_t>(most - all.size()));
    while (statement.step()) all.push_back(read_event(statement));
    if (all.size() >= most) break;
  }
  return all;
}

}  // namespace certes::api::history
