#pragma once
// The rings of the scheduler. Private to it.

#include <string>

#include "dispatcher/scheduling/scheduler.hpp"

namespace certes::dispatcher {

// A tenant's part of each lane: its endpoints that can send and have something there.
struct Lanes::Tenant {
  struct Place : NodeOf<RingNode> {  // in the lane's ring of tenants
    List<Lanes::Place, NodeOf<RingNode>> endpoints;
    int deficit = 0;
    Tenant* tenant = nullptr;
  };
  explicit Tenant() {
    for (Place& place : places) place.tenant = this;
  }
  std::array<Place, kLanes> places;
  std::size_t endpoints = 0;
  std::size_t in_flight = 0;
  int weight = 1;  // its sends in one turn
  std::string name;
};

struct Scheduler::Ring {
  List<Tenant::Place, NodeOf<Lanes::RingNode>> tenants;
};

}  // namespace certes::dispatcher
