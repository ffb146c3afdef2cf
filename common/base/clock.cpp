#include "common/base/clock.hpp"

namespace certes {
namespace {

bool digits(std::string_view text, std::size_t at, std::size_t count, int& out) {
  if (at + count > text.size()) return false;
  out = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

// The last `count` digits of a number that is not negative. Each event has its time written: no printf.
void put_digits(std::string& text, std::size_t at, std::size_t count, std::int64_t number) {
  for (std::size_t i = at + count; i-- > at; number /= 10) text[i] = static_cast<char>('0' + number % 10);
}

bool at_is(std::string_view text, std::size_t at, char lower, char upper) {
  return at < text.size() && (text[at] == lower || text[at] == upper);
}

// Minutes east of UTC from "Z" or "+hh:mm" at `at`, the end of the text; false where it is neither.
bool offset_minutes(std::string_view text, std::size_t at, int& out) {
  if (at_is(text, at, 'Z', 'z')) return out = 0, at + 1 == text.size();
  int hours = 0;
  int minutes = 0;
  if (!at_is(text, at, '+', '-') || !digits(text, at + 1, 2, hours) || !at_is(text, at + 3, ':', ':') ||
      !digits(text, at + 4, 2, minutes) || at + 6 != text.size() || hours > 23 || minutes > 59)
    return false;
  out = (text[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
  return true;
}

}  // namespace

UnixMillis parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  int year_n = 0, month_n = 0, day_n = 0, hour_n = 0, minute_n = 0, second_n = 0, east = 0;
  if (!digits(text, 0, 4, year_n) || !at_is(text, 4, '-', '-') || !digits(text, 5, 2, month_n) ||
      !at_is(text, 7, '-', '-') || !digits(text, 8, 2, day_n) || !at_is(text, 10, 'T', 't') ||
      !digits(text, 11, 2, hour_n) || !at_is(text, 13, ':', ':') || !digits(text, 14, 2, minute_n) ||
      !at_is(text, 16, ':', ':') || !digits(text, 17, 2, second_n))
    return -1;
  std::size_t at = 19;
  int millis = 0;
  if (at_is(text, at, '.', '.')) {
    int scale = 100;
    const std::size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      millis += scale * (text[at] - '0');
    if (at == first) return -1;
  }
  const year_month_day date{year{year_n}, month{static_cast<unsigned>(month_n)}, day{static_cast<unsigned>(day_n)}};
  if (!offset_minutes(text, at, east) || !date.ok() || hour_n > 23 || minute_n > 59 || second_n > 60) return -1;
  const auto seconds_n =
      sys_days{date}.time_since_epoch() + hours{hour_n} + minutes{minute_n - east} + seconds{second_n};
  return duration_cast<Millis>(seconds_n).count() + millis;
}

std::string format_rfc3339(UnixMillis at) {
  using namespace std::chrono;
  const sys_time<Millis> time{Millis{at}};
  const auto day_point = floor<days>(time);
  const year_month_day date{day_point};
  const hh_mm_ss<Millis> clock{time - day_point};
  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(text, 0, 4, static_cast<int>(date.year()));
  put_digits(text, 5, 2, static_cast<unsigned>(date.month()));
  put_digits(text, 8, 2, static_cast<unsigned>(date.day()));
  put_digits(text, 11, 2, clock.hours().count());
  put_digits(text, 14, 2, clock.minutes().count());
  put_digits(text, 17, 2, clock.seconds().count());
  put_digits(text, 20, 3, clock.subseconds().count());
  return text;
}

}  // namespace certes
