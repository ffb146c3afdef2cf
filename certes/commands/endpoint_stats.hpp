#pragma once
// certes endpoints stats ID, as a person reads it. Who: the commands of resources. Pure.

#include <string>
#include <string_view>

namespace certes::command {

// `body`: the answer of GET /endpoints/{id}/stats. Empty: it is none.
std::string endpoint_stats_text(std::string_view body);
// What the numbers leave out, as dispatchers have not answered for all partitions; empty: nothing.
std::string endpoint_stats_remark(std::string_view body);

}  // namespace certes::command
