#include <algorithm>
#include <map>

#include "common/event/json_document.hpp"
#include "common/event/json_parts.hpp"
#include "common/event/schema_program.hpp"

namespace certes::event {
namespace {

using Id = SchemaProgram::Id;
using Node = SchemaProgram::Node;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;

// What does not fit throws: check_schema has seen to it that all does.
struct Unusable {
  std::string what;
};

std::uint8_t type_bits(std::string_view type) {
  if (type == "null") return SchemaProgram::kNull;
  if (type == "boolean") return SchemaProgram::kBoolean;
  if (type == "object") return SchemaProgram::kObject;
  if (type == "array") return SchemaProgram::kArray;
  if (type == "string") return SchemaProgram::kString;
  return type == "integer" ? SchemaProgram::kInteger : SchemaProgram::kInteger | SchemaProgram::kOther;
}

template <class Part>
Part& part(std::unique_ptr<Part>& of) {
  if (!of) of = std::make_unique<Part>();
  return *of;
}

SchemaProgram::Member& member(SchemaProgram::Objects& objects, std::string_view name) {
  auto& all = objects.members;
  auto at = std::ranges::lower_bound(all, name, {}, [](const auto& one) { return std::string_view(one.name); });
  if (at == all.end() || at->name != name) at = all.insert(at, {std::string(name)});
  return *at;
}

// Subschemas are filled in turn from a list of work, so that nothing here recurses.
class Preparer {
 public:
  Preparer(SchemaProgram& program, JsonElement root) : program_(program), root_(root) {}

  void run() {
    program_.nodes.resize(SchemaProgram::kRoot);
    program_.nodes[SchemaProgram::kNothing].never = true;
    if (id_of(root_, "") != SchemaProgram::kRoot) throw Unusable{"is no object"};
    while (!work_.empty()) {
      const Work next = std::move(work_.back());
      work_.pop_back();
      Node node;
      for (const auto field : Object(next.schema)) keyword(node, next, field.key, field.value);
      program_.nodes[next.id] = std::move(node);
    }
  }

 private:
  struct Work {
    Id id;
    JsonElement schema;
    std::string pointer;
  };

  // Of a schema that says nothing but $ref: what it refers to.
  Id id_of(JsonElement schema, std::string pointer) {
    constexpr int kMostFollowed = 64;  // a circle is no schema, and ends somewhere
    for (int i = 0; i < kMostFollowed && schema.is_object() && Object(schema).size() == 1; ++i) {
      JsonElement ref;
      if (Object(schema).at_key("$ref").get(ref)) break;
      pointer = std::string(text_of(ref)).substr(1);
      schema = target(pointer);
    }
    if (schema.is_bool()) return bool(schema) ? SchemaProgram::kEverything : SchemaProgram::kNothing;
    if (!schema.is_object()) throw Unusable{"holds something that is no schema at " + pointer};
    const auto [known, fresh] = ids_.emplace(pointer, static_cast<Id>(program_.nodes.size()));
    if (fresh) {
      program_.nodes.emplace_back();
      work_.push_back({known->second, schema, std::move(pointer)});
    }
    return known->second;
  }

  JsonElement target(const std::string& pointer) const {
    JsonElement found;
    if (pointer.empty()) return root_;
    if (root_.at_pointer(pointer).get(found)) throw Unusable{"refers to nothing: #" + pointer};
    return found;
  }

  static std::string_view text_of(JsonElement value) {
    if (!value.is_string()) throw Unusable{"holds something else where a text must be"};
    return std::string_view(value);
  }

  std::vector<Id> list(const Work& in, std::string_view name, JsonElement value) {
    std::vector<Id> ids;
    const std::string base = pointer_to(in.pointer, name);
    for (const auto one : Array(value)) ids.push_back(id_of(one, base + "/" + std::to_string(ids.size())));
    return ids;
  }

  void keyword(Node& node, const Work& in, std::string_view name, JsonElement value) {
    const auto one = [&] { return id_of(value, pointer_to(in.pointer, name)); };
    if (name == "type") {
      node.types = types_of(value);
    } else if (name == "const" || name == "enum") {
      node.literals.push_back(literals_of(value, name == "const"));
    } else if (name == "$ref") {
      const std::string pointer(text_of(value).substr(1));
      node.all.push_back(id_of(target(pointer), pointer));
    } else if (name == "allOf") {
      for (const Id id : list(in, name, value)) node.all.push_back(id);
    } else if (name == "anyOf") {
      node.any = list(in, name, value);
    } else if (name == "oneOf") {
      node.one = list(in, name, value);
    } else if (name == "not") {
      node.negated = one();
    } else if (name == "if") {
      node.condition = one();
    } else if (name == "then") {
      node.then = one();
    } else if (name == "else") {
      node.otherwise = one();
    } else if (!of_scalars(node, name, value) && !of_arrays(node, in, name, value)) {
      of_objects(node, in, name, value);
    }
  }

  static std::uint8_t types_of(JsonElement value) {
    if (value.is_string()) return type_bits(std::string_view(value));
    std::uint8_t bits = 0;
    for (const auto one : Array(value)) bits = static_cast<std::uint8_t>(bits | type_bits(text_of(one)));
    return bits;
  }

  static SchemaProgram::Literals literals_of(JsonElement value, bool single) {
    schema::Budget budget(INT32_MAX);
    SchemaProgram::Literals literals{{}, single};
    if (single)
      literals.sorted.emplace_back(hash_of(value, budget), value);
    else
      for (const auto one : Array(value)) literals.sorted.emplace_back(hash_of(one, budget), one);
    std::ranges::sort(literals.sorted, {}, [](const auto& literal) { return literal.first; });
    return literals;
  }

  static bool of_scalars(Node& node, std::string_view name, JsonElement value) {
    if (name == "minimum") {
      part(node.numbers).minimum = as_double(value);
    } else if (name == "maximum") {
      part(node.numbers).maximum = as_double(value);
    } else if (name == "exclusiveMinimum") {
      part(node.numbers).above = as_double(value);
    } else if (name == "exclusiveMaximum") {
      part(node.numbers).below = as_double(value);
    } else if (name == "multipleOf") {
      part(node.numbers).divisor = as_double(value);
      part(node.numbers).whole_divisor = as_whole(value).value_or(0);
    } else if (name == "minLength") {
      part(node.strings).length.least = as_double(value);
    } else if (name == "maxLength") {
      part(node.strings).length.most = as_double(value);
    } else if (name == "format") {
      part(node.strings).format = text_of(value);
    } else if (name == "pattern") {
      auto& strings = part(node.strings);
      strings.pattern_text = text_of(value);
      auto pattern = schema::Pattern::make(strings.pattern_text);
      if (!pattern) throw Unusable{"holds a pattern that " + pattern.error().message};
      strings.pattern = std::move(*pattern);
    } else {
      return false;
    }
    return true;
  }

  bool of_arrays(Node& node, const Work& in, std::string_view name, JsonElement value) {
    const auto one = [&] { return id_of(value, pointer_to(in.pointer, name)); };
    if (name == "prefixItems" || (name == "items" && value.is_array())) {
      part(node.arrays).first = list(in, name, value);
    } else if (name == "items" || name == "additionalItems") {
      part(node.arrays).rest = one();
    } else if (name == "contains") {
      part(node.arrays).contains = one();
    } else if (name == "minItems") {
      part(node.arrays).count.least = as_double(value);
    } else if (name == "maxItems") {
      part(node.arrays).count.most = as_double(value);
    } else if (name == "uniqueItems") {
      part(node.arrays).unique = value.is_bool() && bool(value);
    } else {
      return false;
    }
    return true;
  }

  void of_objects(Node& node, const Work& in, std::string_view name, JsonElement value) {
    if (name == "properties") {
      auto& objects = part(node.objects);
      for (const auto field : Object(value))
        member(objects, field.key).schema = id_of(field.value, pointer_to(pointer_to(in.pointer, name), field.key));
    } else if (name == "required") {
      auto& objects = part(node.objects);
      objects.required = Array(value).size();
      for (const auto one : Array(value)) member(objects, text_of(one)).required = true;
    } else if (name == "additionalProperties") {
      part(node.objects).others = id_of(value, pointer_to(in.pointer, name));
    } else if (name == "propertyNames") {
      part(node.objects).names = id_of(value, pointer_to(in.pointer, name));
    } else if (name == "minProperties") {
      part(node.objects).count.least = as_double(value);
    } else if (name == "maxProperties") {
      part(node.objects).count.most = as_double(value);
    } else if (name == "dependentRequired" || name == "dependentSchemas" || name == "dependencies") {
      auto& objects = part(node.objects);
      for (const auto field : Object(value))
        dependency(member(objects, field.key), field.value, pointer_to(pointer_to(in.pointer, name), field.key));
    }
  }

  void dependency(SchemaProgram::Member& of, JsonElement value, std::string pointer) {
    if (!value.is_array()) return of.asks.push_back(id_of(value, std::move(pointer)));
    for (const auto one : Array(value)) of.needs.emplace_back(text_of(one));
  }

  SchemaProgram& program_;
  const JsonElement root_;
  std::map<std::string, Id, std::less<>> ids_;  // by the pointer to the schema
  std::vector<Work> work_;
};

}  // namespace

Result<std::unique_ptr<const SchemaProgram>> prepare_schema(std::string_view text) {
  auto program = std::make_unique<SchemaProgram>();
  JsonElement root;
  if (program->parser.allocate(text.size(), kMaxJsonDepth) || program->parser.parse(text.data(), text.size()).get(root))
    return fail(Code::invalid, "cannot be used: it is no JSON, too deep, or holds a number beyond 64 bits");
  try {
    Preparer(*program, root).run();
  } catch (const Unusable& unusable) {
    return fail(Code::invalid, "cannot be used: it " + unusable.what);
  } catch (const simdjson::simdjson_error& error) {
    return fail(Code::invalid, std::string("cannot be used: ") + error.what());
  }
  return std::unique_ptr<const SchemaProgram>(std::move(program));
}

}  // namespace certes::event
