#include "api/overview.hpp"

#include <algorithm>

#include "api/overview_json.hpp"
#include "api/steps.hpp"
#include "common/questions/asker.hpp"

namespace certes::api {
namespace {

using questions::OverviewSubject;

constexpr std::size_t kOverviewBytes = 64u << 10;  // of answers, usually
constexpr std::string_view kEveryTenant = "*";

// Whether it is of all tenants. As for what a tenant alone has (may_act_for): the default tenant's keys, with
// tenants:read.
Result<bool> of_all_tenants(const Call& call) {
  const auto tenants = call.query("tenants");
  if (!tenants) return false;
  if (*tenants != kEveryTenant) return fail(Code::invalid, "must be *: all of them; one is named by tenant", "tenants");
  if (call.query("tenant")) return fail(Code::invalid, "one tenant, or all of them: not both", "tenants");
  if (call.caller.tenant != registry::kDefaultTenant || !call.caller.allowed("tenants:read"))
    return fail(Code::forbidden, "all tenants are shown to keys of the tenant default with the scope tenants:read",
                "tenants");
  return true;
}

// An answer that is none covers nothing, and is of nobody.
GatheredOverview gathered_of(const questions::Gathering& gathering, questions::Heard& heard, UnixMillis now) {
  GatheredOverview gathered{gathering.covered(), gathering.all(), {}, {}};
  for (const questions::Answer& answer : gathering.answers()) {
    if (auto overview = questions::process_overview_of(answer.value))
      gathered.told.push_back({answer.from, answer.partitions.size(), std::move(*overview)});
    else
      gathered.covered -= static_cast<std::int32_t>(answer.partitions.size());
  }
  std::ranges::sort(gathered.told, {}, &ToldOverview::process);
  std::vector<std::string_view> names;
  for (const ToldOverview& told : gathered.told) names.emplace_back(told.process);
  gathered.missing = heard.answered(names, now);
  return gathered;
}

class OverviewSteps final : public LongSteps {
 public:
  OverviewSteps(Services& services, std::unique_ptr<questions::Asker::Open> question, std::string tenant,
                std::size_t limit)
      : services_(services), question_(std::move(question)), tenant_(std::move(tenant)), limit_(limit) {}
  std::size_t held() const override { return kOverviewBytes; }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    if (!question_->wait(until)) return std::optional<http::Response>();
    const UnixMillis now = services_.deps.clock.unix_millis();
    const GatheredOverview gathered = gathered_of(question_->gathered(), services_.heard, now);
    const bool whole = gathered.covered == gathered.all && gathered.missing.empty();
    (whole ? services_.asked_whole : services_.asked_partial).add();
    return std::optional(json_response(200, overview_json(gathered, tenant_, limit_, now)));
  }

  Services& services_;
  const std::unique_ptr<questions::Asker::Open> question_;
  const std::string tenant_;
  const std::size_t limit_;
};

}  // namespace

Result<std::unique_ptr<http::Steps>> overview(const Call& call, Services& services) {
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  const auto all = of_all_tenants(call);
  if (!all) return fail(all.error());
  const OverviewSubject subject{*all, std::min(*limit, OverviewSubject::kMostEndpoints)};
  auto question = services.asker.ask_everybody(questions::kOverview, call.tenant, subject.text());
  if (!question) {
    services.asked_refused.add();
    return fail(std::move(question.error()));
  }
  return std::unique_ptr<http::Steps>(std::make_unique<OverviewSteps>(
      services, std::move(*question), *all ? std::string(kEveryTenant) : call.tenant, subject.endpoints));
}

}  // namespace certes::api
