#include "gateway/access/source_names.hpp"

#include <algorithm>

#include "common/event/attributes.hpp"
#include "common/event/own_names.hpp"

namespace certes::gateway {
namespace {

constexpr std::string_view kWriteSources = "sources:write";
using event::kOwnUrn;

// Without the components of a URN that make no other name of it: RFC 8141, 3.1.
std::string_view without_components(std::string_view urn) {
  return urn.substr(0, std::min({urn.size(), urn.find('#'), urn.find("?+"), urn.find("?=")}));
}

// urn:certes:TENANT:ID and ./ID as ID. The scheme and namespace of a URN have no case (RFC 8141, 3.1).
std::string_view id_of(std::string_view source, std::string_view tenant) {
  if (source.starts_with("./")) return source.substr(2);
  if (source.size() <= kOwnUrn.size() || !event::equal_ignoring_case(source.substr(0, kOwnUrn.size()), kOwnUrn))
    return source;
  const std::string_view rest = without_components(source.substr(kOwnUrn.size()));
  const bool named = rest.size() > tenant.size() && rest.starts_with(tenant) && rest[tenant.size()] == ':';
  return named ? rest.substr(tenant.size() + 1) : source;
}

}  // namespace

Result<void> may_take_name(const Caller& caller, const registry::State& state, std::string_view tenant,
                           std::string_view source, std::string_view place) {
  if (source.empty() || state.sources.empty()) return {};
  std::shared_ptr<const registry::Source> known;
  if (source.find('%') == source.npos)
    known = state.source(tenant, id_of(source, tenant));
  else
    known = state.source(tenant, id_of(event::percent_decoded(source), tenant));
  if (!known || caller.bound_to(known->id)) return {};
  return fail(Code::forbidden,
              "\"" + known->id + "\" is a registered source: its events come through /events/" + known->id +
                  ", or with a key that is bound to it (\"sources\"); " + caller.key + " is not",
              std::string(place));
}

Result<void> may_take_type(const Caller& caller, const registry::State& state, std::string_view tenant,
                           std::string_view type, std::string_view place) {
  if (state.sources.empty()) return {};
  const auto known = state.source(tenant, type.substr(0, type.find('.')));
  if (!known || !known->exclusive || caller.bound_to(known->id) || caller.allowed(kWriteSources)) return {};
  return fail(Code::forbidden,
              "the types of the source \"" + known->id + "\" are its own (\"exclusive\"): events of the type " +
                  std::string(type) + " come through /events/" + known->id +
                  ", or with a key that is bound to it (\"sources\") or may write sources; " + caller.key + " is not",
              std::string(place));
}

Result<void> may_use_route(const Caller& caller, std::string_view source) {
  if (caller.sources.empty() || caller.bound_to(source)) return {};
  return fail(Code::forbidden, "the key \"" + caller.key + "\" is bound to other sources than " + std::string(source));
}

}  // namespace certes::gateway
