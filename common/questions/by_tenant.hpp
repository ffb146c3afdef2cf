#pragma once
// ByTenant: something that is counted for each tenant apart, and what it comes to for one of them, or for all. However
// many names come, it keeps kMostTenants of them: the rest is counted for nobody, and is in the sum of all. T has
// add(const T&). Who: gateways and dispatchers, for what they say of themselves. Confined to who holds it.

#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/hash.hpp"

namespace certes::questions {

template <class T>
class ByTenant {
 public:
  static constexpr std::size_t kMostTenants = 10'000;

  // "": nobody's.
  T& of(std::string_view tenant) {
    if (tenant.empty()) return nobodys_;
    if (const auto found = counted_.find(tenant); found != counted_.end()) return found->second;
    return counted_.size() < kMostTenants ? counted_[std::string(tenant)] : nobodys_;
  }
  T only(std::string_view tenant) const {
    const auto found = counted_.find(tenant);
    return found == counted_.end() ? T{} : found->second;
  }
  T all() const {
    T sum = nobodys_;
    for (const auto& [tenant, one] : counted_) sum.add(one);
    return sum;
  }

 private:
  T nobodys_{};
  std::unordered_map<std::string, T, StringHash, std::equal_to<>> counted_;
};

}  // namespace certes::questions
