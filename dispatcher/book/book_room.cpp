// Who leaves memory when that is full, and for whom.
#include <algorithm>

#include "dispatcher/book/book.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kQuarters = 4;

std::size_t at(registry::Priority priority) { return static_cast<std::size_t>(priority); }

// The last of the lowest class below that one.
template <class Lists>
Delivery* last_below(const Lists& lists, registry::Priority priority) {
  for (std::size_t lowest = lists.size() - 1; lowest > at(priority); --lowest)
    if (!lists[lowest].empty()) return lists[lowest].back();
  return nullptr;
}

// Of that class, what may give way to a lane that has nothing in memory: a retry that waits for its time, what is not
// the first of its key, or the last of several of its lane that are ready. Nothing: there is none among those that came
// last.
template <class Lists>
Delivery* excess(const Lists& lists, registry::Priority priority) {
  static constexpr int kLooks = 64;
  return lists[at(priority)].find_last(kLooks, [](const Delivery& delivery) {
    return std::holds_alternative<InWheel>(delivery.place) || std::holds_alternative<BehindKey>(delivery.place) ||
           delivery.backlog->in_memory() > 1;
  });
}

bool any(const ByClass<TenantDroppables>& lists) {
  return std::ranges::any_of(lists, [](const auto& list) { return !list.empty(); });
}

}  // namespace

// As many as there are tenants of lanes.
TenantMemory& Book::tenant_of(Backlog& backlog) {
  if (backlog.tenant != nullptr) return *backlog.tenant;
  auto found = tenants_.find(backlog.name->tenant);
  if (found == tenants_.end())
    found = tenants_.emplace(backlog.name->tenant, std::make_unique<TenantMemory>(memory_)).first;
  return *(backlog.tenant = found->second.get());
}

bool Book::is_large(const TenantMemory& tenant) const {
  return !scheduler_.alone() && tenant.held.held() >= memory_bytes_ / kQuarters;
}

bool Book::is_full(double share) const {
  const auto most = static_cast<std::size_t>(static_cast<double>(memory_bytes_) * share);
  return memory_.held() + outcomes_.memory_bytes() >= most;
}

bool Book::is_full_for(const TenantMemory& tenant, double share) const {
  return is_full(is_large(tenant) ? share - 1.0 / kQuarters : share);
}

bool Book::make_room(registry::Priority priority, Backlog& asking, double share, bool for_one) {
  const TenantMemory& tenant = tenant_of(asking);
  while (is_full_for(tenant, share) && deliveries_.live() > 0) {
    Delivery* const leaves = gives_way(priority, asking, tenant, for_one);
    if (leaves == nullptr) return false;
    set_aside(*leaves);
  }
  return true;
}

Delivery* Book::gives_way(registry::Priority priority, const Backlog& asking, const TenantMemory& tenant,
                          bool for_one) {
  const bool large = is_large(tenant);
  const bool has_none = for_one && asking.in_memory() == 0;
  Delivery* leaves = large ? last_below(tenant.droppable, priority) : last_below(droppable_, priority);
  if (leaves == nullptr && !large) leaves = of_large_tenant();
  if (leaves == nullptr && has_none) leaves = large ? excess(tenant.droppable, priority) : excess(droppable_, priority);
  return leaves;
}

// Its lowest class first. Four at most are large; they are looked for once a round.
Delivery* Book::of_large_tenant() {
  const auto gives = [this](const TenantMemory& tenant) { return is_large(tenant) && any(tenant.droppable); };
  if (large_ == nullptr || !gives(*large_)) {
    if (looked_for_large_ == clock_.now()) return nullptr;
    looked_for_large_ = clock_.now();
    const auto found = std::ranges::find_if(tenants_, [&](const auto& one) { return gives(*one.second); });
    large_ = found == tenants_.end() ? nullptr : found->second.get();
  }
  if (large_ == nullptr) return nullptr;
  const auto lowest = std::find_if(large_->droppable.rbegin(), large_->droppable.rend(),
                                   [](const auto& list) { return !list.empty(); });
  return lowest->back();
}

void Book::may_leave(Delivery& delivery) {
  droppable_[at(delivery.priority)].push_back(delivery);
  tenant_of(*delivery.backlog).droppable[at(delivery.priority)].push_back(delivery);
}

// What stands before others of its lane leaves memory after them.
void Book::leave_last(Delivery& delivery) {
  stays(delivery);
  droppable_[at(delivery.priority)].push_front(delivery);
  tenant_of(*delivery.backlog).droppable[at(delivery.priority)].push_front(delivery);
}

void Book::stays(Delivery& delivery) {
  static_cast<NodeOf<DroppableDeliveries>&>(delivery).unlink();
  static_cast<NodeOf<TenantDroppables>&>(delivery).unlink();
}

}  // namespace certes::dispatcher
