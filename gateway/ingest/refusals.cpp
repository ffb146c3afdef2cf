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
void Refusals::refused(const Refused& refused) {
  const auto& [tenant, source, reason, why, place, request] = refused;
  metrics_.refused(tenant, source, reason, why, loop_.now());
  if (source.empty() || reason == kNotAccepted) return;
  remember(refused);
  Notice notice{.kind = reason == kInternal ? NoticeKind::source_failing : NoticeKind::ingest_rejected,
                .tenant = tenant};
  notice.source = source;
  if (notice.kind == NoticeKind::ingest_rejected) notice.rule = reason;
  notice.error = why;
  tell(notice, reason);
}

// Of headers the content type alone is remembered, and nothing of a body in which the source's secret is sought.
void Refusals::remember(const Refused& refused) {
  questions::RefusedRequest kept;
  kept.at = dependencies_.clock.unix_millis();
  kept.reason = refused.reason;
  kept.error = refused.why.substr(0, RefusedRequests::kMostText);
  kept.place = refused.place;
  if (refused.request != nullptr) {
    const http::Request& request = *refused.request;
    const std::string_view client = clients_.address_of(request);
    kept.client = client.empty() ? request.peer : client;
    kept.content_type = request.header("content-type");
    kept.bytes = request.body.size();
    const auto source = dependencies_.registry.state()->source(refused.tenant, refused.source);
    if (source && source->verify.pointer.empty()) {
      kept.payload = request.body.substr(0, RefusedRequests::kMostPayload);
      kept.payload_cut = kept.payload.size() < request.body.size();
    }
  }
  remembered_.add(refused.tenant, refused.source, std::move(kept));
}

void Refusals::looped(std::string_view tenant, std::string_view source, const http::Request& request) {
  metrics_.looped(tenant, source, loop_.now());
  const std::string why = event::too_many_hops();
  if (!source.empty()) remember({tenant, source, "loop_detected", why, event::kHops, &request});
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
