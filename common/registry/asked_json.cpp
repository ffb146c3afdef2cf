#include "common/registry/asked_json.hpp"

#include <stdexcept>

namespace certes::registry {
namespace {

// When and by whom is said of what has been decided alone.
template <class Asked>
OrderedJson begin_asked(const Asked& asked) {
  OrderedJson json = OrderedJson::object();
  if (asked.at != 0) json = {{"at", asked.at}, {"by", asked.by}};
  return json;
}

// A member of another type makes a record foreign.
template <class T>
void take(const Json& json, const char* name, T& out) {
  if (json.contains(name)) out = json.at(name).get<T>();
}

}  // namespace

OrderedJson json_of(const Purge& purge) {
  OrderedJson json = begin_asked(purge);
  if (purge.at != 0) json["offset"] = purge.offset;
  if (purge.before != 0) json["before"] = purge.before;
  if (!purge.classes.empty()) json["classes"] = purge.classes;
  if (!purge.pattern.empty()) json["pattern"] = purge.pattern;
  return json;
}

OrderedJson json_of(const Retry& retry) {
  OrderedJson json = begin_asked(retry);
  if (retry.since != 0) json["since"] = retry.since;
  return json;
}

Purge purge_of(const Json& json) {
  if (!json.is_object()) throw std::invalid_argument("purge");
  Purge purge;
  take(json, "at", purge.at);
  take(json, "by", purge.by);
  take(json, "offset", purge.offset);
  take(json, "before", purge.before);
  take(json, "classes", purge.classes);
  take(json, "pattern", purge.pattern);
  return purge;
}

Retry retry_of(const Json& json) {
  if (!json.is_object()) throw std::invalid_argument("retry");
  Retry retry;
  take(json, "at", retry.at);
  take(json, "by", retry.by);
  take(json, "since", retry.since);
  return retry;
}

}  // namespace certes::registry
