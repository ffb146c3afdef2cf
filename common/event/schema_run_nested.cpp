// What a schema says of arrays and objects.
#include <algorithm>
#include <bit>

#include "common/event/schema_run.hpp"

namespace certes::event {

using Program = SchemaProgram;

bool SchemaRun::array(const Program::Arrays& wanted, const Look& look) {
  const simdjson::dom::array array(look.data.element);
  bool holds = within(wanted.count, static_cast<double>(array.size()), " items", look);
  if (!holds && !look.tell) return false;
  if (wanted.unique && !stopped()) {
    const bool twice = holds_one_twice(array, budget_);
    if (!spend(0)) return false;
    if (twice) holds = wrong(look, "holds an item twice");
  }
  if (!stopped() && (wanted.rest || !wanted.first.empty())) holds = items(wanted, array, look) && holds;
  if (wanted.contains && !stopped() && (holds || look.tell)) holds = contains(*wanted.contains, array, look) && holds;
  return holds;
}

bool SchemaRun::items(const Program::Arrays& wanted, simdjson::dom::array array, const Look& look) {
  bool holds = true;
  std::size_t index = 0;
  for (const auto item : array) {
    if (index >= wanted.first.size() && !wanted.rest) break;
    const Place place{&look.place, {}, index, true};
    const Data data{item};
    holds = visit(index < wanted.first.size() ? wanted.first[index] : *wanted.rest, {data, place, look.tell}) && holds;
    if (stopped() || (!holds && !look.tell)) return false;
    ++index;
  }
  return holds;
}

bool SchemaRun::contains(Id wanted, simdjson::dom::array array, const Look& look) {
  std::size_t index = 0;
  for (const auto item : array) {
    const Place place{&look.place, {}, index++, true};
    const Data data{item};
    if (visit(wanted, {data, place, false})) return true;
    if (!spend()) return false;
  }
  return wrong(look, "has no item of the kind that \"contains\" wants");
}

bool SchemaRun::object(const Program::Objects& wanted, const Look& look) {
  const simdjson::dom::object object(look.data.element);
  bool holds = within(wanted.count, static_cast<double>(object.size()), " members", look);
  std::size_t found = 0;
  for (const auto field : object) {
    if (!spend(1 + field.key.size() / 16 + static_cast<std::size_t>(std::bit_width(wanted.members.size())) / 4))
      return false;
    const auto known = std::ranges::lower_bound(wanted.members, field.key, {},
                                                [](const Program::Member& one) { return std::string_view(one.name); });
    const bool is_known = known != wanted.members.end() && known->name == field.key;
    if (is_known && known->required) ++found;
    holds = member(wanted, is_known ? &*known : nullptr, field.key, field.value, look) && holds;
    if (stopped() || (!holds && !look.tell)) return false;
  }
  if (found < wanted.required) holds = required(wanted, object, look);
  return holds;
}

bool SchemaRun::member(const Program::Objects& wanted, const Program::Member* known, std::string_view name,
                       JsonElement value, const Look& look) {
  bool holds = true;
  const Place place{&look.place, name, 0, false};
  const Data data{value};
  if (known != nullptr && known->schema)
    holds = visit(*known->schema, {data, place, look.tell});
  else if (wanted.others == Program::kNothing)
    holds = wrong({data, place, look.tell}, "this property is not known here");
  else if (wanted.others)
    holds = visit(*wanted.others, {data, place, look.tell});
  if (wanted.names && !stopped()) {
    const Data as_data{{}, name, true};
    if (!visit(*wanted.names, {as_data, look.place, false}) && !stopped())
      holds = wrong(look, "has a member whose name is not as \"propertyNames\" wants it: " + std::string(name));
  }
  if (known != nullptr && !stopped() && (holds || look.tell))
    holds = depends(*known, simdjson::dom::object(look.data.element), look) && holds;
  return holds;
}

bool SchemaRun::depends(const Program::Member& on, simdjson::dom::object object, const Look& look) {
  bool holds = true;
  for (const std::string& needed : on.needs) {
    if (!spend(1 + object.size() / 4)) return false;
    if (object.at_key(needed).error() != simdjson::SUCCESS)
      holds = wrong(look, "the member \"" + needed + "\" is missing beside \"" + on.name + "\"");
  }
  for (const Id id : on.asks)
    if (!stopped() && (holds || look.tell)) holds = visit(id, look) && holds;
  return holds;
}

// Some are missing: which, where that is told.
bool SchemaRun::required(const Program::Objects& wanted, simdjson::dom::object object, const Look& look) {
  if (!look.tell) return false;
  for (const Program::Member& one : wanted.members) {
    if (!one.required) continue;
    if (!spend(1 + object.size() / 4)) return false;
    if (object.at_key(one.name).error() != simdjson::SUCCESS) wrong(look, "the member \"" + one.name + "\" is missing");
  }
  return false;
}

}  // namespace certes::event
