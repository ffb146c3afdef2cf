#include "gateway/ingest/type_check.hpp"

namespace certes::gateway::ingest {

using registry::EventType;

std::shared_ptr<const event::JsonSchema> SchemaCache::known(const std::string& text) {
  const Lock lock(mutex_);
  const auto found = schemas_.find(text);
  return found == schemas_.end() ? nullptr : found->second.lock();
}

Result<std::shared_ptr<const event::JsonSchema>> SchemaCache::prepare(const std::string& text) {
  auto made = event::JsonSchema::make(text);
  if (!made) return made;
  const Lock lock(mutex_);
  std::erase_if(schemas_, [](const auto& entry) { return entry.second.expired(); });
  schemas_[text] = *made;
  return made;
}

schema::Verdict TypeCheck::check(const registry::StatePtr& state, const event::Event& event, const Places& places,
                                 schema::Budget& budget, std::vector<http::Fault>& breaches) {
  if (state != state_) {
    state_ = state;
    ++states_;
  }
  const Known* const looked_up = known(event, budget);
  if (looked_up == nullptr) return schema::Verdict::exhausted;
  const Known& type = *looked_up;
  if (!type.refused.empty()) {
    breaches.push_back({places.prefix + std::string(places.type), type.refused});
    return schema::Verdict::breaks;
  }
  if (!type.schema) return schema::Verdict::holds;
  std::string why;
  const std::string data = places.prefix + std::string(places.data);
  const event::JsonValue value = event.json ? event.json : parsed(event, why);
  if (!value) {
    breaches.push_back({data, std::move(why)});
    return schema::Verdict::breaks;
  }
  std::vector<event::Violation> violations;
  const auto verdict = type.schema->validate(value, budget, kMostBreaches - breaches.size(), violations);
  for (auto& violation : violations) breaches.push_back({data + violation.pointer, std::move(violation.detail)});
  return verdict;
}

const TypeCheck::Known* TypeCheck::known(const event::Event& event, schema::Budget& budget) {
  key_.assign(event.tenant).append(1, '\0').append(event.type);
  auto found = types_.find(key_);
  if (found == types_.end()) {
    if (types_.size() >= kMostTypes) types_.clear();
    found = types_.emplace(key_, Known{}).first;
  }
  if (found->second.of_state != states_ && !look_up(event, found->second, budget)) return nullptr;
  return &found->second;
}

// What is prepared stays while the type has the same schema. False: preparing is more than the budget allows.
bool TypeCheck::look_up(const event::Event& event, Known& entry, schema::Budget& budget) {
  constexpr std::size_t kBytesPerStep = 2;
  auto type = state_->event_type(event.tenant, event.type);
  const bool same = type && entry.type && entry.refused.empty() && type->schema == entry.type->schema;
  std::shared_ptr<const event::JsonSchema> schema = same ? entry.schema : nullptr;
  std::string refused;
  if (!type && !may_be_unknown(event.tenant, event.type)) refused = "the type " + event.type + " is not declared";
  if (type && !same && !type->schema.empty() && !(schema = schemas_.known(type->schema))) {
    if (!budget.spend(type->schema.size() / kBytesPerStep)) return false;
    auto made = schemas_.prepare(type->schema);
    if (made)
      schema = std::move(*made);
    else
      refused = "the schema of " + event.type + " " + made.error().message;
  }
  entry = {states_, std::move(type), std::move(schema), std::move(refused)};
  return true;
}

// The nearest declared type above it decides: for a.b.c that is a.b, then a.
bool TypeCheck::may_be_unknown(std::string_view tenant, std::string_view type) const {
  for (std::size_t dot = type.rfind('.'); dot != type.npos; dot = type.rfind('.')) {
    type = type.substr(0, dot);
    const auto above = state_->event_type(tenant, type);
    if (above && above->unknown_below != EventType::Below::inherit)
      return above->unknown_below == EventType::Below::open;
  }
  return !strict_;
}

event::JsonValue TypeCheck::parsed(const event::Event& event, std::string& why) {
  if (auto read = document_.parse(event.data); !read) {
    why = event.data.empty() ? "there is no data, and its type has a schema"
                             : "the data is not JSON, and its type has a schema: " + read.error().message;
  } else if (!document_.exact()) {
    why = "the data holds a number that neither 64 bits nor a double can hold, and its type has a schema";
  }
  return document_.root();
}

http::Fault exhausted(std::string place) {
  return {std::move(place), "holding this request to the schemas of its types takes more than " +
                                std::to_string(schema::Budget::kOfRequest) +
                                " steps, of which this event took the last"};
}

std::string summary(const std::vector<http::Fault>& breaches) {
  std::string text;
  for (const http::Fault& breach : breaches) {
    if (!text.empty()) text += "; ";
    text += (breach.pointer.empty() ? "the data" : breach.pointer) + ": " + breach.detail;
  }
  return text;
}

}  // namespace certes::gateway::ingest
