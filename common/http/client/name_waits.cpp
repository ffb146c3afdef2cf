#include "common/http/client/name_waits.hpp"

#include <algorithm>

namespace certes::http {

void NameWaits::add(const Name& name, Transfer&& transfer, SteadyTime until) {
  const auto [at, is_new] = names_.try_emplace(name);
  if (is_new) {
    at->second.until = until;
    order_.emplace_back(until, name);
  }
  at->second.transfers.push_back(std::move(transfer));
  ++held_[name.tenant];
  ++waiting_;
}

std::optional<NameWaits::Ended> NameWaits::take(const Name& name) {
  const auto found = names_.find(name);
  if (found == names_.end()) return std::nullopt;
  return end(found);
}

std::optional<NameWaits::Ended> NameWaits::take_overdue(SteadyTime now) {
  if (order_.empty() || order_.front().first > now) return std::nullopt;
  return end(names_.find(order_.front().second));
}

std::optional<NameWaits::Ended> NameWaits::take_surplus() {
  if (waiting_ <= most_) return std::nullopt;
  const auto& most = std::ranges::max_element(held_, {}, [](const auto& holder) { return holder.second; })->first;
  const auto longest = std::ranges::find_if(order_, [&](const auto& one) {
    const auto found = names_.find(one.second);
    return one.second.tenant == most && found != names_.end() && found->second.until == one.first;
  });
  return end(names_.find(longest->second));
}

bool NameWaits::forget(std::uint64_t id) {
  for (auto name = names_.begin(); name != names_.end(); ++name) {
    auto& transfers = name->second.transfers;
    const auto found = std::ranges::find(transfers, id, &Transfer::id);
    if (found == transfers.end()) continue;
    transfers.erase(found);
    give(name->first.tenant, 1);
    if (transfers.empty()) end(name);
    return true;
  }
  return false;
}

std::optional<SteadyTime> NameWaits::next_at() const {
  if (order_.empty()) return std::nullopt;
  return order_.front().first;
}

NameWaits::Ended NameWaits::end(Names::iterator name) {
  auto node = names_.extract(name);
  give(node.key().tenant, node.mapped().transfers.size());
  drop_ended();
  return {std::move(node.key()), std::move(node.mapped())};
}

void NameWaits::drop_ended() {
  while (!order_.empty()) {
    const auto found = names_.find(order_.front().second);
    if (found != names_.end() && found->second.until == order_.front().first) return;
    order_.pop_front();
  }
}

void NameWaits::give(const std::string& tenant, std::size_t count) {
  waiting_ -= count;
  const auto held = held_.find(tenant);
  if (held == held_.end()) return;
  held->second -= count;
  if (held->second == 0) held_.erase(held);
}

}  // namespace certes::http
