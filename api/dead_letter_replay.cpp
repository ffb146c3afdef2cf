#include "api/dead_letter_replay.hpp"

#include <algorithm>

#include "api/page.hpp"
#include "api/repair.hpp"
#include "api/replay_steps.hpp"
#include "api/steps.hpp"
#include "common/event/redelivery.hpp"
#include "common/event/stamp.hpp"
#include "common/log/names.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

using registry::Json;

constexpr std::size_t kMostReplayed = 1'000;
constexpr std::size_t kMostCursor = 64u << 10;  // it names each partition's end

// As much as a gateway looks into.
std::size_t most_unpacked(const Services& services) { return services.deps.settings.gateway.max_body_bytes; }

// The replays of one request, as they are collected, and sent on their way.
class Collected {
 public:
  Collected(const Call& call, Services& services, bool again, std::size_t most)
      : call_(call), services_(services), again_(again), most_(most), steps_(services, call.tenant) {}

  bool full() const { return failed_ || taken_ >= most_ || heavy(); }
  void take(const log::StoredRecord& letter) {
    auto replay = replay_of(letter, again_ ? std::optional(services_.new_id("rpl_")) : std::nullopt);
    const std::size_t most = services_.deps.log.max_record_bytes(log::Topic::events) - event::kMostStampBytes;
    if (!replay || replay->size() > most) return pass_over();
    if (is_quarantined(letter) && !holds(*replay, call_, most_unpacked(services_))) {
      ++refused_;
      return;
    }
    ++taken_;
    bytes_ += replay->size();
    failed_ = !steps_.add(letter.partition, std::move(*replay));
  }
  void pass_over() { ++skipped_; }
  Result<http::Response> finish(const std::optional<std::string>& next) && {
    if (next && heavy()) services_.cut_replays.add();
    const auto appended = steps_.finish();
    if (!appended) return fail(appended.error());
    return json_response(202, R"({"status":"accepted","count":)" + std::to_string(appended->stored) +
                                  R"(,"repeated":)" + std::to_string(appended->repeated) + R"(,"refused":)" +
                                  std::to_string(refused_) + R"(,"skipped":)" + std::to_string(skipped_) +
                                  R"(,"next":)" + json_text(next) + "}");
  }

 private:
  bool heavy() const { return bytes_ >= services_.deps.settings.api.replay_bytes; }

  const Call& call_;
  Services& services_;
  const bool again_;
  const std::size_t most_;
  ReplaySteps steps_;
  bool failed_ = false;
  std::size_t taken_ = 0;
  std::size_t bytes_ = 0;
  std::size_t refused_ = 0;  // still break their schema
  std::size_t skipped_ = 0;  // are for nobody, or not there, or have lost their payload
};

// What a request asks for.
struct Wanted {
  bool all = false, again = false, by_id = false;
  std::string endpoint;
  std::vector<DeadLetterIds::Id> ids;  // by their places, each once
  std::size_t limit = 100;
  DeadLetterCursor cursor;
};

Result<void> take_ids(registry::Fields& fields, std::vector<DeadLetterIds::Id>& ids) {
  std::vector<std::string> texts;
  fields.texts("ids", texts, kMostReplayed, 128);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto id = DeadLetterIds::parse(texts[i]);
    if (!id) return fail(Code::invalid, "is no id of a dead letter: these begin with dl_", "/ids/" + std::to_string(i));
    ids.push_back(std::move(*id));
  }
  const auto place = [](const DeadLetterIds::Id& id) { return std::pair(id.partition, id.offset); };
  std::ranges::sort(ids, {}, place);
  const auto same = [&](const DeadLetterIds::Id& one, const DeadLetterIds::Id& other) {
    return place(one) == place(other);
  };
  ids.erase(std::unique(ids.begin(), ids.end(), same), ids.end());
  return {};
}

Result<Wanted> wanted_of(const Call& call) {
  const auto json = registry::parse_json(call.request.body.empty() ? "{}" : call.request.body);
  if (!json) return fail(json.error());
  Wanted wanted;
  registry::Fields fields(*json, "");
  fields.boolean("all", wanted.all);
  fields.boolean("again", wanted.again);
  fields.text("endpoint", wanted.endpoint, 128);
  if (auto taken = take_ids(fields, wanted.ids); !taken) return fail(std::move(taken.error()));
  fields.integer<std::size_t>("limit", wanted.limit, 1, kMostReplayed);
  std::string after;
  fields.text("after", after, kMostCursor);
  if (auto error = fields.done()) return fail(std::move(*error));
  wanted.by_id = json->contains("ids");
  const bool filtered = !wanted.endpoint.empty() || wanted.by_id;
  if (!filtered && !wanted.all)
    return fail(Code::invalid, R"(say which: {"endpoint":…}, {"ids":[…]}, or {"all":true})");
  if (filtered && wanted.all) return fail(Code::invalid, "stands alone: there is a filter too", "/all");
  if (after.empty()) return wanted;
  const auto cursor = DeadLetterCursor::parse(after);
  if (!cursor) return fail(Code::invalid, "is no \"next\" of an earlier answer", "/after");
  wanted.cursor = *cursor;
  return wanted;
}

// Replays of one request, those with an id each where it stands, others as they are met.
class ReplayPage final : public LongSteps {
 public:
  ReplayPage(const Call& call, Services& services, Wanted&& wanted)
      : call_(call),
        services_(services),
        wanted_(std::move(wanted)),
        collected_(call_, services, wanted_.again, wanted_.limit),
        scan_(services.deps.log, call.tenant, scan_budget(services), wanted_.cursor),
        deadline_(std::chrono::steady_clock::now() + scan_budget(services).time) {}

  std::size_t held() const override { return ReplaySteps::kStepBytes; }

 private:
  // Whether there is more for another request. Nothing: for another step.
  using More = std::optional<bool>;

  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    const auto more = wanted_.by_id ? collect_ids(until) : collect_matching(until);
    if (!more) return fail(more.error());
    if (!*more) return std::nullopt;
    const std::string next = wanted_.by_id ? wanted_.cursor.text() : scan_.cursor().text();
    auto answer = std::move(collected_).finish(**more ? std::optional(next) : std::nullopt);
    if (!answer) return fail(std::move(answer.error()));
    return std::move(*answer);
  }

  // The cursor moves behind those that were looked at.
  Result<More> collect_ids(SteadyTime until) {
    for (; next_id_ < wanted_.ids.size(); ++next_id_) {
      const DeadLetterIds::Id& id = wanted_.ids[next_id_];
      if (std::pair(id.partition, id.offset) < std::pair(wanted_.cursor.partition, wanted_.cursor.offset)) continue;
      const auto now = std::chrono::steady_clock::now();
      if (collected_.full() || now > deadline_) return true;
      if (now >= until) return More();
      if (auto taken = take_id(id); !taken) return fail(std::move(taken.error()));
      wanted_.cursor = {id.partition, id.offset + 1, 0, {}};
    }
    return false;
  }
  Result<void> take_id(const DeadLetterIds::Id& id) {
    const auto letter =
        read_dead_letter(services_.deps.log, call_.tenant, services_.dead_letter_ids, id, scan_budget(services_).time);
    if (!letter) return fail(letter.error());
    if (*letter && fits(**letter))
      collected_.take(**letter);
    else
      collected_.pass_over();
    return {};
  }

  Result<More> collect_matching(SteadyTime until) {
    const auto end = scan_.go_on(until, [this](const log::RecordPtr& letter) {
      if (fits(*letter)) collected_.take(*letter);
      return !collected_.full();
    });
    if (!end) return fail(end.error());
    if (!*end) return More();
    if (**end == ScanEnd::budget) services_.cut_scans.add();
    return **end != ScanEnd::all;
  }

  bool fits(const log::StoredRecord& letter) const {
    return wanted_.endpoint.empty() || letter.headers.get(log::names::kEndpoint) == wanted_.endpoint;
  }

  const Call call_;
  Services& services_;
  Wanted wanted_;
  std::size_t next_id_ = 0;
  Collected collected_;
  DeadLetterScan scan_;
  const SteadyTime deadline_;  // of ids
};

Result<bool> asks_again(const Call& call) {
  bool again = false;
  if (call.request.body.empty()) return again;
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  fields.boolean("again", again);
  fields.passed_over({"data"});
  if (auto error = fields.done()) return fail(std::move(*error));
  return again;
}

}  // namespace

ScanBudget scan_budget(const Services& services) {
  const config::ApiSettings& api = services.deps.settings.api;
  return {api.scan_bytes, api.scan_time};
}

Result<http::Response> replay_one(const Call& call, Services& services, const log::StoredRecord& letter) {
  const auto again = asks_again(call);
  if (!again) return fail(again.error());
  if (event::is_hollow(letter))
    return fail(Code::conflict, "this dead letter has lost its payload: there is nothing to send");
  auto record = replay_of(letter, *again ? std::optional(services.new_id("rpl_")) : std::nullopt);
  if (!record) return fail(Code::conflict, "this dead letter was for no endpoint: there is none to send it to");
  auto refused = is_quarantined(letter) ? repair(*record, call, most_unpacked(services)) : refuse_data(call);
  if (!refused) return fail(std::move(refused.error()));
  if (*refused) return std::move(**refused);
  const std::string id(record->headers.get(log::names::kReplay));
  ReplaySteps steps(services, call.tenant);
  steps.add(letter.partition, std::move(*record));
  const auto appended = steps.finish();
  if (!appended) return fail(appended.error());
  Json answer = {{"id", id}, {"status", "accepted"}, {"count", appended->stored}};
  if (appended->repeated > 0) answer["duplicate"] = true;
  return json_response(202, answer.dump());
}

Result<std::unique_ptr<http::Steps>> replay_page(const Call& call, Services& services) {
  auto wanted = wanted_of(call);
  if (!wanted) return fail(wanted.error());
  // What fails again while the pages go on is another letter, and none of this replay.
  if (!wanted->by_id && wanted->cursor.ends.empty())
    if (auto ended = end_here(services.deps.log, wanted->cursor); !ended) return fail(std::move(ended.error()));
  return std::make_unique<ReplayPage>(call, services, std::move(*wanted));
}

}  // namespace certes::api
