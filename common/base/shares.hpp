#pragma once
// Shares: how much of something bounded each tenant holds, and who gives way to whom. The one rule of all places and
// queues: what is free goes to whoever asks, so that one tenant alone may hold everything; where nothing is free, a
// tenant that stays within a quarter gets what it asks for from the one that holds most, if that is more than a
// quarter. So nobody keeps more than a quarter while somebody who has less waits. Who: Places, FairQueue. Confined to
// its owner; every step costs the same, however many tenants there are.

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace certes {

class Shares {
 public:
  explicit Shares(std::size_t most) : most_(most), quarter_(std::max<std::size_t>(1, most / 4)) {}

  bool fits(std::size_t cost) const { return cost <= most_ - held_; }
  // Whether there will be room for so much more of the tenant's once others have given way.
  bool may_take(std::string_view tenant, std::size_t cost) const {
    if (fits(cost)) return true;
    if (held(tenant) + cost > quarter_) return false;
    std::size_t room = most_ - held_;
    for (const Holder* holder : large_) room += holder->second - quarter_;
    return cost <= room;
  }
  // Who gives way first: the one that holds most. Precondition: somebody holds more than a quarter.
  const std::string& gives_way() const {
    return (*std::ranges::max_element(large_, {}, [](const Holder* holder) { return holder->second; }))->first;
  }

  // Precondition: it fits.
  void take(std::string_view tenant, std::size_t cost) {
    const auto place = holders_.try_emplace(std::string(tenant)).first;
    const bool was_large = place->second > quarter_;
    place->second += cost;
    held_ += cost;
    if (!was_large && place->second > quarter_) large_.push_back(&*place);
  }
  // Precondition: it holds as much.
  void give(std::string_view tenant, std::size_t cost) {
    const auto place = holders_.find(tenant);
    const bool was_large = place->second > quarter_;
    place->second -= cost;
    held_ -= cost;
    if (was_large && place->second <= quarter_) std::erase(large_, &*place);
    if (place->second == 0) holders_.erase(place);
  }

  std::size_t held() const { return held_; }
  std::size_t held(std::string_view tenant) const {
    const auto place = holders_.find(tenant);
    return place == holders_.end() ? 0 : place->second;
  }
  std::size_t most() const { return most_; }
  std::size_t quarter() const { return quarter_; }

 private:
  using Holders = std::map<std::string, std::size_t, std::less<>>;
  using Holder = Holders::value_type;

  const std::size_t most_, quarter_;
  std::size_t held_ = 0;
  Holders holders_;
  std::vector<const Holder*> large_;  // who holds more than a quarter: three at most
};

}  // namespace certes
