#pragma once
// The rings of the scheduler. Private to it.

#include <string>

#include "dispatcher/scheduling/scheduler.hpp"

namespace certes::dispatcher {

// A tenant's part of each lane: its endpoints that can send and have something there.
struct Lanes::TenantPlace : NodeOf<RingNode> {  // in the lane's ring of tenants
  List<Lanes::Place, NodeOf<RingNode>> endpoints;
  int deficit = 0;
  Tenant* tenant = nullptr;
};

struct Lanes::Tenant : Timer {
  explicit Tenant() {
    for (TenantPlace& each : places) each.tenant = this;
  }
  std::array<TenantPlace, kLanes> places;
  std::size_t endpoints = 0;
  std::size_t in_flight = 0;
  int weight = 1;      // its sends in one turn
  bool bound = false;  // its retries are, by the budget
  SteadyTime last_first{};
  std::string name;
};

struct Scheduler::Ring {
  Tenants tenants;
  Tenants bound;  // of a lane of retries: those whom the budget binds
};

}  // namespace certes::dispatcher
