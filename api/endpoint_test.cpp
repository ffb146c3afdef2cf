#include "api/endpoint_test.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "api/change.hpp"
#include "api/event_json.hpp"
#include "api/history_answers.hpp"
#include "api/replay_steps.hpp"
#include "common/base/seconds.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"

namespace certes::api {
namespace {

using history::AttemptRow;
using history::Lookup;
using registry::Endpoint;
using registry::EndpointState;
using registry::OrderedJson;

constexpr Millis kMostWait{60'000};  // for its attempt
constexpr Millis kBeside{2'000};     // that an attempt may take beside the endpoint's timeout
constexpr Millis kLookAgain{20};

// What the event holds: the caller's, or what it is for.
Result<std::string> data_of(const Call& call, const Endpoint& endpoint) {
  OrderedJson data = {{"tenant", endpoint.tenant},
                      {"endpoint", endpoint.id},
                      {"message", "This event tests the endpoint. It can be forgotten."}};
  if (call.request.body.empty()) return data.dump();
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  const registry::Json* const given = fields.take("data");
  if (auto error = fields.done()) return fail(std::move(*error));
  return given ? given->dump(-1, ' ', false, registry::Json::error_handler_t::replace) : data.dump();
}

log::Record record_of(const Endpoint& endpoint, const std::string& id, std::string data, Services& services) {
  event::Event made;
  made.id = id;
  made.client_id = id;
  made.type = event::kTestType;
  made.source = "urn:certes:" + endpoint.tenant;
  made.subject = endpoint.id;
  made.tenant = endpoint.tenant;
  made.time = format_rfc3339(services.deps.clock.unix_millis());
  made.conversation_id = id;
  made.data_content_type = "application/json";
  made.data = std::move(data);
  log::Record record = to_record(std::move(made));
  record.headers.add(log::names::kReplay, std::string(event::kTestReplay) + id.substr(id.find('_') + 1));
  record.headers.add(log::names::kEndpoint, endpoint.id);
  return record;
}

class EndpointTested final : public LongSteps {
 public:
  EndpointTested(Services& services, const Endpoint& endpoint, std::string id)
      : services_(services),
        tenant_(endpoint.tenant),
        endpoint_(endpoint.id),
        id_(std::move(id)),
        deadline_(std::chrono::steady_clock::now() +
                  std::min(kMostWait, millis_of(endpoint.timeout_seconds) + kBeside)) {}
  std::size_t held() const override { return 0; }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    for (;;) {
      const auto attempt = services_.history->look([this](Lookup& lookup) { return look(lookup); });
      if (!attempt) return std::optional(not_ready(attempt.error()));
      if (*attempt) return answer(&**attempt);
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now >= deadline_) return answer(nullptr);
      if (now >= until) return std::optional<http::Response>();
      std::this_thread::sleep_until(std::min({now + kLookAgain, until, deadline_}));
    }
  }

  std::optional<AttemptRow> look(Lookup& lookup) const {
    const auto records = lookup.records_of(tenant_, id_);
    if (records.empty()) return std::nullopt;
    auto attempts = lookup.attempts_of(records.front().place, -1, 1);
    return attempts.empty() ? std::nullopt : std::optional(std::move(attempts.front()));
  }

  std::optional<http::Response> answer(const AttemptRow* attempt) const {
    const char* const outcome = attempt == nullptr                ? "waiting"
                                : attempt->outcome == "delivered" ? "delivered"
                                                                  : "failed";
    std::string text = OrderedJson{{"id", id_}, {"endpoint", endpoint_}, {"outcome", outcome}}.dump();
    if (attempt != nullptr) {
      text.back() = ',';
      text.append(R"("attempt":)").append(attempt_json(*attempt, endpoint_)).append("}");
    }
    return json_response(200, std::move(text));
  }

  Services& services_;
  const std::string tenant_, endpoint_, id_;
  const SteadyTime deadline_;
};

}  // namespace

Result<std::unique_ptr<http::Steps>> test_endpoint(const Call& call, Services& services) {
  if (!services.history) return at_once(no_history());
  const std::string id = call.path("id").value_or("");
  const auto endpoint = call.state->endpoint(call.tenant, id);
  if (!endpoint) return fail(not_found<Endpoint>(id));
  auto data = data_of(call, *endpoint);
  if (!data) return fail(std::move(data.error()));
  if (endpoint->state != EndpointState::active)
    return fail(Code::conflict, "endpoints/" + id + " is " + std::string(to_string(endpoint->state)) +
                                    ": nothing is sent to it until it is resumed");
  // Nothing is sent of which nobody could say what came of it.
  if (const auto ready = services.history->look([](Lookup&) { return true; }); !ready)
    return at_once(not_ready(ready.error()));
  const std::string event = services.new_id("evt_");
  ReplaySteps steps(services, call.tenant);
  steps.add(log::kAnyPartition, record_of(*endpoint, event, std::move(*data), services));
  if (const auto appended = steps.finish(); !appended) return fail(appended.error());
  return std::unique_ptr<http::Steps>(std::make_unique<EndpointTested>(services, *endpoint, event));
}

}  // namespace certes::api
