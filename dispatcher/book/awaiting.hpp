#pragma once
// AwaitingMemory: the bytes of the commands that await their results, of all and by tenant. They are counted apart:
// what they wait for must be read, however full the memory of what is to be sent is. No tenant may have more than is
// free for all: what others need is there, and one alone has half (the dynamic threshold of A. K. Choudhury and E. L.
// Hahne, IEEE/ACM Transactions on Networking 6(2), 1998, with alpha = 1). Who: the book and the recorder. Confined to
// the core loop.

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "dispatcher/book/budget.hpp"

namespace certes::dispatcher {

class AwaitingMemory {
 public:
  explicit AwaitingMemory(std::size_t most) : most_(most) {}

  bool has_room(std::string_view tenant, std::size_t bytes) const {
    const auto held = tenants_.find(tenant);
    const std::size_t free = most_ - std::min(all_.held(), most_);
    return (held == tenants_.end() ? 0 : held->second.held()) + bytes <= free;
  }
  Budget& of(std::string_view tenant) {
    const auto known = tenants_.find(tenant);
    if (known != tenants_.end()) return known->second;
    if (tenants_.size() >= clear_at_) {
      std::erase_if(tenants_, [](const auto& one) { return one.second.held() == 0; });
      clear_at_ = 2 * tenants_.size() + kFewTenants;
    }
    return tenants_.try_emplace(std::string(tenant), &all_).first->second;
  }
  std::size_t held() const { return all_.held(); }

 private:
  static constexpr std::size_t kFewTenants = 64;

  const std::size_t most_;
  Budget all_;
  std::map<std::string, Budget, std::less<>> tenants_;
  std::size_t clear_at_ = kFewTenants;
};

}  // namespace certes::dispatcher
