#pragma once
// What a conjunction of schemas says plainly: types, literals, bounds, what stands under a property. All of it holds
// for every value that the conjunction accepts, so that it may be relied on. Internal to common/schema. Pure.

#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/schema/document.hpp"
#include "common/schema/undecided.hpp"

namespace certes::schema {

// A schema in its document. `pointer`: where it stands.
struct Node {
  const Json* root;
  const Json* json;
  std::string pointer;
  Budget* budget = nullptr;  // what looking at it counts against; null: nothing
  bool flat = false;         // what its $ref and allOf say stands beside it

  Node at(const char* name) const { return {root, &(*json)[name], step(pointer, name), budget}; }
  Node at(const char* name, const std::string& inner) const {
    return {root, &(*json)[name][inner], step(step(pointer, name), inner), budget};
  }
  Node at(const char* name, std::size_t index) const {
    return {root, &(*json)[name][index], step(step(pointer, name), index), budget};
  }
};
// All of them hold.
using Conjunction = std::vector<Node>;

// The members of $ref and allOf beside the schemas they stand in; `true` is left out.
Conjunction flatten(const Conjunction& nodes);
bool refuses_all(const Conjunction& flat);  // `false` is among them
void pay(const Conjunction& flat);          // a step for each
// So many steps does comparing the value with another take.
std::size_t weight(const Json& value);

// A whole number has both kInteger and kNumber's place in a schema; as types of values they are apart.
enum TypeBit : unsigned {
  kNull = 1,
  kBoolean = 2,
  kObject = 4,
  kArray = 8,
  kString = 16,
  kInteger = 32,
  kFraction = 64
};
inline constexpr unsigned kAllTypes = 127;
inline constexpr TypeBit kTypeBits[] = {kNull, kBoolean, kObject, kArray, kString, kInteger, kFraction};
const Json& type_schema(TypeBit type);  // {"type": …} that accepts at least these
unsigned type_of(const Json& value);
unsigned declared_types(const Json& type);  // of a "type"

struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;
  bool empty() const { return low > high || (low == high && (low_open || high_open)); }
};
// Of whole numbers the bounds are whole and closed.
Range range_of(const Conjunction& flat, bool whole);

double least(const Conjunction& flat, const char* name);  // the largest of minLength …, else 0
double most(const Conjunction& flat, const char* name);   // the smallest of maxLength …, else infinity

// The types of values that it may accept; without those that its own bounds leave nothing of.
unsigned types_of(const Conjunction& flat);
// The only values that it may accept, where it lists them.
std::optional<std::vector<Json>> literals_of(const Conjunction& flat);

std::set<std::string> required_of(const Conjunction& flat);
std::set<std::string> named_properties(const Conjunction& flat);
// What a property, or an item, is held to where it is there.
Conjunction property_of(const Conjunction& flat, const std::string& name);
Conjunction other_property_of(const Conjunction& flat);  // one that is nowhere named
std::size_t prefix_of(const Conjunction& flat);          // so many items have schemas of their own
Conjunction item_of(const Conjunction& flat, std::size_t index);

// The schemas at the front of an array, and the one behind them; null where there is none.
struct Items {
  const char* prefix = nullptr;  // "items" or "prefixItems"
  const char* rest = nullptr;    // "items" or "additionalItems"
  std::size_t count = 0;
};
Items items_of(const Json& schema);

}  // namespace certes::schema
