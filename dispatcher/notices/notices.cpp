#include "dispatcher/notices/notices.hpp"

#include "common/event/own_names.hpp"
#include "common/event/record_headers.hpp"
#include "common/log/names.hpp"
#include "common/registry/fate.hpp"
#include "dispatcher/book/delivery_id.hpp"
#include "dispatcher/loading/backlog.hpp"

namespace certes::dispatcher {

using event::Notice;
using event::NoticeKind;

namespace {

// Whose the dead letter of a record is that is for no endpoint.
std::string_view tenant_of(const log::StoredRecord& record) {
  const std::string_view named = record.headers.get(log::names::kTenant);
  return event::fit_tenant(named) ? named : registry::kDefaultTenant;
}

}  // namespace

// One place among those that are out; who lets go of it before it was said to be on the log has lost it.
class Notices::OnItsWay {
 public:
  explicit OnItsWay(std::shared_ptr<Out> out) : out_(std::move(out)) { ++out_->count; }
  OnItsWay(const OnItsWay&) = delete;
  OnItsWay& operator=(const OnItsWay&) = delete;
  ~OnItsWay() {
    --out_->count;
    if (!arrived_ && out_->observer != nullptr) out_->observer->notice_lost("the log has not taken it");
  }
  void arrive() { arrived_ = true; }

 private:
  const std::shared_ptr<Out> out_;
  bool arrived_ = false;
};

// Answers make ids of the same kind, by the seed itself.
Notices::Notices(Routes& routes, Outcomes& outcomes, Observer& observer, const Clock& clock, std::uint64_t seed)
    : routes_(routes), outcomes_(outcomes), observer_(observer), clock_(clock), log_time_(clock), ids_(clock, ~seed) {
  out_->observer = &observer;
}

Notices::~Notices() { out_->observer = nullptr; }

void Notices::dead_lettered(const Delivery& delivery, const Letter& letter) {
  const log::StoredRecord& record = *delivery.record->record;
  const std::string_view type = record.headers.get("ce_type");
  if (event::is_own_type(type))
    return observer_.notice_lost("it has become a dead letter: " + std::string(letter.rule));
  const bool nobodys = delivery.backlog->name->endpoint == kNobody;
  Notice notice{.kind = NoticeKind::delivery_dead_lettered,
                .tenant = nobodys ? tenant_of(record) : std::string_view(delivery.backlog->name->tenant)};
  if (!nobodys) notice.endpoint = delivery.backlog->name->endpoint;
  tell_letter(notice, delivery, letter);
}

void Notices::exhausted(const Delivery& delivery, const Letter& letter, std::uint32_t replays) {
  if (event::is_own_type(delivery.record->record->headers.get("ce_type"))) return;
  Notice notice{.kind = NoticeKind::dead_letter_exhausted, .tenant = delivery.backlog->name->tenant};
  notice.endpoint = delivery.backlog->name->endpoint;
  notice.replays = replays;
  tell_letter(notice, delivery, letter);
}

void Notices::tell_letter(Notice notice, const Delivery& delivery, const Letter& letter) {
  if (!wanted(notice)) return;
  const log::StoredRecord& record = *delivery.record->record;
  notice.delivery = letter.delivery;
  notice.attempts = delivery.attempts;
  notice.rule = letter.rule;
  notice.error = letter.error;
  notice.status = letter.status;
  std::string id;
  if (const auto view = event::view(record)) {  // else nothing of it is to be believed
    id = event_id(*view);
    notice.event = Notice::Of{id, view->type, view->source, record.headers.get("ce_subject")};
  }
  send([&](std::function<void()> arrived) {
    auto made = delivery_notice_record(notice, record, ids_.next("evt_"), clock_.unix_millis());
    return outcomes_.append_event(delivery.record->place(), std::move(made), std::move(arrived));
  });
}

// One of which this process has seen no failure, and that was failing before it came, was said to be by another one.
void Notices::attempted(Endpoint& endpoint, const Judged& judged) {
  if (endpoint.reply || judged.sign == Sign::none) return;
  const UnixMillis now = clock_.unix_millis();
  const auto failing = [&](UnixMillis since) { return failing_for(endpoint.config(), since, now) >= kFailingAfter; };
  Notice notice{.kind = NoticeKind::endpoint_failing, .tenant = endpoint.config().tenant};
  notice.endpoint = endpoint.config().id;
  if (judged.sign == Sign::fails) {
    notice.since = endpoint.attempts.failing_since;
    if (endpoint.told_failing != 0 || !failing(notice.since)) return;
    endpoint.told_failing = notice.since;
    notice.error = judged.error;
    notice.status = judged.status;
    return say(notice);
  }
  const UnixMillis told = std::exchange(endpoint.told_failing, 0);
  const bool before = endpoint.attempts.last_failure == 0 && failing(judged.failing_since);
  if (told == 0 && !before) return;
  notice.kind = NoticeKind::endpoint_recovered;
  notice.since = told != 0 ? told : judged.failing_since;
  say(notice);
}

void Notices::filter_failing(const FailedFilter& failed, const log::StoredRecord& record,
                             const event::EventView& view) {
  if (event::is_own_type(view.type)) return;
  Notice notice{.kind = NoticeKind::filter_failing, .tenant = failed.tenant};
  notice.subscription = failed.subscription;
  notice.endpoint = failed.endpoint;
  notice.event = Notice::Of{view.id, view.type, view.source, record.headers.get("ce_subject")};
  notice.error = failed.why;
  say(notice);
}

void Notices::breaker_opened(const registry::Endpoint& endpoint) {
  Notice notice{.kind = NoticeKind::breaker_opened, .tenant = endpoint.tenant};
  notice.endpoint = endpoint.id;
  say(notice);
}

void Notices::breaker_closed(const registry::Endpoint& endpoint) {
  Notice notice{.kind = NoticeKind::breaker_closed, .tenant = endpoint.tenant};
  notice.endpoint = endpoint.id;
  say(notice);
}

void Notices::states(const registry::State& was, const registry::State& is) {
  registry::State::Map<registry::Endpoint>::difference(
      was.endpoints, is.endpoints, [this](const std::string&, const auto* before, const auto* after) {
        if (after == nullptr) return;
        const bool same = before != nullptr && (*before)->created_at == (*after)->created_at;
        endpoint_changed(same ? before->get() : nullptr, **after);
      });
}

// The registry tells of one change what it told of all before, also to a process that reads it from the beginning: what
// is news is what has happened of late.
void Notices::endpoint_changed(const registry::Endpoint* was, const registry::Endpoint& is) {
  const UnixMillis late = log_time_.now() - event::kNoticeSpan.count();
  UnixMillis known = 0;
  if (was != nullptr)
    for (const registry::StateInterval& one : was->intervals) known = std::max({known, one.from, one.to});
  for (const registry::StateInterval& one : is.intervals) {
    if (one.state != registry::EndpointState::disabled) continue;
    const bool lasts = one.to == 0;
    if (one.from > std::max(known, late))
      changed(is, NoticeKind::endpoint_disabled, one.from, lasts ? is.disabled_reason : std::string_view());
    if (!lasts && one.to > std::max(known, late)) changed(is, NoticeKind::endpoint_enabled, one.to, {});
  }
}

// When it was said in the registry is the same for all who read it.
void Notices::changed(const registry::Endpoint& endpoint, NoticeKind kind, UnixMillis at, std::string_view rule) {
  Notice notice{.kind = kind, .tenant = endpoint.tenant};
  notice.endpoint = endpoint.id;
  notice.since = at;
  notice.rule = rule;
  if (wanted(notice)) publish(notice, format_rfc3339(at));
}

void Notices::log_lost(std::int32_t partition, std::int64_t records) {
  Notice notice{.kind = NoticeKind::log_lost, .tenant = registry::kDefaultTenant};
  notice.partition = partition;
  notice.records = records;
  notice.error = "events or open deliveries are lost: the log has them no more";
  publish(notice, std::to_string(partition) + "/" + event::notice_span(log_time_.now()));
}

void Notices::say(const Notice& notice) {
  if (!wanted(notice)) return;
  const UnixMillis now = log_time_.now();
  std::string name(type_of(notice.kind));
  name.append(1, '/').append(notice.tenant).append(1, '/').append(notice.endpoint);
  name.append(1, '/').append(notice.subscription);
  if (said_.first(name, now)) publish(notice, event::notice_span(now));
}

bool Notices::wanted(const Notice& notice) {
  return routes_.state() != nullptr && routes_.router().anybody(notice.tenant, type_of(notice.kind));
}

void Notices::publish(const Notice& notice, std::string_view once) {
  send([&](std::function<void()> arrived) {
    auto made = to_record(notice_event(notice, once, ids_.next("evt_"), clock_.unix_millis()));
    return outcomes_.append_keyed(std::move(made), std::move(arrived));
  });
}

template <class Append>
void Notices::send(Append append) {
  if (out_->count >= kMostOut) return observer_.notice_lost("there are too many on their way to the log");
  const auto way = std::make_shared<OnItsWay>(out_);
  const auto taken = append([way] { way->arrive(); });
  if (taken) return;
  way->arrive();
  observer_.notice_lost(taken.error().message);
}

}  // namespace certes::dispatcher
