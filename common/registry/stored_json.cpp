#include "common/registry/stored_json.hpp"

#include <array>

#include "common/json/json.hpp"
#include "common/registry/kinds.hpp"
#include "common/registry/proposal.hpp"

namespace certes::registry {
namespace {

// Members without which a resource would do what nobody asked for: let anybody in, send to another place or in another
// way, take what it should not.
template <class T>
constexpr std::array<std::string_view, 0> kGuards{};
template <>
constexpr std::array<std::string_view, 2> kGuards<Source>{"/verify", "/kind"};
template <>
constexpr std::array<std::string_view, 9> kGuards<Endpoint>{"/url",  "/secrets", "/auth",       "/tls",      "/proxy",
                                                            "/kind", "/format",  "/signatures", "/transform"};
template <>
constexpr std::array<std::string_view, 3> kGuards<Subscription>{"/filter", "/transform", "/kind"};
template <>
constexpr std::array<std::string_view, 5> kGuards<Key>{"/hash", "/scopes", "/sources", "/expires", "/rate_per_second"};

template <>
constexpr std::array<std::string_view, 6> kGuards<Job>{"/kind",     "/filter", "/endpoint",
                                                       "/priority", "/state",  "/rate_per_second"};

template <class T>
bool guarded(std::string_view pointer) {
  for (const std::string_view guard : kGuards<T>)
    if (pointer == guard || (pointer.starts_with(guard) && pointer[guard.size()] == '/')) return true;
  return false;
}

// A guard that a later version added to, rather than changed, is still understood: only the member as a whole counts.
template <class T>
std::optional<std::string> unknown_guard(const Json& unknown) {
  for (const std::string_view guard : kGuards<T>) {
    const std::string name(guard.substr(1));
    const auto it = unknown.find(name);
    const bool nested = it != unknown.end() && it->is_object() && (name == "verify");
    if (it != unknown.end() && !nested) return std::string(guard);
  }
  return std::nullopt;
}

// Takes the member at the pointer out, or what holds it where it is in an array. Its pointer; nothing: it is not there.
std::optional<std::string> take_out(Json& json, std::string_view pointer) {
  Json* place = &json;
  std::string path;
  const std::vector<std::string> steps = pointer_steps(pointer);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!place->is_object() || !place->contains(steps[i])) return std::nullopt;
    path += pointer_step(steps[i]);
    Json& member = (*place)[steps[i]];
    if (i + 1 == steps.size() || member.is_array()) {
      place->erase(steps[i]);
      return path;
    }
    place = &member;
  }
  return std::nullopt;
}

// Deeper than anything that is declared.
constexpr std::size_t kDeepest = 64;

// Null where it cannot be read.
template <class AnyJson>
AnyJson parse_body(const std::string& body) {
  auto json = certes::parse_json<AnyJson>(body, {.depth = kDeepest});
  return json ? std::move(*json) : AnyJson();
}

Error cannot_use(const Error& error) {
  return Error(Code::internal, (error.pointer.empty() ? "its body " : error.pointer + " ") + error.message);
}

template <class T>
Result<T> read_body(Json json) {
  std::vector<std::string> not_understood;
  for (;;) {
    Unknown unknown = Unknown::kept();
    Fields fields(json, "", &unknown);
    T resource;
    read_members(fields, resource, Form::stored);
    const auto error = fields.done();
    if (!error) {
      if (const auto guard = unknown_guard<T>(unknown.taken()))
        return fail(Code::internal, *guard + " is not known to this version of Certes");
      if (!unknown.taken().empty())
        resource.unknown = unknown.taken().dump(-1, ' ', false, Json::error_handler_t::replace);
      resource.not_understood = std::move(not_understood);
      return resource;
    }
    auto gone = guarded<T>(error->pointer) ? std::nullopt : take_out(json, error->pointer);
    if (!gone) return fail(cannot_use(*error));
    not_understood.push_back(std::move(*gone));
  }
}

// A state that is not known is none in which it is sent to.
EndpointState state_of(const std::string& text) { return parse_endpoint_state(text).value_or(EndpointState::paused); }

void use_envelope(Endpoint& endpoint, const Entry& entry) {
  if (!entry.envelope.state.empty()) endpoint.state = state_of(entry.envelope.state);
  for (const Spell& one : entry.spells)
    endpoint.intervals.push_back({state_of(one.state), one.from, one.to, one.by, one.from_offset, one.to_offset});
  endpoint.purges = entry.purges;
  endpoint.retries = entry.retries;
}
template <class T>
void use_envelope(T&, const Entry&) {}

// What `after` says otherwise than `before`, into `base`. Of what neither speaks nothing goes, within objects too.
void apply_difference(OrderedJson& base, const OrderedJson& before, const OrderedJson& after) {
  static const OrderedJson kNothing = OrderedJson::object();
  const auto member = [](const OrderedJson& of, const std::string& name) -> const OrderedJson& {
    const auto it = of.find(name);
    return it != of.end() && it->is_object() ? *it : kNothing;
  };
  for (const auto& [name, value] : after.items()) {
    const auto was = before.find(name);
    if (was != before.end() && *was == value) continue;
    const auto stands = base.find(name);
    if (value.is_object() && stands != base.end() && stands->is_object())
      apply_difference(*stands, member(before, name), value);
    else
      base[name] = value;
  }
  for (const auto& [name, value] : before.items()) {
    const auto stands = after.contains(name) ? base.end() : base.find(name);
    if (stands == base.end()) continue;
    const bool objects = value.is_object() && stands->is_object();
    if (objects) apply_difference(*stands, value, kNothing);
    if (!objects || stands->empty()) base.erase(name);
  }
}

// What stands in `tree` and not in `kept`, out of `base`.
void erase_tree(OrderedJson& base, const Json& tree, const Json& kept) {
  static const Json kNothing = Json::object();
  for (const auto& [name, value] : tree.items()) {
    const auto it = base.find(name);
    if (it == base.end()) continue;
    const bool there = kept.is_object() && kept.contains(name);
    const bool objects = value.is_object() && !value.empty() && it->is_object();
    if (objects) erase_tree(*it, value, there ? kept.at(name) : kNothing);
    if (!there && (!objects || it->empty())) base.erase(it);
  }
}

Json tree_of(const std::string& unknown) { return unknown.empty() ? Json::object() : json_or_null<Json>(unknown); }

Json without_sealed(const Json& value) {
  if (value.is_string() && value.get_ref<const std::string&>().starts_with(kSealedPrefix)) return {{"set", true}};
  if (!value.is_structured()) return value;
  Json shown = value;
  for (Json& member : shown) member = without_sealed(member);
  return shown;
}

}  // namespace

template <class T>
Result<T> read_stored(const Entry& entry) {
  Json json = parse_body<Json>(*entry.body);
  if (!json.is_object()) return fail(Code::internal, "its body is no JSON object that can be read");
  auto resource = read_body<T>(std::move(json));
  if (!resource) return resource;
  const std::string unknown = std::move(resource->unknown);
  auto not_understood = std::move(resource->not_understood);
  static_cast<Meta&>(*resource) = entry;
  resource->unknown = unknown;
  resource->not_understood = std::move(not_understood);
  use_envelope(*resource, entry);
  return resource;
}

namespace {

// The body of `next`, which is to follow `current` (null: there is none): members that are not known or not understood
// stay as they stand there, unless `next` says otherwise.
template <class T>
std::string next_body(const T& next, const T* current) {
  const OrderedJson after = resource_to_json(next);
  const bool follows = current != nullptr && current->body != nullptr;
  OrderedJson base = follows ? parse_body<OrderedJson>(*current->body) : OrderedJson();
  if (base.is_object()) {
    apply_difference(base, resource_to_json(*current), after);
    erase_tree(base, tree_of(current->unknown), tree_of(next.unknown));
  } else {
    base = after;
  }
  return base.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace

void merge_tree(OrderedJson& into, const Json& tree) {
  for (const auto& [name, value] : tree.items()) {
    const auto there = into.find(name);
    if (there == into.end())
      into[name] = OrderedJson(value);
    else if (there->is_object() && value.is_object())
      merge_tree(*there, value);
  }
}

Json shown_body(const std::string& body) {
  Json json = parse_body<Json>(body);
  if (!json.is_object()) return Json::object();
  for (const char* secret : {"hash", "former", "secrets", "check"}) json.erase(secret);
  if (const auto headers = json.find("headers_sealed"); headers != json.end()) {
    json["headers"] = std::move(*headers);
    json.erase("headers_sealed");
  }
  return without_sealed(json);
}

Json shown_unknown(const Meta& resource) { return without_sealed(tree_of(resource.unknown)); }

namespace {

// What of the stored members was taken over: as it is stored, not as it was shown.
Json intersection(const Json& stored, const Json& taken) {
  if (!stored.is_object() || !taken.is_object()) return stored;
  Json both = Json::object();
  for (const auto& [name, value] : taken.items())
    if (stored.contains(name)) both[name] = intersection(stored.at(name), value);
  return both;
}

}  // namespace

template <class T>
Result<T> declared_after(const Json& json, const T& current) {
  const Json shown = shown_unknown(current);
  Unknown unknown = Unknown::as_stored(shown);
  auto resource = resource_from_json<T>(json, Form::declared, &unknown);
  if (resource && !unknown.taken().empty())
    resource->unknown = intersection(tree_of(current.unknown), unknown.taken()).dump();
  return resource;
}

template <class T>
Change change_to(const T& next, const T* current) {
  Change change;
  change.kind = Kind<T>::name;
  change.tenant = next.tenant;
  change.id = next.id;
  change.envelope = envelope_of(next);
  change.body = next_body(next, current);
  return change;
}

template <class T>
bool says_the_same(const T& one, const T& other) {
  const Envelope its = envelope_of(one), others = envelope_of(other);
  return resource_to_json(one) == resource_to_json(other) && tree_of(one.unknown) == tree_of(other.unknown) &&
         its.state == others.state && its.purge == others.purge && its.retry == others.retry;
}

#define CERTES_RESOURCE(TYPE)                                           \
  template Result<TYPE> read_stored<TYPE>(const Entry&);                \
  template Result<TYPE> declared_after<TYPE>(const Json&, const TYPE&); \
  template Change change_to<TYPE>(const TYPE&, const TYPE*);            \
  template bool says_the_same<TYPE>(const TYPE&, const TYPE&)
CERTES_RESOURCE(Tenant);
CERTES_RESOURCE(Source);
CERTES_RESOURCE(Endpoint);
CERTES_RESOURCE(Subscription);
CERTES_RESOURCE(BackoffPolicy);
CERTES_RESOURCE(EventType);
CERTES_RESOURCE(Key);
CERTES_RESOURCE(Installation);
CERTES_RESOURCE(Job);
#undef CERTES_RESOURCE

}  // namespace certes::registry
