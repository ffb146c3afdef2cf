#include "gateway/access/source_names.hpp"

#include "common/event/attributes.hpp"

namespace certes::gateway {
namespace {

constexpr std::string_view kWriteSources = "sources:write";
constexpr std::string_view kUrn = "urn:certes:";

// urn:certes:TENANT:ID and ./ID as ID. The scheme and namespace of a URN have no case (RFC 8141, 3.1).
std::string_view id_of(std::string_view source, std::string_view tenant) {
  if (source.starts_with("./")) return source.substr(2);
  if (source.size() <= kUrn.size() || !event::equal_ignoring_case(source.substr(0, kUrn.size()), kUrn)) return source;
  const std::string_view rest = source.substr(kUrn.size());
  const bool named = rest.size() > tenant.size() && rest.starts_with(tenant) && rest[tenant.size()] == ':';
  return named ? rest.substr(tenant.size() + 1) : source;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// What is not properly encoded stays as it is.
std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    decoded += escape ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return decoded;
}

}  // namespace

Result<void> may_take_name(const Caller& caller, const registry::State& state, std::string_view tenant,
                           std::string_view source, std::string_view place) {
  if (source.empty() || state.sources.empty()) return {};
  std::shared_ptr<const registry::Source> known;
  if (source.find('%') == source.npos)
    known = state.source(tenant, id_of(source, tenant));
  else
    known = state.source(tenant, id_of(percent_decoded(source), tenant));
  if (!known || caller.bound_to(known->id)) return {};
  return fail(Code::forbidden,
              "\"" + known->id + "\" is a registered source: its events come through /events/" + known->id +
                  ", or with a key that is bound to it (\"sources\"); " + caller.key + " is not",
              std::string(place));
}

bool is_own_source(std::string_view source) {
  const auto is_own = [](std::string_view name) {
    return name.size() > kUrn.size() && event::equal_ignoring_case(name.substr(0, kUrn.size()), kUrn) &&
           name.find('/') != name.npos;
  };
  return source.find('%') == source.npos ? is_own(source) : is_own(percent_decoded(source));
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
