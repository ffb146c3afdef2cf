#include "api/history_answers.hpp"

#include "api/page.hpp"

namespace certes::api {
namespace {

std::string time_json(std::optional<UnixMillis> at) {
  return json_text(at ? std::optional(format_rfc3339(*at)) : std::nullopt);
}

class Answered final : public http::Steps {
 public:
  explicit Answered(http::Response&& answer) : answer_(std::move(answer)) {}
  std::optional<http::Response> step() override { return std::move(answer_); }
  std::size_t held() const override { return 0; }

 private:
  http::Response answer_;
};

}  // namespace

std::string reach_of(const history::History& history) {
  return reach_members(history.indexed_until(), history.indexed_from());
}

std::string reach_members(std::optional<UnixMillis> until, std::optional<UnixMillis> from) {
  return R"(,"indexed_until":)" + time_json(until) + R"(,"indexed_from":)" + time_json(from);
}

void add_members(http::Response& response, const std::string& members) {
  response.body.pop_back();
  response.body.append(members).append("}");
}

http::Response not_indexed(const history::History& history, std::string_view what) {
  const std::string reach = reach_of(history);
  auto response = http::problem(404, "not-found", "Not found",
                                std::string(what.substr(0, 160)) +
                                    ": it was accepted later than indexed_until, is older than is kept, or was never "
                                    "accepted",
                                "id");
  add_members(response, reach);
  return response;
}

http::Response no_history() {
  return http::problem(501, "no-history", "No history here",
                       "this process keeps no index of what became of events: ask the Master API of certes serve or "
                       "certes api, or set history.enabled = true for this one");
}

http::Response not_ready(const Error& error) {
  auto response = http::problem(503, "history-not-ready", "Not ready", error.message);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::unique_ptr<http::Steps> at_once(http::Response&& answer) { return std::make_unique<Answered>(std::move(answer)); }

}  // namespace certes::api
