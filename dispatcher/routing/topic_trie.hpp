#pragma once
// Topic trie: which patterns match an event type. Words are joined by '.'; in a pattern `*` stands for exactly one
// word,
// `#` for none or more. Types whose first word is `certes` match only patterns whose first word is `certes`. What a
// match, an addition or a removal costs depends on the patterns it meets, not on how many others there are; of those
// with one and the same pattern a removal looks through all. Who: router. Pure; confined to one thread.

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace certes::dispatcher {

template <class Value>
class TopicTrie {
 public:
  // Precondition: event::valid_pattern(pattern). The same pattern may be added with several values.
  void add(std::string_view pattern, Value value) {
    Node* at = &root_;
    for (Words words(pattern); words.next();) at = &child(*at, words.word());
    at->values.push_back(std::move(value));
  }
  // Precondition: it was added with that pattern, and not removed since.
  void remove(std::string_view pattern, const Value& value);
  // The values of all matching patterns, each pattern's once, in no particular order. Valid until the next call.
  const std::vector<Value>& match(std::string_view type);
  bool empty() const { return root_.is_bare(); }

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> words;
    std::unique_ptr<Node> star, hash;
    std::vector<Value> values;
    std::uint64_t seen = 0;  // the set it was entered into last
    bool is_hash = false;    // reached by `#`: keeps every word

    bool is_bare() const { return words.empty() && !star && !hash && values.empty(); }
    Node* literal(std::string_view word) const {
      const auto found = words.find(word);
      return found == words.end() ? nullptr : found->second.get();
    }
  };

  class Words {
   public:
    explicit Words(std::string_view text) : rest_(text) {}
    bool next() {
      if (!more_) return false;
      const auto dot = rest_.find('.');
      word_ = rest_.substr(0, dot);
      more_ = dot != std::string_view::npos;
      if (more_) rest_.remove_prefix(dot + 1);
      return true;
    }
    std::string_view word() const { return word_; }

   private:
    std::string_view rest_, word_;
    bool more_ = true;
  };

  static std::unique_ptr<Node>& place(Node& of, std::string_view word) {
    if (word == "*") return of.star;
    if (word == "#") return of.hash;
    const auto found = of.words.find(word);
    return found != of.words.end() ? found->second : of.words.emplace(word, nullptr).first->second;
  }
  static Node& child(Node& of, std::string_view word) {
    std::unique_ptr<Node>& at = place(of, word);
    if (!at) {
      at = std::make_unique<Node>();
      at->is_hash = word == "#";
    }
    return *at;
  }

  // The set of nodes that the words so far can have reached; each node is in it once.
  void begin_set() {
    ++set_;
    following_.clear();
  }
  // With what `#` reaches without a word.
  void enter(Node* at) {
    for (; at != nullptr && at->seen != set_; at = at->hash.get()) {
      at->seen = set_;
      following_.push_back(at);
    }
  }
  void read(std::string_view word) {
    begin_set();
    for (Node* at : active_) {
      if (at->is_hash) enter(at);
      enter(at->star.get());
      enter(at->literal(word));
    }
    active_.swap(following_);
  }
  // The first word only: no `*` or `#` stands for it.
  void read_literally(std::string_view word) {
    begin_set();
    enter(root_.literal(word));
    active_.swap(following_);
  }

  Node root_;
  // Of a match: kept, so that one allocates nothing.
  std::uint64_t set_ = 0;
  std::vector<Node*> active_, following_;
  std::vector<Value> matched_;
};

template <class Value>
void TopicTrie<Value>::remove(std::string_view pattern, const Value& value) {
  std::vector<std::pair<Node*, std::string_view>> path;  // each with the word that leads on
  Node* at = &root_;
  for (Words words(pattern); words.next(); at = place(*at, words.word()).get()) path.emplace_back(at, words.word());
  const auto found = std::find(at->values.begin(), at->values.end(), value);
  assert(found != at->values.end());
  std::swap(*found, at->values.back());
  at->values.pop_back();
  for (; !path.empty() && at->is_bare(); path.pop_back()) {
    at = path.back().first;
    const std::string_view word = path.back().second;
    place(*at, word).reset();
    if (word != "*" && word != "#") at->words.erase(at->words.find(word));
  }
}

template <class Value>
const std::vector<Value>& TopicTrie<Value>::match(std::string_view type) {
  begin_set();
  enter(&root_);
  active_.swap(following_);
  Words words(type);
  words.next();
  if (words.word() == "certes")
    read_literally(words.word());
  else
    read(words.word());
  while (words.next()) read(words.word());
  matched_.clear();
  for (const Node* at : active_) matched_.insert(matched_.end(), at->values.begin(), at->values.end());
  return matched_;
}

}  // namespace certes::dispatcher
