#pragma once
// TenantMemory: what the events and deliveries of one tenant hold in memory, and which of them may leave it. Who: book.
// Confined to the core loop.

#include <array>

#include "common/registry/resources.hpp"
#include "dispatcher/book/delivery.hpp"

namespace certes::dispatcher {

// What waits, by class; the last come last.
template <class Tag>
using ByClass = std::array<List<Delivery, NodeOf<Tag>>, registry::kPriorities>;

struct TenantMemory {
  explicit TenantMemory(Budget& all) : held(&all) {}
  Budget held;  // bytes
  ByClass<TenantDroppables> droppable;
};

}  // namespace certes::dispatcher
