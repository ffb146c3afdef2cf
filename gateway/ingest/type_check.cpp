#include "gateway/ingest/type_check.hpp"

namespace certes::gateway::ingest {

using registry::EventType;

Result<std::shared_ptr<const event::JsonSchema>> SchemaCache::find(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (const auto found = schemas_.find(text); found != schemas_.end())
    if (auto schema = found->second.lock()) return schema;
  auto made = event::JsonSchema::make(text);
  if (!made) return made;
  std::erase_if(schemas_, [](const auto& entry) { return entry.second.expired(); });
  schemas_[text] = *made;
  return made;
}

void TypeCheck::check(const registry::StatePtr& state, const event::Event& event, const Places& places,
                      std::vector<http::Fault>& breaches) {
  if (state != state_) {
    state_ = state;
    ++states_;
  }
  const Known& type = known(event);
  if (!type.refused.empty()) return breaches.push_back({places.prefix + std::string(places.type), type.refused});
  if (!type.schema) return;
  std::string why;
  const std::string data = places.prefix + std::string(places.data);
  const event::JsonValue value = event.json ? event.json : parsed(event, why);
  if (!value) return breaches.push_back({data, std::move(why)});
  for (auto& violation : type.schema->validate(value, kMostBreaches - breaches.size()))
    breaches.push_back({data + violation.pointer, std::move(violation.detail)});
}

const TypeCheck::Known& TypeCheck::known(const event::Event& event) {
  key_.assign(event.tenant).append(1, '\0').append(event.type);
  auto found = types_.find(key_);
  if (found == types_.end()) {
    if (types_.size() >= kMostTypes) types_.clear();
    found = types_.emplace(key_, Known{}).first;
  }
  if (found->second.of_state != states_) look_up(event, found->second);
  return found->second;
}

// What is prepared stays while the type has the same schema.
void TypeCheck::look_up(const event::Event& event, Known& entry) {
  entry.of_state = states_;
  auto type = state_->event_type(event.tenant, event.type);
  const bool same = type && entry.type && entry.refused.empty() && type->schema == entry.type->schema;
  entry.type = std::move(type);
  if (same) return;
  entry.schema.reset();
  entry.refused.clear();
  if (!entry.type && !may_be_unknown(event.tenant, event.type))
    entry.refused = "the type " + event.type + " is not declared";
  if (!entry.type || entry.type->schema.empty()) return;
  auto schema = schemas_.find(entry.type->schema);
  if (schema)
    entry.schema = std::move(*schema);
  else
    entry.refused = "the schema of " + event.type + " " + schema.error().message;
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

std::string summary(const std::vector<http::Fault>& breaches) {
  std::string text;
  for (const http::Fault& breach : breaches) {
    if (!text.empty()) text += "; ";
    text += (breach.pointer.empty() ? "the data" : breach.pointer) + ": " + breach.detail;
  }
  return text;
}

}  // namespace certes::gateway::ingest
