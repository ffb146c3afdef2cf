#include "api/change.hpp"

namespace certes::api {

Result<Precondition> Precondition::of(const Call& call) {
  std::string_view match = call.request.header("if-match");
  const std::string_view none_match = call.request.header("if-none-match");
  if (!none_match.empty()) {
    if (none_match != "*")
      return fail(Code::invalid, "must be *: that the resource does not exist is all that it can ask", "If-None-Match");
    if (!match.empty()) return fail(Code::invalid, "contradicts If-Match", "If-None-Match");
    return Precondition(Asks::absence);
  }
  if (match.empty()) return Precondition(Asks::nothing);
  if (match == "*") return Precondition(Asks::existence);
  if (match.size() >= 2 && match.front() == '"' && match.back() == '"') match = match.substr(1, match.size() - 2);
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(match.data(), match.data() + match.size(), version);
  if (error != std::errc{} || end != match.data() + match.size() || version < 0) {
    return fail(Code::invalid, "If-Match must be an ETag that this API gave", "If-Match");
  }
  return Precondition(Asks::version, version);
}

bool Precondition::holds_for(std::int64_t current) const {
  switch (asks_) {
    case Asks::nothing: return true;
    case Asks::existence: return current > 0;
    case Asks::absence: return current == 0;
    case Asks::version: return current == version_;
  }
  return false;
}

std::optional<std::int64_t> Precondition::version() const {
  return asks_ == Asks::version ? std::optional(version_) : std::nullopt;
}

bool is_stale(const Error& error) { return error.code == Code::conflict && error.pointer == "/version"; }

http::Response precondition_failed(const Precondition& wanted, const std::string& message) {
  constexpr const char* kType = "precondition-failed";
  if (wanted.absence()) return http::problem(412, kType, "It exists already", message, "If-None-Match");
  return http::problem(412, kType, "Not the version that If-Match names", message, "If-Match");
}

bool away(const log::Log& log) { return log.engine() == "kafka" && !log.health(); }

Result<registry::Decision> decide(const registry::Change& change, Services& services) {
  if (away(services.deps.log)) return fail(Code::unavailable, "the log is not reached: nothing was written");
  return services.deps.registry.propose(change, kDecisionLimit);
}

Result<void> may_take_away(const registry::Unusable& resource, const Call& call) {
  const std::string name = resource.kind + "/" + resource.id;
  if (call.request.method != "PUT" && call.request.method != "DELETE")
    return fail(Code::conflict,
                name + " cannot be used by this version of Certes, only replaced (PUT) or deleted: " + resource.reason);
  if (resource.kind != registry::Kind<registry::Key>::name || call.caller.allowed("*")) return {};
  return fail(Code::forbidden,
              name + " cannot be used by this version of Certes: only a key with the scope * may take it away");
}

}  // namespace certes::api
