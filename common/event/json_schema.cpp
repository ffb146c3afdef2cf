#include "common/event/json_schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "common/event/json_adapter.hpp"
#include "common/event/json_constraints.hpp"
#include "common/schema/schema.hpp"

namespace certes::event {
namespace {

using Results = valijson::ValidationResults;

void add_own_keywords(valijson::SchemaParser& parser) {
  parser.addConstraintBuilder(schema::kMinLength, new constraint::Builder<constraint::MinLength>);
  parser.addConstraintBuilder(schema::kMaxLength, new constraint::Builder<constraint::MaxLength>);
  parser.addConstraintBuilder(schema::kMultipleOf, new constraint::Builder<constraint::MultipleOf>);
  parser.addConstraintBuilder(schema::kPattern, new constraint::Builder<constraint::Matches>);
  parser.addConstraintBuilder(schema::kFormat, new constraint::Builder<constraint::HasFormat>);
  parser.addConstraintBuilder(schema::kUniqueItems, new constraint::Builder<constraint::UniqueItems>);
}

// "<root>", "[lines]", "[0]" → "/lines/0"
std::string pointer_of(const std::vector<std::string>& context) {
  std::string pointer;
  for (const std::string& part : context)
    if (part.size() >= 2 && part.front() == '[')
      pointer = pointer_to(pointer, std::string_view(part).substr(1, part.size() - 2));
  return pointer;
}

constexpr std::string_view kProperty = "Failed to validate against schema associated with property name '";

constexpr std::string_view kItem = "Failed to validate item #", kItemTooMany = "Cannot validate item #";
constexpr std::string_view kTooMany = "Array contains more items than allowed";  // kItemTooMany follows, and says which

// The name between the quotes that end such a text.
std::string_view quoted(std::string_view text) {
  const std::size_t first = text.find('\''), last = text.rfind('\'');
  return first < last ? text.substr(first + 1, last - first - 1) : std::string_view{};
}

// valijson says of each schema around a wrong value that it failed too: only the innermost is told.
class Told {
 public:
  explicit Told(std::size_t most) : most_(most) {}

  void add(const Results::Error& error) {
    std::string pointer = pointer_of(error.context);
    std::string_view text = error.description;
    if (text.starts_with(kProperty)) {
      pointer = pointer_to(pointer, quoted(text));
      if (!told_below(pointer)) push(pointer, "is not allowed here");
    } else if (text.starts_with(kItem) || text.starts_with(kItemTooMany)) {
      const std::size_t number = text.find('#') + 1;
      pointer.append(1, '/').append(text.substr(number, text.find(' ', number) - number));
      if (!told_below(pointer)) push(std::move(pointer), "this item is not allowed here");
    } else if (text.starts_with(kTooMany) || (text.starts_with("Failed to validate") && told_below(pointer))) {
      return;
    } else if (text.starts_with("Object contains a property that could not be validated")) {
      const std::string name(quoted(text.substr(text.rfind(": '"))));
      push(pointer_to(pointer, name), "this property is not known here");
    } else {
      push(std::move(pointer), std::string(text));
    }
  }
  bool full() const { return violations_.size() >= most_; }
  std::vector<Violation> take() { return std::move(violations_); }

 private:
  bool told_below(const std::string& pointer) const {
    return std::ranges::any_of(violations_, [&](const Violation& one) { return one.pointer.starts_with(pointer); });
  }
  void push(std::string pointer, std::string detail) {
    const bool again = std::ranges::any_of(
        violations_, [&](const Violation& one) { return one.pointer == pointer && one.detail == detail; });
    if (!again && !full()) violations_.push_back({std::move(pointer), std::move(detail)});
  }
  const std::size_t most_;
  std::vector<Violation> violations_;
};

// The pointer of a member that stands twice in its object.
std::optional<std::string> twice(simdjson::dom::element element, const std::string& place) {
  simdjson::dom::array array;
  simdjson::dom::object object;
  if (!element.get(array)) {
    std::size_t index = 0;
    for (const auto item : array) {
      if (item.is_array() || item.is_object())
        if (auto found = twice(item, place + "/" + std::to_string(index))) return found;
      ++index;
    }
  }
  if (element.get(object)) return std::nullopt;
  constexpr std::size_t kFew = 16;
  std::array<std::string_view, kFew> few;
  std::set<std::string_view> many;
  std::size_t count = 0;
  for (const auto field : object) {
    auto* const end = few.data() + std::min(count, kFew);
    const bool known = std::find(few.data(), end, field.key) != end || (count >= kFew && many.contains(field.key));
    if (known) return pointer_to(place, field.key);
    if (count < kFew)
      few[count] = field.key;
    else
      many.insert(field.key);
    ++count;
    if (field.value.is_array() || field.value.is_object())
      if (auto found = twice(field.value, pointer_to(place, field.key))) return found;
  }
  return std::nullopt;
}

}  // namespace

struct JsonSchema::Prepared {
  valijson::Schema schema;
};

JsonSchema::JsonSchema(std::unique_ptr<const Prepared> prepared) : prepared_(std::move(prepared)) {}
JsonSchema::~JsonSchema() = default;

Result<std::shared_ptr<const JsonSchema>> JsonSchema::make(std::string_view schema) {
  const auto normal = schema::normal_form(schema);
  if (!normal) return fail(normal.error());
  try {
    auto prepared = std::make_unique<Prepared>();
    const auto tree = nlohmann::json::parse(*normal);
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    add_own_keywords(parser);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(tree), prepared->schema);
    return std::shared_ptr<const JsonSchema>(new JsonSchema(std::move(prepared)));
  } catch (const std::exception& error) {
    return fail(Code::invalid, std::string("cannot be used: ") + error.what());
  }
}

std::vector<Violation> JsonSchema::validate(JsonValue data, std::size_t most) const {
  const auto element = JsonValueAccess::element(data);
  if (auto place = twice(element, "")) return {{std::move(*place), "this member stands there twice"}};
  int left = kMostSteps;
  Told told(most);
  try {
    valijson::Validator validator;
    if (validator.validate(prepared_->schema, adapter::Value(element, &left), nullptr)) return {};
    Results results;
    left = kMostSteps;
    validator.validate(prepared_->schema, adapter::Value(element, &left), &results);
    for (const auto& error : results)
      if (!told.full()) told.add(error);
  } catch (const adapter::Exhausted&) {
    return {{"", "takes more than " + std::to_string(kMostSteps) + " steps to validate"}};
  } catch (const std::exception& error) {
    return {{"", std::string("cannot be validated: ") + error.what()}};
  }
  auto violations = told.take();
  if (violations.empty()) violations.push_back({"", "breaks the schema of its type"});
  return violations;
}

}  // namespace certes::event
