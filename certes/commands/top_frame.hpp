#pragma once
// What certes top shows: a frame of lines that fit a terminal, or an object. Who: certes top. Pure.

#include <cstdint>
#include <optional>
#include <string>

#include "certes/commands/top_look.hpp"

namespace certes::command {

// The column that endpoints are sorted by, as keys 1 to 8 name them; the name alone from the first on.
enum class TopSort : std::uint8_t { waiting, retrying, in_flight, delivered, failed, oldest, failing, name };
inline constexpr std::size_t kTopSorts = 8;

struct TopState {
  std::string where;                   // the API's URL
  std::optional<TopLook> before, now;  // the last two looks
  std::string trouble;                 // why the last one failed; empty: it did not
  TopSort sort = TopSort::waiting;
  bool paused = false;
  bool help = false;
};

struct TopSize {
  std::size_t columns = 80;
  std::size_t rows = 0;  // 0: as many as it takes
};

// Lines with their ends; none is wider than the terminal. `colour`: with escape sequences for it.
std::string top_frame(const TopState& state, TopSize size, bool colour);
// The same for a program, on one line. Precondition: there are two looks.
std::string top_json(const TopState& state);

}  // namespace certes::command
