#pragma once
// TypeCheck: whether an event is of a type that may come, with data that its schema accepts. Who: Intake, one per loop,
// confined to it; the schemas, prepared once, are shared by all loops through a SchemaCache.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/hash.hpp"
#include "common/base/mutex.hpp"
#include "common/event/event.hpp"
#include "common/event/json_schema.hpp"
#include "common/http/server/server.hpp"
#include "common/registry/resources.hpp"

namespace certes::gateway::ingest {

// Prepared schemas by their text, as long as somebody holds them. Any thread: one mutex, not held while one is
// prepared.
class SchemaCache {
 public:
  // Null: it is not prepared.
  std::shared_ptr<const event::JsonSchema> known(const std::string& text);
  // Error: invalid, why it cannot be used.
  Result<std::shared_ptr<const event::JsonSchema>> prepare(const std::string& text);

 private:
  Mutex mutex_;
  std::map<std::string, std::weak_ptr<const event::JsonSchema>> schemas_ CERTES_GUARDED_BY(mutex_);
};

class TypeCheck {
 public:
  static constexpr std::size_t kMostBreaches = 32;   // told of one request
  static constexpr std::size_t kMostTypes = 10'000;  // remembered

  // Where type and data stand in the request, behind `prefix`.
  struct Places {
    std::string_view type, data;
    std::string prefix = {};
  };

  // `strict`: types that nothing declares are breaches, unless a namespace is open.
  TypeCheck(SchemaCache& schemas, bool strict) : schemas_(schemas), strict_(strict) {}

  // Nothing is declared, and anything may come.
  bool knows_nothing(const registry::State& state) const { return !strict_ && state.event_types.empty(); }
  // Adds to `breaches`, up to kMostBreaches in all. `exhausted`: the budget was too small to know; nothing was added.
  schema::Verdict check(const registry::StatePtr& state, const event::Event& event, const Places& places,
                        schema::Budget& budget, std::vector<http::Fault>& breaches);

 private:
  struct Known {
    std::uint64_t of_state = 0;
    std::shared_ptr<const registry::EventType> type;  // null: not declared
    std::shared_ptr<const event::JsonSchema> schema;  // null: none
    std::string refused;                              // why all events of this type are
  };
  const Known* known(const event::Event& event, schema::Budget& budget);  // null: the budget is too small to know
  bool look_up(const event::Event& event, Known& entry, schema::Budget& budget);
  bool may_be_unknown(std::string_view tenant, std::string_view type) const;
  // The data as JSON; nothing: `why` not.
  event::JsonValue parsed(const event::Event& event, std::string& why);

  SchemaCache& schemas_;
  const bool strict_;
  registry::StatePtr state_;
  std::uint64_t states_ = 0;                                                   // seen so far
  std::unordered_map<std::string, Known, StringHash, std::equal_to<>> types_;  // by tenant, NUL, type
  std::string key_;
  event::JsonDocument document_;  // of data that was not parsed before
};

// What a request is told whose whole budget is used up, of the event at `place`.
http::Fault exhausted(std::string place);
// All breaches in one text, for a dead letter.
std::string summary(const std::vector<http::Fault>& breaches);

}  // namespace certes::gateway::ingest
