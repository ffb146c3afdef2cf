#include "api/explain_event.hpp"

#include <algorithm>

#include "api/explain/explanation_json.hpp"
#include "api/history_answers.hpp"
#include "api/of_event.hpp"
#include "common/questions/asker.hpp"
#include "common/questions/delivery_standing.hpp"
#include "common/registry/resource_json.hpp"

namespace certes::api {
namespace {

using history::EventRow;
using questions::DeliveryStanding;
using questions::DeliverySubject;

// What has been answered of a place, and by which process.
struct Said {
  DeliveryStanding standing;
  std::string process;
};

log::Origin origin_of(const EventRow& row) { return {row.place.partition, row.place.offset}; }

// An answer about a partition that its process does not speak for is none.
std::vector<Said> said_in(const questions::Gathering& gathering) {
  std::vector<Said> all;
  for (const questions::Answer& answer : gathering.answers())
    for (const DeliveryStanding& one :
         questions::delivery_standings_of(answer.value).value_or(std::vector<DeliveryStanding>()))
      if (std::ranges::count(answer.partitions, one.place.partition) > 0) all.push_back({one, answer.from});
  return all;
}

class Explaining final : public OfEvent {
 public:
  Explaining(const Call& call, Services& services, std::string endpoint)
      : OfEvent(call, services), state_(call.state), endpoint_(std::move(endpoint)) {}

 private:
  Result<Answer> answer(const Found& found, SteadyTime until) override {
    if (!question_) {
      auto asked = ask(found);
      if (!asked) return fail(std::move(asked.error()));
      question_ = std::move(*asked);
    }
    if (!question_->wait(until)) return Answer();
    const questions::Gathering gathering = question_->gathered();
    (gathering.complete() ? services_.asked_whole : services_.asked_partial).add();
    return explained(found, gathering);
  }

  // The event's own record, and those of its repeats for this endpoint.
  bool concerns(const Found& found, const EventRow& record) const {
    return &record == &found.records.front() || names(record.endpoint, endpoint_);
  }

  Result<std::unique_ptr<questions::Asker::Open>> ask(const Found& found) {
    DeliverySubject subject{{}, endpoint_};
    for (const EventRow& record : found.records)
      if (concerns(found, record)) subject.places.push_back(origin_of(record));
    // Its own, and the last ones.
    if (subject.places.size() > DeliverySubject::kMostPlaces)
      subject.places.erase(subject.places.begin() + 1, subject.places.end() - (DeliverySubject::kMostPlaces - 1));
    std::vector<std::int32_t> about;
    for (const log::Origin& place : subject.places) about.push_back(place.partition);
    auto question = services_.asker.ask(questions::kDeliveryStanding, tenant_, subject.text(), about);
    if (!question) services_.asked_refused.add();
    return question;
  }

  Result<Answer> explained(const Found& found, const questions::Gathering& gathering) {
    const EventRow& event = found.records.front();
    auto back = read(event);
    if (!back) return fail(std::move(back.error()));
    if (back->instead) return std::move(back->instead);
    const Explanation explanation = explain(event, back->record.get());
    auto response = json_response(200, explanation_json(event, endpoint_, explanation, deliveries(found, gathering),
                                                        services_.deps.clock.unix_millis()));
    add_members(response, reach_of(history_));
    return Answer(std::move(response));
  }

  Explanation explain(const EventRow& event, const log::StoredRecord* record) const {
    log::StoredRecord gone;
    gone.appended_at = event.at;
    gone.headers.add("ce_type", event.type);
    const auto kind = registry::parse_event_kind(event.kind).value_or(registry::EventKind::event);
    return api::explain(*state_,
                        {{event.tenant, event.type, kind},
                         event.replay.empty() ? std::string_view() : std::string_view(event.endpoint),
                         record != nullptr ? *record : gone,
                         record != nullptr},
                        endpoint_, services_.deps.settings.backoff_policy);
  }

  std::vector<ExplainedDelivery> deliveries(const Found& found, const questions::Gathering& gathering) const {
    std::vector<ExplainedDelivery> all;
    const auto said = said_in(gathering);
    for (const EventRow& record : found.records) {
      if (!concerns(found, record)) continue;
      ExplainedDelivery& one = all.emplace_back(ExplainedDelivery{record});
      const auto recorded = std::ranges::find_if(found.deliveries, [&](const ShownDelivery& known) {
        return known.row.event == record.place && known.row.endpoint == endpoint_;
      });
      if (recorded != found.deliveries.end()) one.recorded = &recorded->row;
      const auto answered =
          std::ranges::find_if(said, [&](const Said& each) { return each.standing.place == origin_of(record); });
      if (answered == said.end()) continue;
      one.standing = answered->standing;
      one.process = answered->process;
    }
    return all;
  }

  const registry::StatePtr state_;
  const std::string endpoint_;
  std::unique_ptr<questions::Asker::Open> question_;
};

}  // namespace

Result<std::unique_ptr<http::Steps>> explain_event(const Call& call, Services& services) {
  std::string endpoint = call.query("endpoint").value_or("");
  if (endpoint.empty()) return fail(Code::invalid, "must name the endpoint that is asked about", "endpoint");
  if (!registry::valid_id(endpoint)) return fail(Code::invalid, "is no id of an endpoint", "endpoint");
  if (!services.history) return at_once(no_history());
  return std::make_unique<Explaining>(call, services, std::move(endpoint));
}

}  // namespace certes::api
