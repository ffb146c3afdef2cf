#include "common/http/client/name_waits.hpp"

namespace certes::http {

void NameWaits::add(const Name& name, Transfer&& transfer, SteadyTime until) {
  auto found = names_.find(name);
  if (found == names_.end()) found = begin(name, until);
  auto& transfers = found->second.waits.transfers;
  const std::uint64_t id = transfer.id;
  transfers.push_back(std::move(transfer));
  transfers_.insert_or_assign(id, Held{found, std::prev(transfers.end())});
  hold(found->second.tenant, 1);
}

std::optional<NameWaits::Ended> NameWaits::take(const Name& name) {
  const auto found = names_.find(name);
  if (found == names_.end()) return std::nullopt;
  return end(found);
}

std::optional<NameWaits::Ended> NameWaits::take_overdue(SteadyTime now) {
  const auto first = next_at();
  if (!first || *first > now) return std::nullopt;
  return end(names_.find(*order_.front()));
}

std::optional<NameWaits::Ended> NameWaits::take_surplus() {
  if (transfers_.size() <= most_) return std::nullopt;
  const Tenant& most = tenants_.find(holders_.rbegin()->second)->second;
  return end(names_.find(*most.order.front()));
}

bool NameWaits::forget(std::uint64_t id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return false;
  const auto [name, transfer] = found->second;
  auto& transfers = name->second.waits.transfers;
  if (transfers.size() == 1) {
    end(name);
    return true;
  }
  transfers.erase(transfer);
  transfers_.erase(found);
  let_go(name->second.tenant, 1);
  return true;
}

std::optional<SteadyTime> NameWaits::next_at() const {
  if (order_.empty()) return std::nullopt;
  return names_.find(*order_.front())->second.waits.until;
}

NameWaits::Names::iterator NameWaits::begin(const Name& name, SteadyTime until) {
  const auto at = names_.emplace(name, Waiting{}).first;
  Waiting& waiting = at->second;
  waiting.waits.until = until;
  waiting.tenant = tenants_.try_emplace(name.tenant).first;
  waiting.in_all = order_.insert(order_.end(), &at->first);
  Order& own = waiting.tenant->second.order;
  waiting.in_tenant = own.insert(own.end(), &at->first);
  return at;
}

NameWaits::Ended NameWaits::end(Names::iterator name) {
  Waiting& waiting = name->second;
  for (const Transfer& transfer : waiting.waits.transfers) transfers_.erase(transfer.id);
  order_.erase(waiting.in_all);
  waiting.tenant->second.order.erase(waiting.in_tenant);
  let_go(waiting.tenant, waiting.waits.transfers.size());
  auto node = names_.extract(name);
  return {std::move(node.key()), std::move(node.mapped().waits)};
}

void NameWaits::hold(Tenants::iterator tenant, std::size_t count) {
  auto& [name, one] = *tenant;
  holders_.erase({one.held, name});
  one.held += count;
  holders_.insert({one.held, name});
}

void NameWaits::let_go(Tenants::iterator tenant, std::size_t count) {
  auto& [name, one] = *tenant;
  holders_.erase({one.held, name});
  one.held -= count;
  if (one.held > 0)
    holders_.insert({one.held, name});
  else
    tenants_.erase(tenant);
}

}  // namespace certes::http
