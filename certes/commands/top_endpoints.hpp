#pragma once
// The endpoints of certes top as a table: those columns that a terminal has room for, sorted by one of them. Who:
// top_frame. Pure.

#include "certes/commands/page.hpp"
#include "certes/commands/top_frame.hpp"

namespace certes::command {

void show_endpoints(Page& page, const TopLook& look, const TopRates& rates, TopSort sort);

}  // namespace certes::command
