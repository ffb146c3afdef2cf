#pragma once
// valijson's view of simdjson's tree: nothing is copied but the texts that valijson asks for. Inside json_schema.cpp
// only. Each look at a value counts against a budget, so that no schema and no data can hold up a loop.

#include <cmath>
#include <stdexcept>
#include <utility>
#include <valijson/exceptions.hpp>
#include <valijson/internal/adapter.hpp>
#include <valijson/internal/basic_adapter.hpp>
#include <valijson/internal/frozen_value.hpp>

#include "common/event/json_parts.hpp"

namespace certes::event::adapter {

struct Exhausted {};

class Value;
using Member = std::pair<std::string, Value>;

struct Place {
  simdjson::dom::element element;
  int* left = nullptr;

  void spend(std::size_t steps = 1) const {
    if ((*left -= static_cast<int>(steps)) < 0) throw Exhausted{};
  }
};

// Iterators of arrays and objects, as far as valijson uses them.
template <class Inner, class Out>
class Iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = Out;
  using difference_type = std::ptrdiff_t;
  using pointer = const Out*;
  using reference = Out;

  Iterator(Inner at, int* left) : at_(at), left_(left) {}
  Out operator*() const;
  valijson::adapters::DerefProxy<Out> operator->() const { return valijson::adapters::DerefProxy<Out>(**this); }
  bool operator==(const Iterator& other) const { return !(at_ != other.at_); }
  bool operator!=(const Iterator& other) const { return at_ != other.at_; }
  const Iterator& operator++() {
    ++at_;
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++at_;
    return before;
  }
  // For valijson's own uniqueItems, which is not used.
  Iterator& operator--() { throw std::logic_error("arrays are walked forwards"); }
  void advance(std::ptrdiff_t count) {
    for (; count > 0; --count) ++at_;
  }

 private:
  Inner at_;
  int* left_;
};

// Arrays and objects; `place` without a budget: an empty one.
template <class Tree, class Out>
class Container {
 public:
  using const_iterator = Iterator<typename Tree::iterator, Out>;
  using iterator = const_iterator;

  Container() = default;
  Container(Tree tree, int* left) : tree_(tree), left_(left) {}
  const_iterator begin() const { return {tree().begin(), left_}; }
  const_iterator end() const { return {tree().end(), left_}; }
  std::size_t size() const { return left_ == nullptr ? 0 : tree_.size(); }

 protected:
  const Tree& tree() const {
    if (left_ == nullptr) throw std::logic_error("an empty container is not walked");
    return tree_;
  }
  Tree tree_;
  int* left_ = nullptr;
};

using Array = Container<simdjson::dom::array, Value>;

class Object : public Container<simdjson::dom::object, Member> {
 public:
  using Container::Container;
  const_iterator find(const std::string& name) const {
    auto at = tree().begin();
    const auto last = tree().end();
    std::size_t seen = 0;
    for (; at != last && at.key() != name; ++at) ++seen;
    Place{{}, left_}.spend(1 + seen / 8);
    return {at, left_};
  }
};

class Tree {
 public:
  Tree() = default;
  explicit Tree(Place place) : place_(place) {}

  valijson::adapters::FrozenValue* freeze() const { throw std::logic_error("data is not kept"); }
  std::optional<Array> getArrayOptional() const {
    simdjson::dom::array array;
    if (place_.element.get(array)) return {};
    return std::optional<Array>(Array(array, place_.left));
  }
  std::optional<Object> getObjectOptional() const {
    simdjson::dom::object object;
    if (place_.element.get(object)) return {};
    return std::optional<Object>(Object(object, place_.left));
  }
  bool getArraySize(std::size_t& size) const {
    simdjson::dom::array array;
    if (place_.element.get(array)) return false;
    size = array.size();
    return true;
  }
  bool getObjectSize(std::size_t& size) const {
    simdjson::dom::object object;
    if (place_.element.get(object)) return false;
    size = object.size();
    return true;
  }
  bool getBool(bool& value) const { return !place_.element.get(value); }
  bool getDouble(double& value) const { return !place_.element.get(value); }
  // 1.0 is a whole number too.
  bool getInteger(std::int64_t& value) const {
    double number = 0;
    if (!place_.element.get(value)) return true;
    if (place_.element.get(number) || std::floor(number) != number || std::fabs(number) >= 9.2e18) return false;
    value = static_cast<std::int64_t>(number);
    return true;
  }
  bool getString(std::string& value) const {
    std::string_view text;
    if (place_.element.get(text)) return false;
    place_.spend(1 + text.size() / 64);
    value = text;
    return true;
  }
  static bool hasStrictTypes() { return true; }
  bool isArray() const { return is(simdjson::dom::element_type::ARRAY); }
  bool isBool() const { return is(simdjson::dom::element_type::BOOL); }
  bool isDouble() const { return is(simdjson::dom::element_type::DOUBLE) || is(simdjson::dom::element_type::UINT64); }
  bool isInteger() const {
    double number = 0;
    if (is(simdjson::dom::element_type::INT64) || is(simdjson::dom::element_type::UINT64)) return true;
    return is(simdjson::dom::element_type::DOUBLE) && !place_.element.get(number) && std::floor(number) == number;
  }
  bool isNull() const { return is(simdjson::dom::element_type::NULL_VALUE); }
  bool isNumber() const { return isDouble() || is(simdjson::dom::element_type::INT64); }
  bool isObject() const { return is(simdjson::dom::element_type::OBJECT); }
  bool isString() const { return is(simdjson::dom::element_type::STRING); }

 private:
  bool is(simdjson::dom::element_type type) const {
    place_.spend();
    return place_.element.type() == type;
  }
  Place place_;
};

class Value : public valijson::adapters::BasicAdapter<Value, Array, Member, Object, Tree> {
 public:
  Value(simdjson::dom::element element, int* left) : BasicAdapter(Tree(Place{element, left})) {}
};

template <class Inner, class Out>
Out Iterator<Inner, Out>::operator*() const {
  Place{{}, left_}.spend();
  if constexpr (std::is_same_v<Out, Member>) {
    return Member(std::string(at_.key()), Value(at_.value(), left_));
  } else {
    return Value(*at_, left_);
  }
}

}  // namespace certes::event::adapter

template <>
struct valijson::adapters::AdapterTraits<certes::event::adapter::Value> {
  using DocumentType = simdjson::dom::element;
  static std::string adapterName() { return "certes"; }
};
