#include "common/filter/operators.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "common/filter/limits.hpp"
#include "common/json/json.hpp"

namespace certes::filter {
namespace {

using OperatorJson = nlohmann::ordered_json;

enum class Operator : std::uint8_t {
  eq,
  neq,
  in,
  nin,
  gt,
  gte,
  lt,
  lte,
  exist,
  starts_with,
  ends_with,
  contains,
  either,
  both,
  negated
};
constexpr std::array<std::string_view, 15> kOperators = {"$eq",       "$neq",      "$in",  "$nin",   "$gt",
                                                         "$gte",      "$lt",       "$lte", "$exist", "$startsWith",
                                                         "$endsWith", "$contains", "$or",  "$and",   "$not"};
constexpr std::array<std::string_view, 4> kRootNames = {"data", "event", "headers", "query"};

bool joins(Operator op) { return op >= Operator::either; }

std::string pointer_token(std::string_view name) {
  std::string token = "/";
  for (const char c : name) c == '~' ? token += "~0" : c == '/' ? token += "~1" : token += c;
  return token;
}

bool is_scalar(const OperatorJson& json) { return !json.is_structured(); }

// A condition becomes nodes that give true or false of a value. Some look at it more than once: a Subject makes the
// node that reads it, as often as it is asked.
class Conditions {
 public:
  using Id = Builder::Id;
  using Place = Builder::Place;
  using Subject = std::function<Id(Place)>;

  Conditions(Builder& builder, std::vector<std::string>& pointers) : builder_(builder), pointers_(pointers) {}

  // What stands at the root, or in its $or, $and and $not.
  Id whole(const OperatorJson& json, const std::string& pointer) {
    const Place at = place(pointer);
    if (!json.is_object()) return refuse(at, "a filter is a text with a CEL expression, or an object of operators");
    return all_members(
        json, pointer, at, [&](const std::string& name, const OperatorJson& value, const std::string& to) {
          if (const auto op = operator_of(name, to); op && joins(*op))
            return joined(*op, value, to,
                          [&](const OperatorJson& one, const std::string& of) { return whole(one, of); });
          return of_root(name, value, to);
        });
  }

 private:
  Place place(const std::string& pointer) {
    pointers_.push_back(pointer);
    return static_cast<Place>(pointers_.size() - 1);
  }
  Id refuse(Place at, std::string why) {
    builder_.refuse(at, std::move(why));
    return builder_.literal(false, at);
  }

  // Nothing: it is a member's name. A name with a dollar sign that is none is refused.
  std::optional<Operator> operator_of(const std::string& name, const std::string& pointer) {
    const auto found = std::find(kOperators.begin(), kOperators.end(), name);
    if (found != kOperators.end()) return static_cast<Operator>(found - kOperators.begin());
    if (name.starts_with('$')) {
      std::string known;
      for (const auto one : kOperators) known.append(known.empty() ? "" : ", ").append(one);
      refuse(place(pointer), "there is no operator \"" + name + "\", only " + known);
    }
    return std::nullopt;
  }

  template <class OfMember>
  Id all_members(const OperatorJson& json, const std::string& pointer, Place at, OfMember of_member) {
    std::optional<Id> all;
    for (const auto& [name, value] : json.items()) {
      const Id next = of_member(name, value, pointer + pointer_token(name));
      all = all ? builder_.binary(Op::all_of, *all, next, at) : next;
    }
    return all ? *all : refuse(at, "an empty object says nothing: leave it out");
  }

  // $or, $and, $not.
  template <class OfOne>
  Id joined(Operator op, const OperatorJson& value, const std::string& pointer, OfOne of_one) {
    const Place at = place(pointer);
    if (op == Operator::negated) return builder_.unary(Op::negation, of_one(value, pointer), at);
    if (!value.is_array() || value.empty()) return refuse(at, "takes an array of conditions");
    return each(op == Operator::either ? Op::any_of : Op::all_of, value, pointer, at, of_one);
  }
  template <class OfOne>
  Id each(Op op, const OperatorJson& array, const std::string& pointer, Place at, OfOne of_one) {
    std::optional<Id> all;
    for (std::size_t i = 0; i < array.size(); ++i) {
      const Id next = of_one(array[i], pointer + "/" + std::to_string(i));
      all = all ? builder_.binary(op, *all, next, at) : next;
    }
    return *all;
  }

  Id of_root(const std::string& name, const OperatorJson& value, const std::string& pointer) {
    const Place at = place(pointer);
    const auto found = std::find(kRootNames.begin(), kRootNames.end(), name);
    if (found == kRootNames.end())
      return refuse(at, "there is no \"" + name +
                            "\", only data, event, headers and query; did you mean {\"data\":{\"" + name + "\":…}}?");
    const auto root = static_cast<Root>(found - kRootNames.begin());
    const Subject subject = [this, root](Place where) { return builder_.root(root, where); };
    if (root == Root::data) return condition(value, subject, pointer);
    if (!value.is_object()) return refuse(at, "\"" + name + "\" takes an object with the names of what is looked at");
    return all_members(value, pointer, at,
                       [&](const std::string& of, const OperatorJson& wanted, const std::string& to) {
                         return of_member(of, wanted, subject, to);
                       });
  }

  Id of_member(const std::string& name, const OperatorJson& wanted, const Subject& object, const std::string& pointer) {
    const Subject member = [this, &name, &object](Place at) { return builder_.member(object(at), name, at); };
    return condition(wanted, member, pointer);
  }

  Id condition(const OperatorJson& wanted, const Subject& subject, const std::string& pointer) {
    if (is_scalar(wanted)) return is_or_holds(wanted, subject, place(pointer));
    if (wanted.is_object()) return of_object(wanted, subject, pointer);
    const Place at = place(pointer);
    if (wanted.empty()) return refuse(at, "an empty array says nothing: leave it out");
    return each(Op::all_of, wanted, pointer, at, [&](const OperatorJson& one, const std::string& to) {
      return of_items(subject, at, [&](const Subject& item) { return condition(one, item, to); });
    });
  }

  // What `of_item` says of an item of a list, or of what is no list itself.
  template <class OfItem>
  Id of_items(const Subject& subject, Place at, OfItem of_item) {
    const Id range = subject(at);
    const std::uint32_t slot = builder_.open_unnamed();
    const Subject item = [this, slot](Place where) { return builder_.variable(slot, where); };
    const Id condition = of_item(item);
    return builder_.close(Op::item, range, condition, at);
  }

  // Equal, or a list that has it as an item.
  Id is_or_holds(const OperatorJson& wanted, const Subject& subject, Place at) {
    return of_items(subject, at,
                    [&](const Subject& item) { return builder_.binary(Op::equal, item(at), literal(wanted, at), at); });
  }

  Id of_object(const OperatorJson& wanted, const Subject& subject, const std::string& pointer) {
    const Place at = place(pointer);
    std::optional<Id> all;
    const auto add = [&](Id next) { all = all ? builder_.binary(Op::all_of, *all, next, at) : next; };
    OperatorJson members = OperatorJson::object();
    bool compares = false;
    for (const auto& [name, value] : wanted.items()) {
      const std::string to = pointer + pointer_token(name);
      const auto op = operator_of(name, to);
      if (!op) {
        members[name] = value;
      } else if (joins(*op)) {
        add(joined(*op, value, to,
                   [&](const OperatorJson& one, const std::string& of) { return condition(one, subject, of); }));
      } else {
        compares = true;
        add(compared(*op, value, subject, place(to)));
      }
    }
    if (compares && !members.empty()) return refuse(at, "an object has operators or names of members, not both");
    if (all && members.empty()) return *all;
    add(of_items(subject, at, [&](const Subject& item) {
      return all_members(members, pointer, at,
                         [&](const std::string& name, const OperatorJson& value, const std::string& to) {
                           return of_member(name, value, item, to);
                         });
    }));
    return *all;
  }

  Id compared(Operator op, const OperatorJson& value, const Subject& subject, Place at) {
    switch (op) {
      case Operator::eq: return equals(value, subject, at);
      case Operator::neq: return builder_.unary(Op::negation, equals(value, subject, at), at);
      case Operator::in: return is_in(value, subject, at);
      case Operator::nin: return builder_.unary(Op::negation, is_in(value, subject, at), at);
      case Operator::gt: return ordered(Op::greater, value, subject, at);
      case Operator::gte: return ordered(Op::greater_equal, value, subject, at);
      case Operator::lt: return ordered(Op::less, value, subject, at);
      case Operator::lte: return ordered(Op::less_equal, value, subject, at);
      case Operator::exist: return exists(value, subject, at);
      case Operator::starts_with: return has_text("startsWith", value, subject, at);
      case Operator::ends_with: return has_text("endsWith", value, subject, at);
      default: return contains(value, subject, at);
    }
  }

  Id equals(const OperatorJson& value, const Subject& subject, Place at) {
    if (!value.is_array()) return is_or_holds(value, subject, at);
    return builder_.binary(Op::equal, subject(at), literal(value, at), at);
  }

  Id is_in(const OperatorJson& value, const Subject& subject, Place at) {
    if (value.is_string()) return contains(value, subject, at);
    if (!value.is_array()) return refuse(at, "takes an array of values, or a string that is looked for in another");
    return of_items(subject, at,
                    [&](const Subject& item) { return builder_.binary(Op::in, item(at), literal(value, at), at); });
  }

  Id ordered(Op op, const OperatorJson& value, const Subject& subject, Place at) {
    if (!value.is_number() && !value.is_string()) return refuse(at, "takes a number or a string");
    return builder_.unary(Op::holds, builder_.binary(op, subject(at), literal(value, at), at), at);
  }

  Id exists(const OperatorJson& value, const Subject& subject, Place at) {
    if (!value.is_boolean()) return refuse(at, "takes true or false");
    const Id present = builder_.unary(Op::present, subject(at), at);
    return value.get<bool>() ? present : builder_.unary(Op::negation, present, at);
  }

  // startsWith, endsWith, contains.
  Id text_call(std::string_view function, const OperatorJson& part, const Subject& subject, Place at) {
    const Id text = subject(at);
    return builder_.unary(Op::holds, builder_.call(function, text, {literal(part, at)}, at), at);
  }

  Id has_text(std::string_view function, const OperatorJson& value, const Subject& subject, Place at) {
    if (value.is_string()) return text_call(function, value, subject, at);
    const bool strings = value.is_array() && !value.empty() &&
                         std::all_of(value.begin(), value.end(), [](const auto& one) { return one.is_string(); });
    if (!strings) return refuse(at, "takes a string, or an array of strings");
    return each(Op::any_of, value, "", at,
                [&](const OperatorJson& one, const std::string&) { return text_call(function, one, subject, at); });
  }

  Id contains(const OperatorJson& value, const Subject& subject, Place at) {
    if (!is_scalar(value)) return refuse(at, "takes a string, a number, true, false or null");
    const Id holds = is_or_holds(value, subject, at);
    if (!value.is_string()) return holds;
    return builder_.binary(Op::any_of, text_call("contains", value, subject, at), holds, at);
  }

  // The depth of `json` is bounded.
  Id literal(const OperatorJson& json, Place at) {
    std::vector<Id> kids;
    if (json.is_array()) {
      for (const auto& item : json) kids.push_back(literal(item, at));
      return builder_.list(std::move(kids), at);
    }
    if (json.is_object()) {
      for (const auto& [name, value] : json.items()) {
        kids.push_back(builder_.literal(name, at));
        kids.push_back(literal(value, at));
      }
      return builder_.map(std::move(kids), at);
    }
    if (json.is_boolean()) return builder_.literal(json.get<bool>(), at);
    if (json.is_string()) return builder_.literal(json.get<std::string>(), at);
    if (json.is_null()) return builder_.literal(std::monostate(), at);
    const bool fits =
        json.is_number_integer() && (!json.is_number_unsigned() || json.get<std::uint64_t>() <= INT64_MAX);
    return fits ? builder_.literal(json.get<std::int64_t>(), at) : builder_.literal(json.get<double>(), at);
  }

  Builder& builder_;
  std::vector<std::string>& pointers_;
};

}  // namespace

Result<Builder::Id> read_operators(std::string_view json, Builder& builder, std::vector<std::string>& pointers) {
  const auto tree = parse_json<OperatorJson>(json, {.depth = kMaxDepth, .unique_members = true});
  if (!tree) return fail(tree.error());
  return Conditions(builder, pointers).whole(*tree, "");
}

}  // namespace certes::filter
