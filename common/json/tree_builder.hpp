#pragma once
// TreeBuilder: what nlohmann's parser tells of a text, as one of its trees. The library's own ways take time with the
// square of the members: its ordered objects look for each name among all before it, and its callback, by which a
// member that stands twice can be noticed, looks over all of an array at the end of each object in it. Private to
// parse_json. Pure; confined to one parse.

#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/result.hpp"

namespace certes {

template <class Json>
class TreeBuilder {
 public:
  explicit TreeBuilder(bool unique_members) : unique_members_(unique_members) {}

  // Of a text that was parsed to its end.
  Json take() { return std::move(root_); }
  // Of one that was not.
  Error& error() { return error_; }

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(typename Json::number_integer_t value) { return put(value); }
  bool number_unsigned(typename Json::number_unsigned_t value) { return put(value); }
  bool number_float(typename Json::number_float_t value, const typename Json::string_t&) { return put(value); }
  bool string(typename Json::string_t& value) { return put(std::move(value)); }
  bool binary(typename Json::binary_t& value) { return put(std::move(value)); }
  bool start_object(std::size_t) { return begin(Json::object()); }
  bool start_array(std::size_t) { return begin(Json::array()); }
  bool end_object() { return end(); }
  bool end_array() { return end(); }

  bool key(typename Json::string_t& name) {
    Open& open = open_.back();
    if (Json* const before = find(open, name)) {
      if (unique_members_) {
        error_ = Error(Code::invalid, "the member \"" + name + "\" stands there twice");
        return false;
      }
      place_ = before;
      return true;
    }
    auto& members = open.node->template get_ref<typename Json::object_t&>();
    place_ = add(members, std::move(name));
    if constexpr (kLooksThroughAll) remember(open, members);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    if (const auto* wrong = dynamic_cast<const typename Json::parse_error*>(&error))
      error_ = Error(Code::invalid, "not JSON: wrong at byte " + std::to_string(wrong->byte));
    else  // a number beyond all range
      error_ = Error(Code::invalid, std::string("not JSON that can be kept: ") + error.what());
    return false;
  }

 private:
  // Of an ordered object; of a sorted one it is a tree's search.
  static constexpr bool kLooksThroughAll = requires(typename Json::object_t members) { members.capacity(); };
  static constexpr std::size_t kFew = 16;  // members, which are looked through

  struct Open {
    Json* node;
    std::unordered_map<std::string, std::ptrdiff_t> places;  // of the members, once they are not few
  };

  static Json* add(typename Json::object_t& members, typename Json::string_t&& name) {
    if constexpr (kLooksThroughAll) {
      members.push_back({std::move(name), Json()});
      return &members.back().second;
    } else {
      return &members.emplace(std::move(name), Json()).first->second;
    }
  }

  static Json* find(const Open& open, const std::string& name) {
    auto& members = open.node->template get_ref<typename Json::object_t&>();
    if constexpr (kLooksThroughAll) {
      if (members.size() > kFew) {
        const auto found = open.places.find(name);
        return found == open.places.end() ? nullptr : &std::next(members.begin(), found->second)->second;
      }
    }
    const auto found = members.find(name);
    return found == members.end() ? nullptr : &found->second;
  }

  static void remember(Open& open, const typename Json::object_t& members) {
    if (members.size() <= kFew) return;
    const auto known = static_cast<std::ptrdiff_t>(open.places.size());
    for (auto at = std::next(members.begin(), known); at != members.end(); ++at)
      open.places.emplace(at->first, at - members.begin());
  }

  // Where the next value goes: a member that was named, the end of an array, or the root.
  template <class Value>
  Json* put_at(Value&& value) {
    if (Json* const place = std::exchange(place_, nullptr)) {
      *place = std::forward<Value>(value);
      return place;
    }
    if (open_.empty()) {
      root_ = std::forward<Value>(value);
      return &root_;
    }
    auto& items = open_.back().node->template get_ref<typename Json::array_t&>();
    return &items.emplace_back(std::forward<Value>(value));
  }
  template <class Value>
  bool put(Value&& value) {
    put_at(std::forward<Value>(value));
    return true;
  }
  bool begin(Json&& empty) {
    open_.push_back({put_at(std::move(empty)), {}});
    return true;
  }
  bool end() {
    open_.pop_back();
    return true;
  }

  const bool unique_members_;
  Json root_;
  std::vector<Open> open_;
  Json* place_ = nullptr;
  Error error_{Code::invalid, "not JSON"};
};

}  // namespace certes
