#include "tests/dispatcher/simulation/judge.hpp"

#include <algorithm>

#include "common/event/command.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "dispatcher/book/delivery_id.hpp"

namespace certes::dispatcher::simulation {

namespace names = log::names;
using registry::EndpointState;
using registry::Fate;

bool Judge::has_come_before(const log::StoredRecord& event) {
  const auto view = event::view(event);
  if (!view) return false;
  const std::string replay(view->replay), tenant(view->tenant);
  if (replay.empty() && view->client_gave_id)
    return !identities_.insert(tenant + "\n" + std::string(view->source) + "\n" + std::string(view->client_id)).second;
  return event::made_once(replay) && !identities_.insert(tenant + "\n" + replay + "\n" + std::string(view->id)).second;
}

void Judge::landed(const log::RecordPtr& record) {
  const log::Headers& from = record->headers;
  Item& item = items_[{record->partition, record->offset}];
  const std::string replay(from.get(names::kReplay));
  item.what = from.get(names::kId);
  if (item.what.empty())
    item.what = "what is at " + std::to_string(record->partition) + ":" + std::to_string(record->offset);
  if (!replay.empty()) item.what += " as " + replay;
  item.kind = registry::parse_event_kind(from.get(names::kKind)).value_or(EventKind::event);
  item.type = from.get("ce_type");
  item.key = from.get("ce_partitionkey");
  item.malformed = !event::view(*record);
  item.repeated = has_come_before(*record);
  item.to_reply = item.kind == EventKind::result && from.find(names::kReplyTo);
  item.offset = record->offset;
  item.record = record;
  item.accepted_in = registry_.now()->number;
  if (item.kind == EventKind::result) result_landed(*record);
  if (item.type == kDeadLettered && replay.empty() && !item.repeated) told(item, *record);
  add_deliveries(item, *record);
  say(item.what + " (" + item.type + (item.repeated ? ", again" : "") + ") stands on the log since " +
      std::to_string(record->appended_at % 1'000'000'000));
}

// Whoever has seen the end of it, however often.
void Judge::told(const Item& item, const log::StoredRecord& notice) {
  static constexpr std::string_view kMember = R"("delivery":")";
  const std::string_view from = std::string_view(notice.value).substr(notice.value.find(kMember) + kMember.size());
  const std::string delivery(from.substr(0, from.find('"')));
  const auto found = of_.find(delivery);
  if (found == of_.end()) return violate("TOLD: " + item.what + " is of no delivery that there is");
  if (found->second.item->type == kDeadLettered) violate("TOLD: " + item.what + " is of another that tells");
  if (!told_.insert(delivery).second) violate("TOLD: " + item.what + " is another one of " + delivery);
}

// Of two the first counts, whoever made it.
void Judge::result_landed(const log::StoredRecord& result) {
  results_.insert(std::string(result.headers.get("ce_id")));
  for (auto& [place, item] : items_)
    if (item.kind == EventKind::command && item.result == result.headers.get("ce_id") &&
        result.headers.get(names::kId).starts_with("evt_posted"))
      item.answered = true;
}

void Judge::add_deliveries(Item& item, const log::StoredRecord& record) {
  const log::Headers& from = record.headers;
  const std::string place = std::to_string(record.partition) + ":" + std::to_string(record.offset);
  if (item.malformed) return add(item, delivery_id(place, "malformed", {}), {}, record.partition);
  const std::string id(from.get(names::kId)), replay(from.get(names::kReplay)), tenant(from.get(names::kTenant));
  if (item.kind == EventKind::command) {
    item.result = event::result_name(id, replay);
    add(item, delivery_id(place, "unbound", {}), {}, record.partition);
  }
  for (std::string_view left = from.get(names::kEndpoint); !left.empty();) {
    item.directed.insert(tenant + "/" + std::string(left.substr(0, left.find(','))));
    left.remove_prefix(std::min(left.size(), left.find(',') == left.npos ? left.size() : left.find(',') + 1));
  }
  for (const std::string& endpoint : kEndpoints)
    if (tenant_of(endpoint) == tenant) add(item, delivery_id(id, id_of(endpoint), replay), endpoint, record.partition);
  if (item.to_reply) add(item, delivery_id(id, id_of(kReplyTo), replay), kReplyTo, record.partition);
}

// A record that was appended twice is one.
void Judge::add(Item& item, const std::string& delivery, const std::string& endpoint, std::int32_t partition) {
  if (!of_.try_emplace(delivery, Of{&item, endpoint}).second) return;
  item.deliveries.push_back(delivery);
  expect(delivery, item.what + (endpoint.empty() ? " for nobody" : " for " + endpoint), partition);
}

void Judge::check(const Request& request, const registry::State& state) {
  const auto& [item, endpoint] = of(request.delivery);
  const std::string what = item->what + " was sent to " + request.endpoint;
  if (endpoint != request.endpoint) violate("SENT: " + what + ", and was for " + endpoint);
  if (item->repeated) violate("SENT: " + what + ", and had come before");
  const auto config = state.endpoint(tenant_of(endpoint), id_of(endpoint));
  if (!clocks_jump_ && !tolerant())
    pace_.sent(request.delivery, request.attempt, timed_ && is_timed(endpoint), request.current, config.get());
  const bool first = by_class_ && request.attempt == 1;
  if (first && !order_.sent(request.process, endpoint, partition_of(request.delivery), item->offset))
    violate("ORDER: " + what + " after what stands behind it");
  if (endpoint == kReplyTo) return;
  // What it did not match at first may be routed again later, and match.
  const bool keeps_order = request.current && !tolerant() && steady(of(request.delivery));
  if (keeps_order && config && config->ordering == registry::Ordering::key && !item->key.empty() &&
      !keys_.sent(endpoint, config->created_at, item->key, item->offset))
    violate("KEY: " + what + " after what stands behind it in its key");
  if (!config || config->state != EndpointState::active) violate("SENT: " + what + ", which is not active");
  if (config && fate(*config, *item).value_or(Fate::deliver) != Fate::deliver)
    violate("SENT: " + what + ", whose time it was not");
  const bool asked = item->directed.empty()
                         ? registry_.ever_covered(endpoint, item->kind, item->type, item->accepted_in)
                         : item->directed.contains(endpoint);
  if (!asked) violate("SENT: " + what + ", which never asked");
}

void Judge::decided(const dispatcher::AttemptRecord& attempt, const registry::State& state) {
  const auto found = of_.find(std::string(attempt.delivery));
  if (clocks_jump_ || tolerant() || found == of_.end() || !timed_ || !is_timed(found->second.endpoint)) return;
  const std::string& endpoint = found->second.endpoint;
  if (const auto config = state.endpoint(tenant_of(endpoint), id_of(endpoint))) pace_.decided(attempt, *config);
}

int Judge::ends_of(const Item& item) const {
  int ends = 0;
  for (const std::string& delivery : item.deliveries) ends += track(delivery).ends;
  return ends;
}

void Judge::recorded(const dispatcher::Outcome& outcome, const log::StoredRecord& record, Track& track) {
  const auto& [item, endpoint] = of(outcome.delivery);
  pace_.recorded(outcome.delivery, outcome.attempt, record.appended_at);
  if (!outcome.ends() || item->kind != EventKind::command) return;
  if (!results_.contains(item->result)) violate("RESULT: " + track.what + " ended before its result");
  if (ends_of(*item) > 1) violate("FORK: " + item->what + " ended twice");
}

void Judge::passed(const log::StoredRecord& event) {
  const auto found = items_.find({event.partition, event.offset});
  if (found == items_.end() || tolerant()) return;
  const Item& item = found->second;
  if (item.kind == EventKind::command && !item.repeated && ends_of(item) == 0)
    violate("FINISH: committed past " + item.what + ", which is open");
  for (const std::string& delivery : item.deliveries)
    if (track(delivery).ends == 0 && must(delivery) == Must::end)
      violate("FINISH: committed past " + track(delivery).what + ", which is open");
}

}  // namespace certes::dispatcher::simulation
