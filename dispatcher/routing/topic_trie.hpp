#pragma once
// Topic trie: which patterns match an event type. Words are joined by '.'; in a pattern `*` stands for exactly one
// word,
// `#` for none or more. Types whose first word is `certes` match only patterns whose first word is `certes`.
// Who: router. Pure; filled by one thread, matched by one thread.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace certes::dispatcher {

class TopicTrie {
 public:
  using Value = std::uint32_t;

  // Precondition: event::valid_pattern(pattern). The same pattern may be added with several values.
  void add(std::string_view pattern, Value value);
  // The values of all matching patterns, each pattern's once, in no particular order.
  std::vector<Value> match(std::string_view type) const;

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0;
  static constexpr Index kRoot = 1;
  struct NodeAt {
    std::map<std::string, Index, std::less<>> words;
    Index star = kNone;
    Index hash = kNone;
    bool is_hash = false;  // reached by `#`: keeps every word
    std::vector<Value> values;
  };
  struct Walk;

  Index child(Index at, std::string_view word);

  std::vector<NodeAt> nodes_{2};  // the first stands for none
};

}  // namespace certes::dispatcher
