#include "certes/commands/declared_kinds.hpp"

#include <algorithm>
#include <cctype>

#include "common/config/table.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDeepestFile = 200;

// In the order of applying: subscriptions name endpoints, endpoints name policies.
const std::vector<DeclaredKind>& kinds() {
  static const std::vector<DeclaredKind> kAll{
      {"backoff_policies",
       "backoff-policies",
       {"id", "strategy", "base_seconds", "factor", "cap_seconds", "schedule_seconds", "jitter", "max_attempts",
        "max_seconds", "reprocess", "owner"}},
      {"event_types",
       "event-types",
       {"id", "schema", "schema_file", "compatibility", "unknown_below", "backoff_policy", "producer_backoff_policy",
        "owner"}},
      {"sources",
       "sources",
       {"id", "verify", "type_from", "id_from", "key_from", "subject_from", "forward_headers", "response",
        "deduplicate", "on_invalid", "exclusive", "kind", "rate_per_second", "backoff_policy",
        "producer_backoff_policy", "owner"}},
      {"endpoints",
       "endpoints",
       {"id",
        "url",
        "urls",
        "format",
        "signatures",
        "description",
        "metadata",
        "concurrency",
        "timeout_seconds",
        "rate_per_second",
        "ordering",
        "backoff_policy",
        "headers",
        "auth",
        "tls",
        "secret",
        "secret_file",
        "breaker",
        "disable_after_seconds",
        "retry_on",
        "dead_letter_on",
        "signatures",
        "state",
        "owner"}},
      {"subscriptions",
       "subscriptions",
       {"id", "endpoint", "kind", "pattern", "priority", "filter", "backoff_policy", "tenants", "owner"}},
  };
  return kAll;
}

// A subscription may do without an id: one made of what it says, so that applying it again finds it.
std::string derived_id(const Json& body) {
  std::string id = body.value("endpoint", std::string()) + "." + body.value("pattern", std::string());
  const auto kind = body.find("kind");
  if (kind != body.end() && kind->is_string() && *kind != "event") id += "." + kind->get<std::string>();
  std::string safe;
  for (const char c : id) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view("._~-").find(c) != std::string::npos;
    safe += c == '*' ? "any" : c == '#' ? "all" : plain ? std::string(1, c) : "_";
  }
  return safe.substr(0, 128);
}

Result<std::string> id_of(const DeclaredKind& kind, const Json& body, const std::string& place) {
  const auto found = body.find("id");
  if (found != body.end() && found->is_string() && !found->get_ref<const std::string&>().empty())
    return found->get<std::string>();
  if (found != body.end()) return fail(wrong_at(place, "id must be a string that is not empty"));
  const bool derivable = std::string_view(kind.path) == "subscriptions" && body.contains("endpoint") &&
                         body["endpoint"].is_string() && body.contains("pattern") && body["pattern"].is_string();
  if (!derivable) return fail(wrong_at(place, std::string(kind.table) + " need an id"));
  return derived_id(body);
}

Result<Declaration> declared_in_json(const DeclaredKind& kind, const Json& item, const std::string& place) {
  if (!item.is_object()) return fail(wrong_at(place, "is no JSON object"));
  Declaration declaration;
  declaration.kind = kind.path;
  declaration.place = place;
  for (const auto& [name, value] : item.items()) declaration.lines[name] = place + "/" + name;
  return with_body(kind, std::move(declaration), item);
}

}  // namespace

std::span<const DeclaredKind> declared_kinds() { return kinds(); }

Result<const DeclaredKind*> kind_of_table(const std::string& table, const std::string& place) {
  const auto found = std::ranges::find(kinds(), table, &DeclaredKind::table);
  if (found != kinds().end()) return &*found;
  std::vector<std::string> names;
  for (const DeclaredKind& known : kinds()) names.emplace_back(known.table);
  return fail(wrong_at(place, "unknown table " + table + config::did_you_mean(table, names)));
}

std::size_t order_of(std::string_view path) {
  return static_cast<std::size_t>(std::ranges::find(kinds(), path, &DeclaredKind::path) - kinds().begin());
}

Error wrong_at(const std::string& place, const std::string& what) { return {Code::invalid, place + ": " + what}; }

Result<Declaration> with_body(const DeclaredKind& kind, Declaration declaration, Json object) {
  auto id = id_of(kind, object, declaration.place);
  if (!id) return fail(id.error());
  declaration.id = std::move(*id);
  object.erase("id");
  declaration.body = object.dump(-1, ' ', false, Json::error_handler_t::replace);
  return declaration;
}

Result<void> add_json_declarations(const std::string& text, const std::string& file, std::vector<Declaration>& out) {
  const auto root = certes::parse_json<Json>(text, {.depth = kDeepestFile});
  if (!root) return fail(wrong_at(file, std::string(root.error().message)));
  for (const auto& [table, items] : root->items()) {
    const std::string place = file + ": /" + table;
    const auto kind = kind_of_table(table, place);
    if (!kind) return fail(kind.error());
    if (!items.is_array()) return fail(wrong_at(place, "is no JSON array"));
    for (std::size_t i = 0; i < items.size(); ++i) {
      auto declaration = declared_in_json(**kind, items[i], place + "/" + std::to_string(i));
      if (!declaration) return fail(declaration.error());
      out.push_back(std::move(*declaration));
    }
  }
  return {};
}

}  // namespace certes::command
