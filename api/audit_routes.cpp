#include "api/audit_routes.hpp"

#include "api/page.hpp"
#include "common/registry/audit_json.hpp"
#include "common/registry/config_change.hpp"
#include "common/registry/kinds.hpp"

namespace certes::api {
namespace {

Result<UnixMillis> time_of(const Call& call, const char* name) {
  const auto text = call.query(name);
  if (!text) return UnixMillis{0};
  const UnixMillis at = parse_rfc3339(*text);
  if (at <= 0) return fail(Code::invalid, "must be a time as in RFC 3339", name);
  return at;
}

Result<registry::AuditQuery> query_of(const Call& call) {
  registry::AuditQuery query;
  query.tenant = call.tenant;
  query.kind = call.query("kind").value_or("");
  query.id = call.query("id").value_or("");
  query.by = call.query("by").value_or("");
  if (!query.kind.empty() && query.kind != registry::kConfigKind && !registry::with_kind(query.kind, [](auto) {}))
    return fail(Code::invalid, "there are no resources of the kind \"" + query.kind + "\"", "kind");
  const auto from = time_of(call, "from");
  if (!from) return fail(from.error());
  const auto to = time_of(call, "to");
  if (!to) return fail(to.error());
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  query.from = *from;
  query.to = *to;
  query.limit = *limit;
  if (const auto after = call.query("after")) {
    const auto cursor = registry::AuditCursor::parse(*after);
    if (!cursor) return fail(Code::invalid, "is no \"next\" of an earlier answer", "after");
    query.before = *cursor;
  }
  return query;
}

}  // namespace

Result<http::Response> list_audit(const Call& call, Services& services) {
  const auto query = query_of(call);
  if (!query) return fail(query.error());
  const auto page = services.deps.registry.audit(*query);
  if (!page) return fail(page.error());
  Page shown(query->limit, services);
  std::optional<registry::AuditCursor> next = page->next;
  for (const registry::AuditEntry& entry : page->entries) {
    const bool with_values = call.caller.allowed(read_scope_of(entry.kind));
    shown.add(registry::shown_entry(entry, with_values)
                  .dump(-1, ' ', false, registry::OrderedJson::error_handler_t::replace));
    if (shown.full() && &entry != &page->entries.back()) {
      next = registry::AuditCursor{entry.offset, entry.part};
      break;
    }
  }
  const auto since = page->since ? std::optional(format_rfc3339(*page->since)) : std::nullopt;
  return std::move(shown).answer(next ? std::optional(next->text()) : std::nullopt, R"(,"since":)" + json_text(since));
}

void measure_audit(Services& services) {
  metrics::Metrics& metrics = services.deps.metrics;
  metrics.on_scrape([&registry = services.deps.registry,
                     known = metrics.gauge("certes_registry_audit_entries", "Changes that GET /audit knows"),
                     forgotten = metrics.gauge("certes_registry_audit_forgotten",
                                               "Changes beyond audit.entries, dropped since the start")]() mutable {
    known.set(static_cast<double>(registry.audit_entries()));
    forgotten.set(static_cast<double>(registry.audit_forgotten()));
  });
}

}  // namespace certes::api
