#include "gateway/ingest/refusals.hpp"

#include "common/event/hops.hpp"
#include "common/registry/takers.hpp"

namespace certes::gateway::ingest {

using event::Notice;
using event::NoticeKind;

namespace {
constexpr std::size_t kMostAsked = 1'000;
}  // namespace

// What the log or the gateway itself has no room for is no affair of the source's, and would find none either.
void Refusals::refused(std::string_view tenant, std::string_view source, std::string_view reason,
                       std::string_view why) {
  metrics_.refused(source, reason, why, loop_.now());
  if (source.empty() || reason == kNotAccepted) return;
  Notice notice{.kind = reason == kInternal ? NoticeKind::source_failing : NoticeKind::ingest_rejected,
                .tenant = tenant};
  notice.source = source;
  if (notice.kind == NoticeKind::ingest_rejected) notice.rule = reason;
  notice.error = why;
  tell(notice, reason);
}

void Refusals::looped(std::string_view tenant, std::string_view source) {
  metrics_.looped(tenant, source, loop_.now());
  const std::string why = event::too_many_hops();
  Notice notice{.kind = NoticeKind::loop_detected, .tenant = tenant};
  notice.source = source;
  notice.error = why;
  tell(notice, "hops");
}

void Refusals::tell(const Notice& notice, std::string_view of) {
  const UnixMillis now = dependencies_.clock.unix_millis();
  std::string name(notice.tenant);
  name.append(1, '/').append(notice.source).append(1, '/').append(of);
  if (!wanted(notice) || !said_.first(name, now)) return;
  const std::string once = std::string(of).append(1, '/').append(event::notice_span(now));
  publish_(to_record(notice_event(notice, once, ids_.next("evt_"), now)));
}

// Who causes refusals again and again makes nobody look through all subscriptions again and again.
bool Refusals::wanted(const Notice& notice) {
  registry::StatePtr state = dependencies_.registry.state();
  if (state != asked_ || has_.size() >= kMostAsked) has_.clear();
  asked_ = std::move(state);
  std::string name(notice.tenant);
  name.append(1, '/').append(type_of(notice.kind));
  const auto found = has_.find(name);
  if (found != has_.end()) return found->second;
  return has_.emplace(name, registry::has_taker(*asked_, notice.tenant, type_of(notice.kind))).first->second;
}

}  // namespace certes::gateway::ingest
