#include "api/change.hpp"

namespace certes::api {

Result<std::optional<std::int64_t>> if_match(const Call& call) {
  std::string_view text = call.request.header("if-match");
  if (text.empty()) return std::optional<std::int64_t>();
  if (text == "*") return std::optional<std::int64_t>(-1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc{} || end != text.data() + text.size() || version < 0) {
    return fail(Code::invalid, "If-Match must be an ETag that this API gave", "If-Match");
  }
  return std::optional<std::int64_t>(version);
}

bool is_stale(const Error& error) { return error.code == Code::conflict && error.pointer == "/version"; }

http::Response precondition_failed(const std::string& message) {
  return http::problem(412, "precondition-failed", "Not the version that If-Match names", message, "If-Match");
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
