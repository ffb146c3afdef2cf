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
    of_list("settings", "/config", [](const Json& settings) { return judge_settings(settings); });
    endpoints();
    of_page("dead letters", "/dead-letters?limit=100", [](const Json& page) { return judge_dead_letters(page); });
    of_page("history", "/events?limit=1", [this](const Json& page) { return judge_history(page, now_); });
    of_list("keys", "/keys", [this](const Json& keys) { return judge_keys(keys, now_); });
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
    const auto description = api_.get("/openapi.json");
    if (!description) return findings_.push_back(not_looked_at("version", description.error()));
    const Json info = json_or_null<Json>(*description).value("info", Json::object());
    findings_.push_back(judge_version(info.value("version", ""), CERTES_VERSION));
  }
  std::optional<Json> list(const std::string& check, const std::string& path) {
    const auto items = api_.list(path);
    if (items) return json_or_null<Json>(*items);
    findings_.push_back(not_looked_at(check, items.error()));
    return std::nullopt;
  }
  template <class Judge>
  void of_list(const std::string& check, const std::string& path, Judge judge) {
    if (const auto items = list(check, path)) add(judge(*items));
  }
  template <class Judge>
  void of_page(const std::string& check, const std::string& path, Judge judge) {
    const auto page = api_.get(path);
    findings_.push_back(page ? judge(json_or_null<Json>(*page)) : not_looked_at(check, page.error()));
  }
  void endpoints() {
    const auto all = list("endpoints", "/endpoints");
    if (!all) return;
    if (const auto subscriptions = list("endpoints", "/subscriptions")) add(judge_endpoints(*all, *subscriptions));
    std::vector<Json> stats;
    for (const Json& endpoint : *all) {
      if (endpoint.value("state", "") != "active") continue;
      const auto told = api_.get("/endpoints/" + client::percent_encode(endpoint.value("id", "")) + "/stats");
      if (!told) return findings_.push_back(not_looked_at("deliveries", told.error()));
      stats.push_back(json_or_null<Json>(*told));
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
    std::vector<Row> rows;
    for (const Finding& finding : findings) {
      rows.push_back({finding.check, std::string(to_string(finding.grade)), finding.what});
      if (!finding.mend.empty()) rows.push_back({"", "", "→ " + finding.mend});
    }
    print(table({"CHECK", "FOUND", "WHAT"}, rows));
  }
  return is_ill(findings) ? kExitFailure : kExitOk;
}

}  // namespace certes::command
