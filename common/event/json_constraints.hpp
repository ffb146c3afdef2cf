#pragma once
// The keywords that Certes decides itself, as constraints of valijson: lengths (valijson stops at U+0000), multiples
// (it cuts fractions off), patterns (it matches with std::regex, whose stack a long text overflows), formats, and
// unique items (it compares each with each). Inside json_schema.cpp only.

#include <algorithm>
#include <cmath>
#include <new>
#include <set>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/validation_results.hpp>

#include "common/schema/formats.hpp"
#include "common/schema/patterns.hpp"

namespace certes::event::constraint {

using valijson::adapters::Adapter;

// `Check` has `bool operator()(const Adapter&) const` and `std::string text() const`.
template <class Check>
class Own : public valijson::constraints::PolyConstraint {
 public:
  explicit Own(Check check) : check_(std::move(check)) {}
  bool validate(const Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    if (check_(target)) return true;
    if (results != nullptr) results->pushError(context, check_.text());
    return false;
  }

 private:
  valijson::constraints::Constraint* cloneInto(void* memory) const override { return new (memory) Own(check_); }
  std::size_t sizeOf() const override { return sizeof(Own); }
  Check check_;
};

template <class Check>
class Builder : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const Adapter& value) const override { return new Own<Check>(Check(value)); }
};

struct Length {
  Length(const Adapter& value, bool least) : bound(value.asDouble()), min(least) {}
  bool operator()(const Adapter& target) const {
    std::string text;
    if (!target.isString() || !target.asString(text)) return true;
    // A character has one to four bytes: mostly that decides.
    const auto most = static_cast<double>(text.size()), least = std::ceil(most / 4);
    if (min ? least >= bound : most <= bound) return true;
    if (min ? most < bound : least > bound) return false;
    const auto length = static_cast<double>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
    return min ? length >= bound : length <= bound;
  }
  std::string text() const {
    return "must have at " + std::string(min ? "least " : "most ") + std::to_string(static_cast<std::int64_t>(bound)) +
           " characters";
  }
  double bound;
  bool min;
};
struct MinLength : Length {
  explicit MinLength(const Adapter& value) : Length(value, true) {}
};
struct MaxLength : Length {
  explicit MaxLength(const Adapter& value) : Length(value, false) {}
};

struct MultipleOf {
  explicit MultipleOf(const Adapter& value) : divisor(value.asDouble()), whole(value.isInteger()) {}
  bool operator()(const Adapter& target) const {
    if (!target.isNumber()) return true;
    std::int64_t number = 0;
    if (whole && target.isInteger() && target.getInteger(number))
      return number % static_cast<std::int64_t>(divisor) == 0;
    return schema::is_multiple(target.asDouble(), divisor);
  }
  std::string text() const { return "must be a multiple of " + std::to_string(divisor); }
  double divisor;
  bool whole;
};

struct Matches {
  explicit Matches(const Adapter& value) : source(value.asString()), pattern(*schema::Pattern::make(source)) {}
  bool operator()(const Adapter& target) const {
    std::string text;
    return !target.isString() || !target.asString(text) || pattern.found_in(text);
  }
  std::string text() const { return "does not match the pattern " + source; }
  std::string source;
  schema::Pattern pattern;
};

struct HasFormat {
  explicit HasFormat(const Adapter& value) : format(value.asString()) {}
  bool operator()(const Adapter& target) const {
    std::string text;
    return !target.isString() || !target.asString(text) || schema::has_format(format, text);
  }
  std::string text() const { return "is no " + format; }
  std::string format;
};

// A text that is the same for equal values and for no others.
inline std::string canonical(const Adapter& value) {
  std::int64_t whole = 0;
  if (value.isString()) return '"' + std::to_string(value.asString().size()) + ':' + value.asString();
  if (value.isNumber()) {
    if (value.isInteger() && value.getInteger(whole)) return "i" + std::to_string(whole);
    char digits[40];
    return std::string(digits,
                       static_cast<std::size_t>(std::snprintf(digits, sizeof digits, "d%.17g", value.getNumber())));
  }
  if (value.isBool()) return value.getBool() ? "t" : "f";
  if (value.isNull()) return "n";
  std::string text(value.isArray() ? "[" : "{");
  if (value.isArray()) {
    value.applyToArray([&](const Adapter& item) {
      text += canonical(item) + ",";
      return true;
    });
  } else {
    std::set<std::string> members;
    value.applyToObject([&](const std::string& name, const Adapter& member) {
      members.insert(std::to_string(name.size()) + ':' + name + canonical(member));
      return true;
    });
    for (const std::string& member : members) text += member + ",";
  }
  return text + (value.isArray() ? "]" : "}");
}

struct UniqueItems {
  explicit UniqueItems(const Adapter& value) : wanted(value.asBool()) {}
  bool operator()(const Adapter& target) const {
    if (!wanted || !target.isArray()) return true;
    std::set<std::string> seen;
    return target.applyToArray([&](const Adapter& item) { return seen.insert(canonical(item)).second; });
  }
  static std::string text() { return "holds an item twice"; }
  bool wanted;
};

}  // namespace certes::event::constraint
