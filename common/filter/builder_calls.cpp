// Functions of expressions, by their names.
#include <algorithm>
#include <array>

#include "common/filter/builder.hpp"
#include "common/filter/limits.hpp"
#include "common/filter/types.hpp"

namespace certes::filter {
namespace {

struct TextFunction {
  std::string_view name;
  Op op;
};
constexpr std::array<TextFunction, 4> kTextFunctions = {{{"startsWith", Op::starts_with},
                                                         {"endsWith", Op::ends_with},
                                                         {"contains", Op::contains},
                                                         {"matches", Op::matches}}};

}  // namespace

void Builder::check_text(Id operand, std::string_view what, Place at) {
  if (type(operand) != Type::text && type(operand) != Type::any)
    refuse(at, '"' + std::string(what) + "\" takes strings, not " + std::string(to_string(type(operand))));
}

Builder::Id Builder::call(std::string_view function, std::optional<Id> receiver, std::vector<Id> arguments, Place at) {
  const std::string name = '"' + std::string(function) + '"';
  if (receiver) arguments.insert(arguments.begin(), *receiver);
  const auto wants = [&](std::size_t count, const char* how) {
    if (arguments.size() == count) return true;
    refuse(at, name + " is written " + how);
    return false;
  };
  if (function == "size") {
    if (!wants(1, "size(x) or x.size()")) return nothing(at);
    const Type of = type(arguments[0]);
    if (of != Type::any && of != Type::text && of != Type::list && of != Type::map)
      refuse(at, name + " takes a string, a list or a map, not " + std::string(to_string(of)));
    return add(Op::size, Type::integer, at, std::move(arguments));
  }
  const auto found = std::find_if(kTextFunctions.begin(), kTextFunctions.end(),
                                  [&](const TextFunction& one) { return one.name == function; });
  // CEL knows matches(text, pattern), too.
  if (found == kTextFunctions.end() || (!receiver && found->op != Op::matches)) {
    refuse(at, found == kTextFunctions.end()
                   ? "the function " + name +
                         " is not among those that filters have: size, startsWith, endsWith, "
                         "contains, matches, has, all, exists, exists_one"
                   : name + " is written behind a dot: text." + std::string(function) + "(part)");
    return nothing(at);
  }
  if (!wants(2, "with one argument behind a dot")) return nothing(at);
  for (const Id argument : arguments) check_text(argument, function, at);
  if (found->op == Op::matches) return matches(arguments[0], arguments[1], at);
  return add(found->op, Type::boolean, at, std::move(arguments));
}

Builder::Id Builder::matches(Id text, Id pattern, Place at) {
  const std::string* const written = text_of(pattern);
  const Place place = node(pattern).place;
  if (written == nullptr) {
    refuse(place, "the regular expression of \"matches\" is a text in quotes");
    return nothing(at);
  }
  if (written->size() > kMaxPatternBytes)
    refuse(place, "a regular expression is longer than " + std::to_string(kMaxPatternBytes) + " bytes");
  if (program_.patterns.size() == kMaxPatterns)
    refuse(place, "more than " + std::to_string(kMaxPatterns) + " regular expressions");
  if (refusal_) return nothing(at);
  auto prepared = schema::Pattern::make(*written);
  if (!prepared) {
    refuse(place, "the text " + prepared.error().message);
    return nothing(at);
  }
  if (prepared->instructions() > kMaxInstructions)
    refuse(place, "a regular expression of more than " + std::to_string(kMaxInstructions) + " instructions");
  program_.patterns.push_back(std::move(*prepared));
  return add(Op::matches, Type::boolean, at, {text}, static_cast<std::uint32_t>(program_.patterns.size() - 1));
}

}  // namespace certes::filter
