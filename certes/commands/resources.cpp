// certes sources|endpoints|subscriptions|backoff-policies|keys|tenants …

#include "certes/commands/cell_text.hpp"
#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/endpoint_stats.hpp"
#include "certes/commands/event_text.hpp"
#include "certes/commands/fields.hpp"
#include "certes/commands/refused_text.hpp"
#include "certes/commands/time_text.hpp"
#include "common/base/clock.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kUrl = "url";

struct Columns {
  const char* kind;
  std::vector<const char*> names;
};

const Columns kColumns[] = {
    {"sources", {"id", "verify.scheme", "version", "updated_at", "updated_by"}},
    {"endpoints", {"id", "url", "state", "concurrency", "version", "updated_at", "updated_by"}},
    {"subscriptions", {"id", "endpoint", "pattern", "priority", "version", "updated_at", "updated_by"}},
    {"event-types", {"id", "schema_version", "compatibility", "unknown_below", "version", "updated_at"}},
    {"versions", {"version", "created_at", "created_by", "schema"}},
    {"backoff-policies", {"id", "strategy", "max_attempts", "version", "updated_at", "updated_by"}},
    {"keys", {"id", "scopes", "sources", "tenant", "expires", "version", "updated_at", "updated_by"}},
    {"tenants", {"id", "weight", "max_priority", "quotas", "version", "updated_at", "updated_by"}},
};

// "verify.scheme" in {"verify": {"scheme": …}}
std::string cell(const Json& item, const std::string& path) {
  const std::size_t dot = path.find('.');
  const auto found = item.find(path.substr(0, dot));
  if (found == item.end()) return "-";
  if (dot == std::string::npos) return cell_text(*found);
  return found->is_object() ? cell(*found, path.substr(dot + 1)) : "-";
}

// In the column of its one URL how many there are instead.
std::string url_cell(const Json& endpoint) {
  const auto urls = endpoint.find("urls");
  if (urls == endpoint.end() || !urls->is_array() || urls->empty()) return cell(endpoint, "url");
  const std::string first = cell_text(urls->front());
  return urls->size() == 1 ? first : first + " and " + std::to_string(urls->size() - 1) + " more";
}

std::string upper(std::string text) {
  if (const std::size_t dot = text.rfind('.'); dot != std::string::npos) text.erase(0, dot + 1);
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

bool is_time(std::string_view name) { return name.ends_with("_at") || name == "expires"; }

std::string shown_cell(const Json& item, const char* name, UnixMillis now) {
  if (name == kUrl) return url_cell(item);
  return is_time(name) ? time_text(item.value(name, Json()), now) : cell(item, name);
}

std::string list_text(const std::string& kind, const Json& items) {
  const UnixMillis now = SystemClock().unix_millis();
  for (const Columns& columns : kColumns) {
    if (kind != columns.kind) continue;
    Row titles;
    for (const char* name : columns.names) titles.push_back(upper(name));
    std::vector<Row> rows;
    for (const Json& item : items) {
      Row row;
      for (const char* name : columns.names) row.push_back(shown_cell(item, name, now));
      rows.push_back(std::move(row));
    }
    return table(titles, rows);
  }
  return items.dump(2) + "\n";
}

int list(client::ApiClient& api, const ResourceOptions& options, const std::string& path, const std::string& kind) {
  const auto body = api.list(path);
  if (!body) return failed(body.error());
  const Json items = json_or_null<Json>(*body);
  print(options.connection.json ? indented_json(*body) + "\n" : list_text(kind, items));
  return kExitOk;
}

std::string fields_text(const Json& item) {
  std::vector<Member> members;
  for (const auto& [name, value] : item.items()) members.emplace_back(name, cell_text(value));
  return member_lines(members);
}

// Secrets and keys are in the answer to what made them, and never again; until when a key holds is the server's word.
std::string shown_once(const Json& item) {
  std::string text;
  for (const char* name : {"key", "secret"})
    if (const auto found = item.find(name); found != item.end() && found->is_string())
      text += std::string(name) + ": " + found->get<std::string>() + "  (shown this once)\n";
  if (const auto found = item.find("expires"); found != item.end() && found->is_string())
    text += "expires: " + found->get<std::string>() + "\n";
  return text;
}

int show(const ResourceOptions& options, const client::HttpAnswer& answer, const std::string& done) {
  const Json item = json_or_null<Json>(answer.body);
  if (!item.is_object() || options.connection.json) {
    if (!answer.body.empty()) print_line(item.is_object() ? indented_json(answer.body) : answer.body);
    if (answer.body.empty() && !options.connection.json) print_line(done);
    return kExitOk;
  }
  if (done.empty()) {
    print(fields_text(item));
    return kExitOk;
  }
  print_line(done + (options.id.empty() ? "/" + cell(item, "id") : ""));
  print(shown_once(item));
  return kExitOk;
}

Result<std::string> body_of(const ResourceOptions& options, bool with_id) {
  std::string base;
  if (!options.body.empty()) {
    auto text = argument_text(options.body);
    if (!text) return fail(text.error());
    base = std::move(*text);
  }
  return json_of_fields(base, with_id ? options.id : "", options.fields);
}

// The API names its parameter; this command has a flag for it.
Error in_own_words(Error error) {
  constexpr std::string_view kParameter = "?cascade=true";
  if (const std::size_t at = error.message.find(kParameter); at != std::string::npos)
    error.message.replace(at, kParameter.size(), "--cascade");
  return error;
}

int act(client::ApiClient& api, const ResourceOptions& options, const std::string& method, const std::string& path,
        const std::string& body, const std::string& past) {
  const auto answer = api.request(method, path, body);
  if (!answer) return failed(in_own_words(answer.error()));
  std::string done = past.empty() ? "" : past + " " + options.kind;
  if (!done.empty() && !options.id.empty()) done += "/" + options.id;
  return show(options, *answer, done);
}

int show_stats(client::ApiClient& api, const ResourceOptions& options, const std::string& path) {
  const auto body = api.get(path);
  if (!body) return failed(body.error());
  print(options.connection.json ? indented_json(*body) + "\n" : endpoint_stats_text(*body));
  if (const std::string remark = endpoint_stats_remark(*body); !remark.empty()) note(remark);
  return kExitOk;
}

int show_refused(client::ApiClient& api, const ResourceOptions& options, const std::string& path) {
  const std::string payload = options.payload ? "&payload=true" : "";
  const auto body = api.get(path + "?limit=" + std::to_string(options.limit) + payload);
  if (!body) return failed(body.error());
  print(options.connection.json ? indented_json(*body) + "\n" : refused_text(*body, SystemClock().unix_millis()));
  if (const std::string remark = refused_remark(*body); !remark.empty()) note(remark);
  return kExitOk;
}

// A merge patch would merge the schemas; a schema is replaced as a whole.
int update_event_type(client::ApiClient& api, const ResourceOptions& options, const std::string& path) {
  const auto shown = api.get(path);
  if (!shown) return failed(shown.error());
  const auto wanted = body_of(options, false);
  if (!wanted) return failed(wanted.error());
  Json body = json_or_null<Json>(*shown);
  const Json fields = json_or_null<Json>(*wanted);
  for (const auto& [name, value] : fields.items()) body[name] = value;
  return act(api, options, "PUT", path, body.dump(), "updated");
}

std::string purge_body(const ResourceOptions& options) {
  Json body = Json::object();
  if (options.all) body["all"] = true;
  if (!options.priorities.empty()) body["priority"] = options.priorities;
  if (!options.before.empty()) body["before"] = options.before;
  if (!options.pattern.empty()) body["pattern"] = options.pattern;
  return body.dump();
}

// What was recorded: the last of them.
int ask(client::ApiClient& api, const ResourceOptions& options, const std::string& path, const std::string& body) {
  const auto answer = api.request("POST", path + "/" + options.action, body);
  if (!answer) return failed(answer.error());
  const Json item = json_or_null<Json>(answer->body);
  const bool purge = options.action == "purge";
  const auto recorded = item.is_object() ? item.find(purge ? "purges" : "retries") : item.end();
  if (options.connection.json || recorded == item.end() || !recorded->is_array() || recorded->empty()) {
    print_line(item.is_object() ? indented_json(answer->body) : answer->body);
    return kExitOk;
  }
  const std::string at = cell(recorded->back(), "at");
  print_line(purge ? "purged endpoints/" + options.id + ": of what was accepted before " + at
                   : "retrying endpoints/" + options.id + ": what has failed before " + at);
  return kExitOk;
}

// It fails where the endpoint did not take it.
int test(client::ApiClient& api, const ResourceOptions& options, const std::string& path) {
  const auto answer = api.request("POST", path, "{}");
  if (!answer) return failed(answer.error());
  print(options.connection.json ? indented_json(answer->body) + "\n" : endpoint_test_text(answer->body));
  return endpoint_test_delivered(answer->body) ? kExitOk : kExitFailure;
}

std::string grace_body(const ResourceOptions& options) { return Json{{"grace_seconds", options.grace_seconds}}.dump(); }

}  // namespace

int run_command(const ResourceOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  if (options.action == "list") return list(*api, options, "/" + options.kind, options.kind);
  const std::string one = "/" + options.kind + "/" + client::percent_encode(options.id);
  if (options.action == "versions") return list(*api, options, one + "/versions", "versions");
  if (options.action == "refused") return show_refused(*api, options, one + "/refused");
  if (options.action == "stats") return show_stats(*api, options, one + "/stats");
  if (options.action == "show") return act(*api, options, "GET", one, "", "");
  if (options.action == "delete")
    return act(*api, options, "DELETE", one + (options.cascade ? "?cascade=true" : ""), "", "deleted");
  if (options.action == "pause") return act(*api, options, "POST", one + "/pause", "{}", "paused");
  if (options.action == "resume") return act(*api, options, "POST", one + "/resume", "{}", "resumed");
  if (options.action == "purge") return ask(*api, options, one, purge_body(options));
  if (options.action == "retry")
    return ask(*api, options, one, options.since.empty() ? "{}" : Json{{"since", options.since}}.dump());
  if (options.action == "rotate-secret")
    return act(*api, options, "POST", one + "/rotate-secret", grace_body(options), "rotated the secret of");
  if (options.action == "rotate") return act(*api, options, "POST", one + "/rotate", grace_body(options), "rotated");
  if (options.action == "test") return test(*api, options, one + "/test");
  if (options.action == "secret") return act(*api, options, "GET", one + "/secret", "", "");
  if (options.action == "end-former-secrets")
    return act(*api, options, "DELETE", one + "/former-secrets", "", "ended the former secrets of");
  const bool create = options.action == "create";
  if (!create && options.kind == "event-types") return update_event_type(*api, options, one);
  const auto body = body_of(options, create);
  if (!body) return failed(body.error());
  return create ? act(*api, options, "POST", "/" + options.kind, *body, "created")
                : act(*api, options, "PATCH", one, *body, "updated");
}

}  // namespace certes::command
