#include "api/jobs/one_event.hpp"

#include "api/history_answers.hpp"
#include "api/jobs/event_replay.hpp"
#include "api/jobs/job_request.hpp"
#include "api/of_event.hpp"
#include "api/replay_steps.hpp"
#include "common/base/hash.hpp"
#include "common/base/hex.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "common/registry/job_json.hpp"

namespace certes::api {
namespace {

struct OneReplayAsked {
  std::string endpoint;
  std::optional<registry::Priority> priority;
  bool again = false;
};

Result<OneReplayAsked> one_replay_asked(const Call& call) {
  OneReplayAsked asked;
  if (call.request.body.empty()) return asked;
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  fields.text("endpoint", asked.endpoint, 128);
  read_priority(fields, asked.priority);
  fields.boolean("again", asked.again);
  if (auto error = fields.done()) return fail(std::move(*error));
  if (auto may = jobs::check_class(call, asked.priority); !may) return fail(std::move(may.error()));
  if (auto known = jobs::check_target(call, asked.endpoint, "/endpoint"); !known) return fail(std::move(known.error()));
  return asked;
}

class EventReplayed final : public OfEvent {
 public:
  EventReplayed(const Call& call, Services& services, OneReplayAsked asked)
      : OfEvent(call, services), asked_(std::move(asked)) {}

 private:
  Result<Answer> answer(const Found& found, SteadyTime) override {
    const history::EventRow& event = found.records.front();
    auto read = this->read(event);
    if (!read) return fail(std::move(read.error()));
    if (read->instead) return std::move(read->instead);
    auto replay = jobs::replay_of(event, read->record, {name_of(event), asked_.endpoint, asked_.priority}, services_);
    if (!replay) return fail(std::move(replay.error()));
    const std::string id(replay->headers.get(log::names::kReplay));
    ReplaySteps steps(services_, tenant_);
    steps.add(event.place.partition, std::move(*replay));
    const auto appended = steps.finish();
    if (!appended) return fail(appended.error());
    const std::string repeated = appended->repeated > 0 ? R"(,"duplicate":true)" : "";
    return Answer(json_response(202, R"({"id":")" + id + R"(","status":"accepted","count":)" +
                                         std::to_string(appended->stored) + repeated + "}"));
  }
  std::string name_of(const history::EventRow& event) const {
    std::string by;
    if (asked_.again)
      by = services_.new_id("");
    else if (!asked_.endpoint.empty())
      append_hex(by, hash64(asked_.endpoint));
    return event::event_replay_id(event.place.partition, event.place.offset, by);
  }

  const OneReplayAsked asked_;
};

}  // namespace

Result<std::unique_ptr<http::Steps>> replay_event(const Call& call, Services& services) {
  auto asked = one_replay_asked(call);
  if (!asked) return fail(std::move(asked.error()));
  if (!services.history) return at_once(no_history());
  return std::make_unique<EventReplayed>(call, services, std::move(*asked));
}

}  // namespace certes::api
