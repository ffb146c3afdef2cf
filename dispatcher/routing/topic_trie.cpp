#include "dispatcher/routing/topic_trie.hpp"

namespace certes::dispatcher {
namespace {

// Takes the first word off `rest`; false once there is none.
bool next_word(std::string_view& rest, std::string_view& word, bool& more) {
  if (!more) return false;
  const auto dot = rest.find('.');
  word = rest.substr(0, dot);
  more = dot != std::string_view::npos;
  if (more) rest.remove_prefix(dot + 1);
  return true;
}

}  // namespace

TopicTrie::Index TopicTrie::child(Index at, std::string_view word) {
  const auto fresh = static_cast<Index>(nodes_.size());
  NodeAt& node = nodes_[at];
  Index* place = nullptr;
  if (word == "*")
    place = &node.star;
  else if (word == "#")
    place = &node.hash;
  else
    place = &node.words.try_emplace(std::string(word), kNone).first->second;
  if (*place != kNone) return *place;
  *place = fresh;
  nodes_.emplace_back().is_hash = word == "#";  // `node` and `place` end here
  return fresh;
}

void TopicTrie::add(std::string_view pattern, Value value) {
  Index at = kRoot;
  std::string_view word;
  for (bool more = true; next_word(pattern, word, more);) at = child(at, word);
  nodes_[at].values.push_back(value);
}

// The set of nodes that the words so far can have reached; each node is in it once.
struct TopicTrie::Walk {
  explicit Walk(const std::vector<NodeAt>& all) : nodes(all), seen(all.size(), 0) {}

  void begin_set() {
    ++stamp;
    following.clear();
  }
  // With what `#` reaches without a word.
  void enter(Index at) {
    for (; at != kNone && seen[at] != stamp; at = nodes[at].hash) {
      seen[at] = stamp;
      following.push_back(at);
    }
  }
  void read(std::string_view word) {
    begin_set();
    for (const Index at : active) {
      const NodeAt& node = nodes[at];
      if (node.is_hash) enter(at);
      enter(node.star);
      if (const auto found = node.words.find(word); found != node.words.end()) enter(found->second);
    }
    active.swap(following);
  }
  // The first word only: no `*` or `#` stands for it.
  void read_literally(std::string_view word) {
    begin_set();
    const auto found = nodes[kRoot].words.find(word);
    if (found != nodes[kRoot].words.end()) enter(found->second);
    active.swap(following);
  }

  const std::vector<NodeAt>& nodes;
  std::vector<std::uint32_t> seen;
  std::vector<Index> active, following;
  std::uint32_t stamp = 0;
};

std::vector<TopicTrie::Value> TopicTrie::match(std::string_view type) const {
  Walk walk(nodes_);
  walk.begin_set();
  walk.enter(kRoot);
  walk.active.swap(walk.following);
  std::string_view word;
  bool more = true;
  next_word(type, word, more);
  if (word == "certes")
    walk.read_literally(word);
  else
    walk.read(word);
  while (next_word(type, word, more)) walk.read(word);
  std::vector<Value> values;
  for (const Index at : walk.active) values.insert(values.end(), nodes_[at].values.begin(), nodes_[at].values.end());
  return values;
}

}  // namespace certes::dispatcher
