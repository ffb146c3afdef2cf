#include "api/jobs/reprocess.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "api/dead_letters.hpp"
#include "api/jobs/payloads.hpp"
#include "api/replay_steps.hpp"
#include "common/base/seconds.hpp"
#include "common/event/stamp.hpp"
#include "common/registry/nearest_policy.hpp"

namespace certes::api::jobs {
namespace {

using history::LetterRow;
using history::WaitingPlace;

constexpr Millis kLook{1'000}, kLongestRest{30'000};  // between two walks
constexpr Millis kLookStep{100};                      // of a step
constexpr std::size_t kDueAtOnce = 128;
constexpr std::size_t kRowsAtOnce = 64;

// As its policy says now; nothing: it says nothing of this.
std::optional<registry::Reprocess> reprocess_of(const registry::State& state, const LetterRow& letter) {
  const auto policy = policy_of(state, letter.tenant, letter.policy);
  return policy ? policy->reprocess : std::nullopt;
}

Millis wait_of(const registry::Reprocess& reprocess) { return millis_of(reprocess.every_seconds); }

bool is_active(const registry::State& state, const LetterRow& letter) {
  const auto endpoint = state.endpoint(letter.tenant, letter.endpoint);
  return endpoint && endpoint->state == registry::EndpointState::active;
}

}  // namespace

// There is no number of them.
Result<bool> Reprocess::count(registry::JobProgress& progress) {
  progress.total = 0;
  return true;
}

Result<bool> Reprocess::go_on(registry::JobProgress& progress, std::int64_t most) {
  rest_ = kLook;
  const history::History& history = *services_.history;
  const bool begins = behind_ == WaitingPlace();
  const auto until = history.indexed_until();
  if (!history.is_filled() || (begins && (!until || *until <= sent_at_))) return false;
  const UnixMillis now = services_.deps.clock.unix_millis();
  const UnixMillis known = now - services_.deps.settings.retention.events.count();
  const Moment moment{services_.deps.registry.state(), std::max(known, history.indexed_from().value_or(0)), now};
  auto found = walk(moment, std::min<std::size_t>(kDueAtOnce, static_cast<std::size_t>(most)));
  if (!found) return fail(found.error());
  if (auto sent = send(found->due, progress); !sent) return fail(sent.error());
  behind_ = found->over ? WaitingPlace() : std::move(found->behind);
  rest_ = found->over ? rest_behind(moment) : Millis{0};
  if (found->over) next_due_ = 0;
  return false;
}

// Behind a walk, until something may be due: what was met and was not, or what becomes a dead letter from now on. An
// endpoint that is resumed, or a policy that is changed, is seen by then.
Millis Reprocess::rest_behind(const Moment& moment) const {
  Millis rest = kLongestRest;
  for (const auto& [name, policy] : moment.state->backoff_policies)
    if (policy->reprocess) rest = std::min(rest, wait_of(*policy->reprocess));
  if (next_due_ != 0) rest = std::min(rest, Millis{next_due_ - moment.now});
  return std::max(rest, kLook);
}

Result<Reprocess::Found> Reprocess::walk(const Moment& moment, std::size_t most) {
  const auto until = std::chrono::steady_clock::now() + kLookStep;
  Found found;
  found.behind = behind_;
  while (found.due.size() < most && std::chrono::steady_clock::now() < until) {
    const auto rows = services_.history->look(
        [&](history::Lookup& lookup) { return lookup.waiting_letters(found.behind, kRowsAtOnce); });
    if (!rows) return fail(rows.error());
    found.over = rows->empty();
    if (found.over) break;
    for (const LetterRow& row : *rows) {
      const bool others = !found.due.empty() && found.due.back().tenant != row.tenant;
      if (others || found.due.size() == most) return found;
      if (!look_at(row, moment, found)) break;  // what follows it in the list is passed over
    }
  }
  return found;
}

// False: the walk goes on elsewhere than behind this letter.
bool Reprocess::look_at(const LetterRow& letter, const Moment& moment, Found& found) {
  const WaitingPlace here = WaitingPlace::of(letter);
  const auto jump = [&](WaitingPlace to) {
    found.behind = std::move(to);
    return false;
  };
  const auto reprocess = reprocess_of(*moment.state, letter);
  if (!reprocess) return jump(here.next_policy());
  const bool same = found.behind.tenant == here.tenant && found.behind.policy == here.policy &&
                    found.behind.endpoint == here.endpoint;
  if (!same) of_endpoint_ = 0;
  const bool enough = of_endpoint_ >= kOfEndpoint;
  if (enough) next_due_ = moment.now;
  if (enough || letter.replays >= reprocess->max_attempts || !is_active(*moment.state, letter))
    return jump(here.next_endpoint());
  if (const UnixMillis due = letter.at + wait_of(*reprocess).count(); due > moment.now) {
    next_due_ = next_due_ == 0 ? due : std::min(next_due_, due);
    return jump(here.next_replays());
  }
  found.behind = here;
  if (letter.at < moment.from) return true;
  found.due.push_back(letter);
  ++of_endpoint_;
  return true;
}

// Precondition: all of one tenant.
Result<void> Reprocess::send(const std::vector<LetterRow>& due, registry::JobProgress& progress) {
  if (due.empty()) return {};
  std::vector<history::Place> places;
  places.reserve(due.size());
  for (const LetterRow& letter : due) places.push_back(letter.place);
  const auto records = payloads_.read(log::Topic::dead_letters, places);
  if (!records) return fail(records.error());
  const std::string& tenant = due.front().tenant;
  const std::size_t most = services_.deps.log.max_record_bytes(log::Topic::events) - event::kMostStampBytes;
  ReplaySteps steps(services_, tenant);
  for (const log::RecordPtr& record : *records) {
    if (!record || !is_letter_of(*record, tenant)) continue;
    auto replay = api::replay_of(*record);
    if (!replay) continue;
    if (replay->size() > most) {
      if (told_.due(tenant, services_.deps.clock.now()))
        spdlog::warn("dead letters of the tenant {} are too large to be sent again by themselves", tenant);
      continue;
    }
    steps.add(record->partition, std::move(*replay));
  }
  const auto appended = steps.finish();
  sent_at_ = services_.deps.clock.unix_millis();
  if (!appended) return fail(appended.error());
  progress.done += static_cast<std::int64_t>(appended->stored);
  progress.repeated += static_cast<std::int64_t>(appended->repeated);
  return {};
}

}  // namespace certes::api::jobs
