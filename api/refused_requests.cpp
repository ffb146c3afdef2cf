#include "api/refused_requests.hpp"

#include <algorithm>
#include <iterator>

#include "api/change.hpp"
#include "api/steps.hpp"
#include "common/questions/asker.hpp"
#include "common/questions/refused_requests.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

using questions::RefusedRequest;
using registry::OrderedJson;

constexpr std::size_t kHeldBytes = 64u << 10;  // of answers, usually

// One that a process remembers.
struct Remembered {
  std::string process;
  RefusedRequest request;
};

struct Gathered {
  std::vector<std::string> processes;
  std::vector<Remembered> requests;  // the newest first
  bool more = false;
};

// An answer that is none is of nobody.
Gathered gathered_of(const questions::Gathering& gathering) {
  Gathered gathered;
  for (const questions::Answer& answer : gathering.answers()) {
    auto refused = questions::refused_requests_of(answer.value);
    if (!refused) continue;
    gathered.processes.push_back(answer.from);
    gathered.more = gathered.more || refused->more;
    for (RefusedRequest& one : refused->requests) gathered.requests.push_back({answer.from, std::move(one)});
  }
  std::ranges::sort(gathered.processes);
  std::ranges::stable_sort(gathered.requests, std::greater<>(), [](const Remembered& one) { return one.request.at; });
  return gathered;
}

void put(OrderedJson& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}

OrderedJson json_of(const Remembered& remembered) {
  const RefusedRequest& request = remembered.request;
  OrderedJson json = {{"at", format_rfc3339(request.at)}, {"reason", request.reason}};
  if (request.times > 1) {
    json["times"] = request.times;
    json["first_at"] = format_rfc3339(request.first_at);
  }
  put(json, "error", request.error);
  put(json, "place", request.place);
  put(json, "client", request.client);
  put(json, "content_type", request.content_type);
  json["bytes"] = request.bytes;
  put(json, "payload", request.payload);
  if (request.payload_cut) json["payload_cut"] = true;
  json["process"] = remembered.process;
  return json;
}

http::Response answer_of(Gathered&& gathered, std::size_t limit) {
  if (gathered.requests.size() > limit) {
    gathered.requests.erase(gathered.requests.begin() + static_cast<std::ptrdiff_t>(limit), gathered.requests.end());
    gathered.more = true;
  }
  OrderedJson json = {
      {"items", OrderedJson::array()}, {"more", gathered.more}, {"answered_by", std::move(gathered.processes)}};
  for (const Remembered& one : gathered.requests) json["items"].push_back(json_of(one));
  return json_response(200, json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
}

class RefusedSteps final : public LongSteps {
 public:
  RefusedSteps(Services& services, std::unique_ptr<questions::Asker::Open> question, std::size_t limit)
      : services_(services), question_(std::move(question)), limit_(limit) {}
  std::size_t held() const override { return kHeldBytes; }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    if (!question_->wait(until)) return std::optional<http::Response>();
    Gathered gathered = gathered_of(question_->gathered());
    (gathered.processes.empty() ? services_.asked_partial : services_.asked_whole).add();
    return std::optional(answer_of(std::move(gathered), limit_));
  }

  Services& services_;
  const std::unique_ptr<questions::Asker::Open> question_;
  const std::size_t limit_;
};

// Payloads are events that were to be.
Result<bool> wants_payload(const Call& call) {
  const std::string asked = call.query("payload").value_or("false");
  if (asked != "true" && asked != "false") return fail(Code::invalid, "must be true or false", "payload");
  if (asked == "true" && !call.caller.allowed("events:read"))
    return fail(Code::forbidden, "payloads are shown to keys with the scope events:read", "payload");
  return asked == "true";
}

}  // namespace

Result<std::unique_ptr<http::Steps>> refused_requests(const Call& call, Services& services) {
  const std::string id = call.path("id").value_or("");
  if (!find<registry::Source>(*call.state, call.tenant, id)) return fail(not_found<registry::Source>(id));
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  const auto payload = wants_payload(call);
  if (!payload) return fail(payload.error());
  auto question = services.asker.ask_everybody(questions::kRefusedRequests, call.tenant,
                                               questions::RefusedSubject{id, *payload}.text());
  if (!question) {
    services.asked_refused.add();
    return fail(std::move(question.error()));
  }
  return std::unique_ptr<http::Steps>(std::make_unique<RefusedSteps>(services, std::move(*question), *limit));
}

}  // namespace certes::api
