#include "common/registry/json.hpp"

#include <algorithm>
#include <cmath>

#include "common/json/json.hpp"

namespace certes::registry {
namespace {

constexpr std::size_t kMaxDepth = 32;

std::string format_number(double value) {
  std::string text = Json(value).dump();
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  return certes::parse_json<Json>(text, {.depth = kMaxDepth, .unique_members = true});
}

std::string pointer_step(std::string_view name) {
  std::string step = "/";
  for (const char c : name) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

std::vector<std::string> pointer_steps(std::string_view pointer) {
  std::vector<std::string> steps;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      steps.emplace_back();
    } else if (pointer[i] == '~' && i + 1 < pointer.size()) {
      steps.back() += pointer[++i] == '1' ? '/' : '~';
    } else if (!steps.empty()) {
      steps.back() += pointer[i];
    }
  }
  return steps;
}

namespace {

const Json* at_pointer(const Json* place, const std::vector<std::string>& steps) {
  for (const std::string& step : steps) {
    if (!place->is_object() || !place->contains(step)) return nullptr;
    place = &place->at(step);
  }
  return place;
}

}  // namespace

bool Unknown::stands(const std::string& pointer) const {
  return shown_ != nullptr && at_pointer(shown_, pointer_steps(pointer)) != nullptr;
}

bool Unknown::take(const std::string& pointer, const Json& value) {
  const std::vector<std::string> steps = pointer_steps(pointer);
  if (shown_ != nullptr) {
    const Json* const stored = at_pointer(shown_, steps);
    if (stored == nullptr || *stored != value) return false;
  }
  Json* place = &taken_;
  for (const std::string& step : steps) place = &(*place)[step];
  *place = value;
  return true;
}

namespace {

// A bound as it is written: 60 and not 60.0.
OrderedJson plain(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) == value ? OrderedJson(whole) : OrderedJson(value);
}

template <class Bound>
OrderedJson bounded(const char* type, Bound min, Bound max) {
  return {{"type", type}, {"minimum", min}, {"maximum", max}};
}

OrderedJson array_of(OrderedJson items, std::size_t max_count) {
  return {{"type", "array"}, {"items", std::move(items)}, {"maxItems", max_count}};
}

bool is_nothing(const OrderedJson& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  if (value.is_boolean()) return !value.get<bool>();
  return value == 0;
}

// What is nothing is no default.
OrderedJson with_default(OrderedJson schema, const OrderedJson& standard) {
  if (!is_nothing(standard)) schema["default"] = standard;
  return schema;
}

}  // namespace

Fields::Fields(const Json& object, std::string pointer, Unknown* unknown)
    : object_(&object), pointer_(std::move(pointer)), unknown_(unknown) {
  if (!object.is_object()) {
    refuse(Error(Code::invalid, "must be an object", pointer_));
    object_ = nullptr;
  }
}

Fields Fields::noting(OrderedJson& schema) {
  static const Json kNothing = Json::object();
  Fields fields(kNothing, "");
  fields.schema_ = &schema;
  schema["type"] = "object";
  schema["additionalProperties"] = false;
  schema.emplace("properties", OrderedJson::object());
  return fields;
}

void Fields::note(std::string_view name, const OrderedJson& more) const {
  OrderedJson& member = (*schema_)["properties"][std::string(name)];
  if (member.is_null()) member = OrderedJson::object();
  member.update(more);
}

Fields Fields::inside(const Json& object, std::string_view name) const {
  if (schema_ != nullptr) return noting((*schema_)["properties"][std::string(name)]);
  return {object, at(name), unknown_};
}

Fields Fields::entry(const Json& object, std::string_view name, std::size_t index) const {
  Fields fields(object, at(name) + "/" + std::to_string(index));
  fields.passes_over_ = true;
  return fields;
}

const Json* Fields::take(std::string_view name) {
  if (schema_ != nullptr) {
    note(name, OrderedJson::object());
    return object_;
  }
  if (error_ || object_ == nullptr) return nullptr;
  taken_.emplace(name);
  const auto it = object_->find(name);
  return it == object_->end() ? nullptr : &*it;
}

void Fields::text(std::string_view name, std::string& out, std::size_t max_bytes) {
  if (schema_ != nullptr) return note(name, with_default({{"type", "string"}, {"maxLength", max_bytes}}, out));
  const Json* value = take(name);
  if (value == nullptr) return;
  if (!value->is_string()) return refuse(name, "must be a string");
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() > max_bytes) return refuse(name, "is longer than " + std::to_string(max_bytes) + " bytes");
  out = text;
}

void Fields::number(std::string_view name, double& out, double min, double max) {
  if (schema_ != nullptr) return note(name, with_default(bounded("number", plain(min), plain(max)), plain(out)));
  const Json* value = take(name);
  if (value == nullptr) return;
  if (!value->is_number()) return refuse(name, "must be a number");
  const double number = value->get<double>();
  if (!(number >= min && number <= max)) {
    return refuse(name, "must be from " + format_number(min) + " to " + format_number(max));
  }
  out = number;
}

void Fields::boolean(std::string_view name, bool& out) {
  if (schema_ != nullptr) return note(name, with_default({{"type", "boolean"}}, out));
  const Json* value = take(name);
  if (value == nullptr) return;
  if (!value->is_boolean()) return refuse(name, "must be true or false");
  out = value->get<bool>();
}

void Fields::integer64(std::string_view name, std::int64_t& out, std::int64_t min, std::int64_t max) {
  if (schema_ != nullptr) return note(name, with_default(bounded("integer", min, max), out));
  const Json* value = take(name);
  if (value == nullptr) return;
  if (!value->is_number_integer()) return refuse(name, "must be a whole number");
  const bool huge = value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
  const std::int64_t number = huge ? 0 : value->get<std::int64_t>();
  if (huge || number < min || number > max) {
    return refuse(name, "must be from " + std::to_string(min) + " to " + std::to_string(max));
  }
  out = number;
}

std::optional<std::size_t> Fields::choose(std::string_view name, std::initializer_list<std::string_view> names,
                                          std::size_t standard) {
  if (schema_ != nullptr) {
    note(name, {{"type", "string"}, {"enum", std::vector<std::string>(names.begin(), names.end())}});
    note(name, {{"default", names.begin()[standard]}});
    return std::nullopt;
  }
  const Json* value = take(name);
  if (value == nullptr) return std::nullopt;
  std::string all;
  std::size_t index = 0;
  for (const std::string_view one : names) {
    if (value->is_string() && value->get_ref<const std::string&>() == one) return index;
    all += (index++ == 0 ? "" : ", ") + std::string(one);
  }
  refuse(name, "must be one of " + all);
  return std::nullopt;
}

void Fields::texts(std::string_view name, std::vector<std::string>& out, std::size_t max_count, std::size_t max_bytes) {
  if (schema_ != nullptr) return note(name, array_of({{"type", "string"}, {"maxLength", max_bytes}}, max_count));
  const Json* value = take(name);
  if (value == nullptr) return;
  if (!value->is_array()) return refuse(name, "must be an array of strings");
  if (value->size() > max_count) return refuse(name, "has more than " + std::to_string(max_count) + " entries");
  std::vector<std::string> texts;
  for (const Json& entry : *value) {
    const std::string place = at(name) + "/" + std::to_string(texts.size());
    if (!entry.is_string()) return refuse(Error(Code::invalid, "must be a string", place));
    texts.push_back(entry.get<std::string>());
    if (texts.back().size() > max_bytes) {
      return refuse(Error(Code::invalid, "is longer than " + std::to_string(max_bytes) + " bytes", place));
    }
  }
  out = std::move(texts);
}

void Fields::numbers(std::string_view name, std::vector<double>& out, std::size_t max_count, double min, double max) {
  if (schema_ != nullptr) return note(name, array_of(bounded("number", plain(min), plain(max)), max_count));
  const Json* value = take(name);
  if (value == nullptr) return;
  if (!value->is_array()) return refuse(name, "must be an array of numbers");
  if (value->size() > max_count) return refuse(name, "has more than " + std::to_string(max_count) + " entries");
  std::vector<double> numbers;
  for (const Json& entry : *value) {
    const double number = entry.is_number() ? entry.get<double>() : -1;
    if (!entry.is_number() || !(number >= min && number <= max)) {
      return refuse(Error(Code::invalid, "must be a number from " + format_number(min) + " to " + format_number(max),
                          at(name) + "/" + std::to_string(numbers.size())));
    }
    numbers.push_back(number);
  }
  out = std::move(numbers);
}

void Fields::statuses(std::string_view name, std::vector<int>& out) {
  std::vector<double> numbers_read;
  if (!has(name)) return;
  numbers(name, numbers_read, 500, 100, 599);
  also(name, [] { return array_of(bounded("integer", 100, 599), 500); });
  if (!ok()) return;
  out.clear();
  for (const double number : numbers_read) {
    if (std::floor(number) != number) return refuse(name, "holds a status that is no whole number");
    out.push_back(static_cast<int>(number));
  }
}

void Fields::not_yet(std::initializer_list<std::string_view> names) {
  if (schema_ != nullptr) return;  // they are refused
  for (const std::string_view name : names) {
    const Json* value = take(name);
    if (value == nullptr || (unknown_ != nullptr && unknown_->take(at(name), *value))) continue;
    refuse(name, "\"" + std::string(name) + "\" is not supported yet");
  }
}

void Fields::only(std::string_view name, std::string_view value) {
  if (schema_ != nullptr) return note(name, {{"type", "string"}, {"enum", {value}}});
  const Json* given = take(name);
  if (given == nullptr) return;
  if (!given->is_string()) return refuse(name, "must be a string");
  const auto& text = given->get_ref<const std::string&>();
  if (text != value && !(unknown_ != nullptr && unknown_->take(at(name), *given))) {
    refuse(name,
           "\"" + std::string(name) + "\": \"" + text + "\" is not supported yet, only \"" + std::string(value) + "\"");
  }
}

void Fields::passed_over(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) take(name);
  for (const std::string_view name : names) also(name, [] { return OrderedJson{{"readOnly", true}}; });
}

void Fields::required(std::string_view name) {
  if (schema_ != nullptr) {
    OrderedJson& all = (*schema_)["required"];
    if (std::ranges::find(all, OrderedJson(name)) == all.end()) all.push_back(name);
  }
  if (!error_ && !has(name)) refuse(name, "\"" + std::string(name) + "\" is missing");
}

void Fields::refuse(std::string_view name, std::string message) {
  refuse(Error(Code::invalid, std::move(message), at(name)));
}

void Fields::refuse(Error error) {
  if (schema_ == nullptr && !error_) error_ = std::move(error);
}

std::optional<Error> Fields::done() {
  if (schema_ == nullptr && !error_ && object_ != nullptr && !passes_over_) {
    for (const auto& [name, value] : object_->items()) {
      if (taken_.contains(name) || (unknown_ != nullptr && unknown_->take(at(name), value))) continue;
      if (unknown_ != nullptr && unknown_->stands(at(name)))
        refuse(name, "is not known to this version of Certes, which keeps it: only the value that is stored is taken");
      else
        refuse(name, "\"" + name + "\" is not known here");
      break;
    }
  }
  return error_;
}

}  // namespace certes::registry
