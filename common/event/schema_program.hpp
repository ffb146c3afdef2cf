#pragma once
// A schema, prepared: its subschemas under numbers, each keyword ready for use, references followed. Inside
// common/event only. Immutable once made; the literals are values of the document that it keeps.

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/event/json_values.hpp"
#include "common/schema/patterns.hpp"

namespace certes::event {

struct SchemaProgram {
  using Id = std::uint32_t;
  enum Type : std::uint8_t {
    kNull = 1,
    kBoolean = 2,
    kObject = 4,
    kArray = 8,
    kString = 16,
    kInteger = 32,
    kOther = 64
  };
  static constexpr std::uint8_t kAnyType = 127;  // kOther: numbers with a fraction

  // By hash.
  struct Literals {
    std::vector<std::pair<std::uint64_t, JsonElement>> sorted;
    bool single = false;  // "const"
  };
  struct Between {
    double least = 0, most = std::numeric_limits<double>::infinity();
  };
  struct Numbers {
    std::optional<double> minimum, maximum, above, below, divisor;
    std::int64_t whole_divisor = 0;  // where it is whole
  };
  struct Strings {
    Between length;
    std::optional<schema::Pattern> pattern;
    std::string pattern_text, format;
  };
  struct Arrays {
    std::vector<Id> first;
    std::optional<Id> rest, contains;
    Between count;
    bool unique = false;
  };
  struct Member {
    std::string name;
    std::optional<Id> schema = {};  // "properties"
    bool required = false;
    std::vector<std::string> needs = {};  // where it is there, these are
    std::vector<Id> asks = {};            // and these hold for the object
  };
  struct Objects {
    std::vector<Member> members;  // by name
    std::size_t required = 0;
    std::optional<Id> others, names;
    Between count;
  };
  struct Node {
    bool never = false;
    std::uint8_t types = kAnyType;
    std::vector<Literals> literals;
    std::vector<Id> all, any, one;
    std::optional<Id> negated, condition, then, otherwise;
    std::unique_ptr<Numbers> numbers;
    std::unique_ptr<Strings> strings;
    std::unique_ptr<Arrays> arrays;
    std::unique_ptr<Objects> objects;
  };
  static constexpr Id kNothing = 0, kEverything = 1, kRoot = 2;

  simdjson::dom::parser parser;  // holds the literals
  std::vector<Node> nodes;
};

// `text`: a schema that schema::check_schema takes. Error: invalid, what stands in it that cannot be used.
Result<std::unique_ptr<const SchemaProgram>> prepare_schema(std::string_view text);

}  // namespace certes::event
