// Objects of operators against a naive reading of what docs/filters.md says of them, on random filters and payloads.
#include <nlohmann/json.hpp>
#include <random>

#include "tests/common/filter/fixture.hpp"

namespace certes::filter {
namespace {

using Json = nlohmann::json;
using Found = std::optional<Json>;  // nothing: missing

bool holds(const Json& condition, const Found& value);

bool some_item(const Found& value, const std::function<bool(const Found&)>& condition) {
  if (!value || !value->is_array()) return condition(value);
  return std::any_of(value->begin(), value->end(), [&](const Json& item) { return condition(item); });
}

bool equals(const Json& wanted, const Found& value) {
  if (wanted.is_array()) return value && *value == wanted;
  return some_item(value, [&](const Found& item) { return item && *item == wanted; });
}

bool is_text_with(const Found& value, const std::function<bool(const std::string&)>& condition) {
  return value && value->is_string() && condition(value->get_ref<const std::string&>());
}

bool contains(const Json& part, const Found& value) {
  return equals(part, value) || (part.is_string() && is_text_with(value, [&](const std::string& text) {
                                   return text.find(part.get_ref<const std::string&>()) != std::string::npos;
                                 }));
}

bool is_in(const Json& wanted, const Found& value) {
  if (wanted.is_string()) return contains(wanted, value);
  return some_item(
      value, [&](const Found& item) { return item && std::find(wanted.begin(), wanted.end(), *item) != wanted.end(); });
}

bool ordered(const std::string& op, const Json& than, const Found& value) {
  if (!value || !((value->is_number() && than.is_number()) || (value->is_string() && than.is_string()))) return false;
  if (op == "$gt") return *value > than;
  if (op == "$gte") return *value >= than;
  return op == "$lt" ? *value < than : *value <= than;
}

bool has_end(const std::string& op, const Json& part, const Found& value) {
  return is_text_with(value, [&](const std::string& text) {
    const auto& wanted = part.get_ref<const std::string&>();
    return op == "$startsWith" ? text.starts_with(wanted) : text.ends_with(wanted);
  });
}

bool compared(const std::string& op, const Json& wanted, const Found& value) {
  if (op == "$eq") return equals(wanted, value);
  if (op == "$neq") return !equals(wanted, value);
  if (op == "$in") return is_in(wanted, value);
  if (op == "$nin") return !is_in(wanted, value);
  if (op == "$exist") return value.has_value() == wanted.get<bool>();
  if (op == "$contains") return contains(wanted, value);
  if (op == "$not") return !holds(wanted, value);
  if (op == "$or") return std::any_of(wanted.begin(), wanted.end(), [&](const Json& one) { return holds(one, value); });
  if (op == "$and")
    return std::all_of(wanted.begin(), wanted.end(), [&](const Json& one) { return holds(one, value); });
  if (!op.ends_with("With")) return ordered(op, wanted, value);
  if (wanted.is_string()) return has_end(op, wanted, value);
  return std::any_of(wanted.begin(), wanted.end(), [&](const Json& one) { return has_end(op, one, value); });
}

bool has_members(const Json& condition, const Found& value) {
  const auto names = condition.items();
  if (std::all_of(names.begin(), names.end(), [](const auto& one) { return one.key().starts_with('$'); })) return true;
  return some_item(value, [&](const Found& item) {
    for (const auto& [name, wanted] : condition.items()) {
      if (name.starts_with('$')) continue;
      const bool there = item && item->is_object() && item->contains(name);
      if (!holds(wanted, there ? Found((*item)[name]) : std::nullopt)) return false;
    }
    return true;
  });
}

bool holds(const Json& condition, const Found& value) {
  if (condition.is_array())
    return std::all_of(condition.begin(), condition.end(), [&](const Json& one) {
      return some_item(value, [&](const Found& item) { return holds(one, item); });
    });
  if (!condition.is_object()) return equals(condition, value);
  for (const auto& [name, wanted] : condition.items())
    if (name.starts_with('$') && !compared(name, wanted, value)) return false;
  return has_members(condition, value);
}

// Few names and values, so that conditions are met.
class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}

  Json payload(int depth) {
    switch (below(depth > 0 ? 4 : 1)) {
      case 0: return scalar();
      case 1: return array([&] { return payload(depth - 1); }, 0);
      default: return object([&] { return payload(depth - 1); }, 0);
    }
  }
  Json condition(int depth) {
    switch (below(depth > 0 ? 6 : 1)) {
      case 0: return scalar();
      case 1: return array([&] { return condition(depth - 1); }, 1);
      case 2:
      case 3: return object([&] { return condition(depth - 1); }, 1);
      case 4: return joining(depth);
      default: return comparison();
    }
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  Json scalar() {
    static const std::vector<Json> kScalars = {nullptr, true, false, 0, 1, 2, 1.0, 1.5, "", "a", "ab", "b"};
    return kScalars[below(kScalars.size())];
  }
  Json text() { return std::vector<Json>{"", "a", "ab", "b"}[below(4)]; }
  template <class Make>
  Json array(Make make, std::size_t least) {
    Json array = Json::array();
    for (std::size_t left = least + below(3); left > 0; --left) array.push_back(make());
    return array;
  }
  template <class Make>
  Json object(Make make, std::size_t least) {
    Json object = Json::object();
    for (std::size_t left = least + below(3); left > 0; --left) object[std::vector{"x", "y", "z"}[below(3)]] = make();
    return object;
  }
  Json joining(int depth) {
    const auto inner = [&] { return condition(depth - 1); };
    Json joined = below(2) == 0 ? object(inner, 0) : Json::object();
    switch (below(3)) {
      case 0: joined["$or"] = array(inner, 1); break;
      case 1: joined["$and"] = array(inner, 1); break;
      default: joined["$not"] = inner(); break;
    }
    return joined;
  }
  Json comparison() {
    Json compared = Json::object();
    for (std::size_t left = 1 + below(2); left > 0; --left) {
      const std::string op = std::vector{"$eq", "$neq", "$in",         "$nin",      "$gt",       "$gte",
                                         "$lt", "$lte", "$startsWith", "$endsWith", "$contains", "$exist"}[below(12)];
      if (op == "$exist")
        compared[op] = below(2) == 0;
      else if (op == "$in" || op == "$nin")
        compared[op] = below(2) == 0 ? text() : array([&] { return scalar(); }, 0);
      else if (op.ends_with("With"))
        compared[op] = below(2) == 0 ? text() : array([&] { return text(); }, 1);
      else if (op == "$eq" || op == "$neq")
        compared[op] = payload(1);
      else
        compared[op] = op == "$contains" ? scalar() : std::vector<Json>{0, 1, 1.5, "a", "ab"}[below(5)];
    }
    return compared;
  }

  std::mt19937 random_;
};

TEST_CASE("Filter operators: as a naive reading of them says, on 20,000 random filters") {
  Random random(20'260'102);
  std::size_t met = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Json condition = random.condition(3), payload = random.payload(3);
    const std::string filter = Json{{"data", condition}}.dump();
    CAPTURE(filter);
    CAPTURE(payload.dump());
    const bool expected = holds(condition, payload);
    met += expected ? 1 : 0;
    REQUIRE(object_said(filter, payload.dump()) == (expected ? "true" : "false"));
  }
  CHECK(met > 1'000);
  CHECK(met < 19'000);
}

}  // namespace
}  // namespace certes::filter
