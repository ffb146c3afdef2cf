#pragma once
// Remembered: what was found out about ids, in so many bytes: the oldest leave first. Who: Finder. Confined to its
// owner.

#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace certes::gateway::commands {

// `Value` has bytes().
template <class Value>
class Remembered {
 public:
  explicit Remembered(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  // As new where nothing is known.
  Value recall(std::string_view id) const {
    const auto found = known_.find(id);
    return found == known_.end() ? Value() : found->second;
  }
  void remember(std::string_view id, Value value) {
    const auto [place, fresh] = known_.try_emplace(std::string(id));
    if (fresh)
      order_.emplace_back(id);
    else
      bytes_ -= place->second.bytes();
    place->second = std::move(value);
    bytes_ += place->second.bytes();
    for (; bytes_ > most_bytes_ && !order_.empty(); order_.pop_front()) {
      const auto oldest = known_.find(order_.front());
      bytes_ -= oldest->second.bytes();
      known_.erase(oldest);
    }
  }
  std::size_t bytes() const { return bytes_; }

 private:
  const std::size_t most_bytes_;
  std::map<std::string, Value, std::less<>> known_;
  std::deque<std::string> order_;  // oldest first
  std::size_t bytes_ = 0;
};

}  // namespace certes::gateway::commands
