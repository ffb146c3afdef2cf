#pragma once
// The help of commands in the columns of a terminal. Who: the command line. Pure.

#include <cstddef>
#include <string>

namespace certes::command {

// What the library prints, with lines that are longer broken at spaces: what an option or a command does stands under
// itself; examples and usage stay whole, so that who copies them has them. 0 columns: as it is.
std::string fitted_help(const std::string& help, std::size_t columns);

}  // namespace certes::command
