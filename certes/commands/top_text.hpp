#pragma once
// Numbers and times as narrow columns show them. Who: certes top. Pure.

#include <cstdint>
#include <optional>
#include <string>

namespace certes::command {

// "0", "12,345", "123k", "4.5M": seven characters at most.
std::string count_text(std::uint64_t count);
// Of what happens in a second: "0", "0.3", "1,250", "12.5k": five characters at most.
std::string rate_text(double rate);
// "350 us", "3.5 ms", "12 s", "45 min", "26 h", "9 d"; "-": none.
std::string seconds_text(std::optional<double> seconds);

}  // namespace certes::command
