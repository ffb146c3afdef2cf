// certes doctor: looks a running installation over, as far as the key may, and says what to mend.
#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/doctor_checks.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

constexpr std::size_t kAskedAbout = 50;  // endpoints, for their stats
constexpr Millis kPatience{5'000};

class Doctor {
 public:
  Doctor(client::ApiClient& api, const Connection& connection) : api_(api), connection_(connection) {}

  Findings look() && {
    const bool answers = health("api", connection_.url);
    health("gateway", connection_.gateway_url);
    if (!answers) return std::move(findings_);
    version();
    if (const auto page = get("settings", "/config")) add(judge_settings(page->value("items", Json::array())));
    endpoints();
    dead_letters();
    if (const auto page = get("history", "/events?limit=1")) add({judge_history(*page, now_)});
    if (const auto keys = list("keys", "/keys")) add(judge_keys(*keys, now_));
    return std::move(findings_);
  }

 private:
  bool health(const std::string& listener, const std::string& url) {
    client::HttpRequest request;
    request.url = url + "/health/ready";
    request.timeout = kPatience;
    request.ca_file = connection_.ca_file;
    const auto answer = http_.send(request);
    findings_.push_back(answer ? judge_health(listener, url, answer->status, answer->body)
                               : judge_silence(listener, url, answer.error()));
    return answer.has_value();
  }
  void version() {
    const auto description = get("version", "/openapi.json");
    if (description)
      add({judge_version(description->value("info", Json::object()).value("version", ""), CERTES_VERSION)});
  }
  std::optional<Json> get(const std::string& check, const std::string& path) { return seen(check, api_.get(path)); }
  std::optional<Json> list(const std::string& check, const std::string& path) { return seen(check, api_.list(path)); }
  std::optional<Json> seen(const std::string& check, const Result<std::string>& answer) {
    Json json = answer ? json_or_null<Json>(*answer) : Json();
    if (json.is_structured()) return json;
    findings_.push_back(not_looked_at(check, answer ? Error(Code::internal, "the answer is no JSON") : answer.error()));
    return std::nullopt;
  }
  // Those that are open; of a process without an index, which knows no states, all.
  void dead_letters() {
    auto page = api_.get("/dead-letters?state=open&limit=100");
    if (!page) page = api_.get("/dead-letters?limit=100");
    if (const auto json = seen("dead letters", page)) add({judge_dead_letters(*json)});
  }
  void endpoints() {
    const auto all = list("endpoints", "/endpoints");
    if (!all) return;
    if (const auto subscriptions = list("endpoints", "/subscriptions")) add(judge_endpoints(*all, *subscriptions));
    std::vector<Json> stats;
    for (const Json& endpoint : *all) {
      if (endpoint.value("state", "") != "active") continue;
      auto told = get("deliveries", "/endpoints/" + client::percent_encode(endpoint.value("id", "")) + "/stats");
      if (!told) return;
      stats.push_back(std::move(*told));
      if (stats.size() == kAskedAbout) break;
    }
    add(judge_stats(stats, now_));
  }
  void add(Findings&& more) {
    findings_.insert(findings_.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }

  client::ApiClient& api_;
  const Connection& connection_;
  client::HttpClient http_;
  const UnixMillis now_ = SystemClock().unix_millis();
  Findings findings_;
};

std::string as_json(const Findings& findings) {
  Json all = Json::array();
  for (const Finding& finding : findings)
    all.push_back({{"check", finding.check},
                   {"grade", to_string(finding.grade)},
                   {"what", finding.what},
                   {"mend", finding.mend}});
  return all.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

int run_command(const DoctorOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  const Findings findings = Doctor(*api, options.connection).look();
  if (options.connection.json) {
    print_line(as_json(findings));
  } else {
    print(findings_text(findings, output_columns()));
  }
  return is_ill(findings) ? kExitFailure : kExitOk;
}

}  // namespace certes::command
