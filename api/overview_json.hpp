#pragma once
// An overview of an installation, as JSON. Who: overview.cpp. Pure.

#include <string>
#include <vector>

#include "common/questions/heard.hpp"
#include "common/questions/overview.hpp"

namespace certes::api {

// What a process has answered.
struct ToldOverview {
  std::string process;
  std::size_t partitions = 0;
  questions::ProcessOverview overview;
};

struct GatheredOverview {
  std::int32_t covered = 0, all = 0;
  std::vector<ToldOverview> told;                  // by process
  std::vector<questions::Heard::Process> missing;  // have answered of late
};

// `tenant`: whose it is; "*": all tenants'. `limit`: of endpoints that are named.
std::string overview_json(const GatheredOverview& gathered, const std::string& tenant, std::size_t limit,
                          UnixMillis now);

}  // namespace certes::api
