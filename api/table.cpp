#include "api/table.hpp"

#include "api/audit_routes.hpp"
#include "api/backups/backup_routes.hpp"
#include "api/bulk.hpp"
#include "api/config_routes.hpp"
#include "api/dead_letter_routes.hpp"
#include "api/endpoint_actions.hpp"
#include "api/endpoint_secrets.hpp"
#include "api/endpoint_stats.hpp"
#include "api/endpoint_test.hpp"
#include "api/erase/erase_routes.hpp"
#include "api/event_routes.hpp"
#include "api/event_types.hpp"
#include "api/explain_event.hpp"
#include "api/jobs/job_routes.hpp"
#include "api/jobs/one_event.hpp"
#include "api/key_actions.hpp"
#include "api/openapi/description.hpp"
#include "api/openapi/page.hpp"
#include "api/overview.hpp"
#include "api/refused_requests.hpp"
#include "api/resources.hpp"
#include "api/try_event.hpp"

namespace certes::api {
namespace {

using gateway::Access;
using Table = std::vector<ApiRow>;

constexpr bool kLengthy = true;

// A kind of resource: its name in paths, in scopes, and in words.
struct KindRow {
  const char *kind, *scope, *one;
};

constexpr KindRow kKinds[] = {{"tenants", "tenants", "tenant"},
                              {"sources", "sources", "source"},
                              {"endpoints", "endpoints", "endpoint"},
                              {"subscriptions", "subscriptions", "subscription"},
                              {"event-types", "schemas", "event type"},
                              {"backoff-policies", "backoffs", "back-off policy"},
                              {"keys", "keys", "key"}};

using Parameters = std::vector<std::string>;

template <class Handler>
ApiRow make_row(const char* method, const std::string& pattern, std::string scope, Handler handler, std::string summary,
                Parameters parameters = {}, bool lengthy = false) {
  return {{method, std::string(kApiRoot) + pattern, Access::key, std::move(scope), std::move(summary), false, lengthy,
           std::move(parameters)},
          handler};
}

void add_kind(Table& table, const KindRow& kind) {
  const api::KindHandlers handlers = handlers_of(kind.kind);
  const std::string all = std::string("/") + kind.kind, one = all + "/{id}", what = kind.one;
  const std::string read = std::string(kind.scope) + ":read", write = std::string(kind.scope) + ":write";
  table.push_back(make_row("GET", all, read, handlers.list, std::string("List ") + kind.kind, {"limit", "after"}));
  table.push_back(make_row("GET", one, read, handlers.show, "Show one " + what));
  table.push_back(make_row("POST", all, write, handlers.create, "Create one " + what));
  table.push_back(make_row("PUT", one, write, handlers.replace, "Create or replace one " + what, {"dry_run"}));
  table.push_back(make_row("PATCH", one, write, handlers.merge, "Change one " + what, {"dry_run"}));
  table.push_back(make_row("DELETE", one, write, handlers.remove, "Delete one " + what, {"cascade"}));
}

// What there is of them, and what is asked of one.
void add_jobs(Table& table, const std::string& all, const std::string& scope, const std::string& what) {
  const std::string one = all + "/{id}", read = scope + ":read", write = scope + ":write";
  table.push_back(make_row("GET", all, read, list_jobs, "List " + scope, {"state", "limit", "after"}));
  table.push_back(make_row("GET", one, read, show_job, "Show one " + what + ", and how far it is"));
  table.push_back(make_row("POST", one + "/pause", write, pause_job, "Let a " + what + " wait"));
  table.push_back(make_row("POST", one + "/resume", write, resume_job, "Go on with it"));
  table.push_back(make_row("POST", one + "/cancel", write, cancel_job, "End it where it is"));
}

Table make_table() {
  Table table;
  for (const KindRow& kind : kKinds) add_kind(table, kind);
  const auto add = [&](const char* method, const char* pattern, const char* scope, auto handler, const char* summary,
                       Parameters parameters = {}, bool lengthy = false) {
    table.push_back(make_row(method, pattern, scope, handler, summary, std::move(parameters), lengthy));
  };
  add("POST", "/endpoints/{id}/pause", "endpoints:write", pause_endpoint, "Send an endpoint nothing for now",
      {"dry_run"});
  add("POST", "/endpoints/{id}/resume", "endpoints:write", resume_endpoint, "Send to it again", {"dry_run"});
  add("POST", "/endpoints/{id}/rotate-secret", "endpoints:write", rotate_secret, "Give it a new secret", {"dry_run"});
  add("GET", "/endpoints/{id}/secret", "secrets:read", show_secret, "Show its secrets, in the clear");
  add("DELETE", "/endpoints/{id}/former-secrets", "endpoints:write", end_former_secrets,
      "Sign by its newest secret alone", {"dry_run"});
  add("POST", "/endpoints/{id}/test", "endpoints:write", test_endpoint,
      "Send it a test event, and show what comes back", {}, kLengthy);
  add("POST", "/endpoints/{id}/purge", "endpoints:write", purge_endpoint, "End what waits for it", {"dry_run"});
  add("POST", "/endpoints/{id}/retry", "endpoints:write", retry_endpoint, "Try now what has failed", {"dry_run"});
  add("GET", "/endpoints/{id}/stats", "endpoints:read", endpoint_stats, "What waits for it, and how its attempts go",
      {}, kLengthy);
  add("GET", "/sources/{id}/refused", "sources:read", refused_requests, "List its requests that were refused, and why",
      {"limit", "payload"}, kLengthy);
  add("GET", "/event-types/{id}/versions", "schemas:read", list_versions, "List the versions of a schema",
      {"limit", "after"});
  add("GET", "/event-types/{id}/versions/{version}", "schemas:read", show_version, "Show one version");
  add("POST", "/keys/{id}/rotate", "keys:write", rotate_key, "Give a key a new text", {"dry_run"});
  add("GET", "/dead-letters", "dead-letters:read", list_dead_letters, "List dead letters",
      {"endpoint", "type", "rule", "event", "delivery", "state", "from", "to", "limit", "after"}, kLengthy);
  add("GET", "/dead-letters/{id}", "dead-letters:read", show_dead_letter, "Show one dead letter", {"after"}, kLengthy);
  add("POST", "/dead-letters/replay", "dead-letters:write", create_letter_replay, "Send dead letters again, as a job",
      {"dry_run"}, kLengthy);
  add("POST", "/dead-letters/{id}/replay", "dead-letters:write", replay_dead_letter, "Send one again", {"after"},
      kLengthy);
  add("POST", "/dead-letters/discard", "dead-letters:write", create_letter_discard, "Discard dead letters, as a job",
      {"dry_run"}, kLengthy);
  add("DELETE", "/dead-letters/{id}", "dead-letters:write", discard_dead_letter, "Discard one", {"after"}, kLengthy);
  add("GET", "/events", "events:read", list_events, "List events and what became of them",
      {"type", "source", "source_id", "state", "endpoint", "conversation", "text", "from", "to", "limit", "after"},
      kLengthy);
  add("GET", "/events/{id}", "events:read", show_event, "Show one event, its payload and its deliveries", {}, kLengthy);
  add("GET", "/events/{id}/attempts", "events:read", list_attempts, "List the attempts to deliver it",
      {"limit", "after"}, kLengthy);
  add("GET", "/events/{id}/explain", "events:read", explain_event,
      "Explain why an endpoint gets it, or does not, or has not yet", {"endpoint"}, kLengthy);
  add("POST", "/events/{id}/replay", "replays:write", replay_event, "Send one event again", {}, kLengthy);
  add("POST", "/try", "events:read", try_event, "Try a filter or a transformation on an event, given or past", {},
      kLengthy);
  add("GET", "/conversations/{id}", "events:read", show_conversation, "List the events of a conversation",
      {"limit", "after"}, kLengthy);
  add("POST", "/replays", "replays:write", create_replay, "Send many events again, as a job", {"dry_run"}, kLengthy);
  add_jobs(table, "/replays", "replays", "replay");
  add_jobs(table, "/jobs", "jobs", "job");
  add("POST", "/erase", "erase:write", create_erasure, "Erase an event, or all events of a subject, as a job",
      {"dry_run"}, kLengthy);
  add("GET", "/overview", "endpoints:read", overview,
      "What is accepted and delivered, and what waits, of all processes", {"tenants", "limit"}, kLengthy);
  add("GET", "/audit", "audit:read", list_audit, "List who changed what",
      {"kind", "id", "by", "from", "to", "limit", "after"}, kLengthy);
  add("POST", "/backups", "backup:write", create_backup, "Make a copy of the embedded log while it is used");
  add("GET", "/backups", "backup:read", list_backups, "List what copies there are");
  add("GET", "/backups/{name}", "backup:read", show_backup, "Show one, and how far it is");
  add("DELETE", "/backups/{name}", "backup:write", delete_backup, "Delete one, or end it where it is being made");
  add("GET", "/config", "config:read", list_config,
      "The settings of the process that answers, and where they are from");
  add("PATCH", "/config", "config:write", change_config, "Change settings of the process that answers while it runs");
  table.push_back({{"POST",
                    std::string(kApiRoot) + "/bulk",
                    Access::any_key,
                    "",
                    "Make many changes, one after the other",
                    false,
                    kLengthy,
                    {},
                    kBulkBytes},
                   bulk});
  table.push_back(
      {{"GET", std::string(kApiRoot) + "/openapi.json", Access::open, "", "Describe the API"}, show_description});
  table.push_back({{"GET", "/docs", Access::open, "", "Show the description of the API as a page"}, show_docs});
  gateway::add_pages(table);
  return table;
}

}  // namespace

std::string read_scope_of(std::string_view kind) {
  const auto row = std::ranges::find(kKinds, kind, [](const KindRow& one) { return std::string_view(one.kind); });
  return std::string(row == std::end(kKinds) ? kind : row->scope) + ":read";
}

std::span<const ApiRow> routes() {
  static const Table table = make_table();
  return table;
}

}  // namespace certes::api
