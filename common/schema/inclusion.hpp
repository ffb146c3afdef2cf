#pragma once
// Whether everything that some schemas accept together is accepted by another one: proven, or not. What cannot be
// proven counts as not included, and says why. Internal to common/schema. Pure.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/schema/facts.hpp"

namespace certes::schema {

struct Gap {
  std::string from;  // where the schema stands whose values may be too many
  std::string to;    // where the one stands that refuses them
  std::string why;
};
using MaybeGap = std::optional<Gap>;

class Inclusion {
 public:
  // Ends with Undecided where the budget is used up.
  explicit Inclusion(Budget& budget) : budget_(budget) {}

  // Nothing: every value that all of `from` accept is accepted by `to`.
  MaybeGap find_gap(const Conjunction& from, const Node& to);

 private:
  friend class ValueInclusion;
  // The schemas of `from` flat, narrowed to one type of values.
  struct Case {
    const Conjunction& flat;
    TypeBit type;
  };

  MaybeGap look(const Conjunction& flat, const Node& to);
  MaybeGap literals(const Conjunction& flat, const std::vector<Json>& values, const Node& to);
  MaybeGap of_type(const Conjunction& flat, TypeBit type, const Node& to);
  MaybeGap split(const Conjunction& flat, const Node& to, Gap found);
  MaybeGap node(const Case& from, const Node& to);
  MaybeGap keyword(const Case& from, const Node& to, const std::string& name);
  MaybeGap any_of(const Case& from, const Node& to);
  MaybeGap one_of(const Case& from, const Node& to);
  MaybeGap negation(const Case& from, const Node& to);
  MaybeGap condition(const Case& from, const Node& to);

  bool disjoint(const Conjunction& a, const Conjunction& b);
  bool disjoint_branches(const Conjunction& a, const Node& b);
  bool same_condition(const Conjunction& flat, const Node& to);
  bool has_same(const Conjunction& flat, const Node& to, const char* keyword);
  bool same(const Node& a, const Node& b);
  bool same_members(const Node& a, const Node& b);

  const Json& without_choice(const Json& schema);
  static Conjunction narrowed(const Case& from);
  static Gap gap(const Conjunction& flat, const Node& to, std::string why);

  static constexpr int kMostDepth = 100;
  bool too_deep();
  struct Deeper;
  Budget& budget_;
  int depth_ = 0;
  // What is being shown further up: a value within a value may rely on it.
  std::set<std::pair<std::vector<const Json*>, const Json*>> assumed_;
  std::set<std::pair<const Json*, const Json*>> assumed_same_;
  std::map<const Json*, std::unique_ptr<Json>> without_choice_;
};

// The keywords that look at numbers, strings, arrays and objects.
class ValueInclusion {
 public:
  ValueInclusion(Inclusion& inclusion, const Inclusion::Case& from, const Node& to)
      : inclusion_(inclusion), flat_(from.flat), type_(from.type), to_(to) {}

  MaybeGap number(const std::string& name) const;
  MaybeGap string(const std::string& name) const;
  MaybeGap array(const std::string& name) const;
  MaybeGap object(const std::string& name) const;

 private:
  MaybeGap bound(const std::string& name) const;
  MaybeGap count(const std::string& name, double least, double most) const;
  MaybeGap listed(const std::string& name) const;
  MaybeGap items() const;
  MaybeGap contains() const;
  MaybeGap required() const;
  MaybeGap properties() const;
  MaybeGap additional() const;
  MaybeGap names() const;
  MaybeGap dependencies(const std::string& name) const;
  MaybeGap dependency(const std::string& keyword, const std::string& property) const;
  MaybeGap no(const std::string& name, std::string why) const;

  Inclusion& inclusion_;
  const Conjunction& flat_;
  const TypeBit type_;
  const Node& to_;
};

}  // namespace certes::schema
