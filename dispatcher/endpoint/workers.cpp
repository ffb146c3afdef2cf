#include "dispatcher/endpoint/workers.hpp"

#include <algorithm>

#include "common/http/client/sender.hpp"

namespace certes::dispatcher {
namespace {

// Its last seat deletes one that still has some.
void let_go(std::unique_ptr<Worker> worker) {
  if (worker->in_flight == 0) return;
  worker->left = true;
  static_cast<void>(worker.release());
}

bool among(const Workers::Ids& ids, const Worker& worker) { return std::ranges::count(ids, worker.id) > 0; }

}  // namespace

Workers::~Workers() {
  for (auto& worker : workers_) let_go(std::move(worker));
}

void Workers::begin_anew(std::span<const std::string> urls, const std::optional<registry::BreakerSettings>& breaker,
                         int first_in_flight) {
  auto before = std::exchange(workers_, {});
  for (const std::string& url : urls) {
    const auto known = std::ranges::find_if(before, [&](const auto& one) { return one && one->url == url; });
    auto& worker = workers_.emplace_back(known == before.end() ? std::make_unique<Worker>() : std::move(*known));
    if (worker->id == 0) worker->id = ++last_id_;
    worker->url = url;
    worker->name.clear();
    if (urls.size() > 1) worker->name = "worker " + std::to_string(workers_.size()) + " at " + http::origin_of(url);
    worker->breaker = Breaker(breaker);
    worker->pace = Pace(first_in_flight);
  }
  for (auto& worker : before)
    if (worker) let_go(std::move(worker));
  turn_ = 0;
}

bool Workers::closed() const {
  return std::ranges::any_of(workers_, [](const auto& worker) { return worker->breaker.closed(); });
}

int Workers::tripped() const {
  if (workers_.size() == 1) return 0;
  return static_cast<int>(
      std::ranges::count_if(workers_, [](const auto& worker) { return !worker->breaker.closed(); }));
}

std::optional<SteadyTime> Workers::open_until() const {
  if (std::ranges::any_of(workers_, [](const auto& worker) { return !worker->breaker.opens_until(); }))
    return std::nullopt;
  return next_wake();
}

std::optional<SteadyTime> Workers::next_wake() const {
  std::optional<SteadyTime> next;
  for (const auto& worker : workers_)
    if (const auto until = worker->breaker.opens_until()) next = next ? std::min(*next, *until) : *until;
  return next;
}

void Workers::wake(SteadyTime now) {
  for (const auto& worker : workers_)
    if (const auto until = worker->breaker.opens_until(); until && *until <= now) worker->breaker.probe();
}

// What is out to one that may have less is none of the others' room.
int Workers::allowed() const {
  int allowed = 0;
  for (const auto& worker : workers_) allowed += std::max(worker->limit(most_), worker->in_flight);
  return allowed;
}

bool Workers::has_room() const {
  return std::ranges::any_of(workers_, [this](const auto& worker) { return worker->has_room(most_); });
}

bool Workers::any_but(const Ids& tried) const {
  return std::ranges::any_of(workers_,
                             [&](const auto& worker) { return worker->limit(most_) > 0 && !among(tried, *worker); });
}

// `crowded`: whether it has room or not.
Worker* Workers::next(const Ids& tried, bool crowded) const {
  Worker* next = nullptr;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = *workers_[(turn_ + i) % workers_.size()];
    if ((!crowded && !worker.has_room(most_)) || among(tried, worker)) continue;
    if (next == nullptr || worker.in_flight < next->in_flight) next = &worker;
  }
  return next;
}

Seat Workers::choose(const Ids& tried, SteadyTime now) {
  Worker* worker = next(tried, false);
  if (worker == nullptr && tried.empty()) worker = next(tried, true);
  if (worker == nullptr) return {};
  const auto at = std::ranges::find(workers_, worker, &std::unique_ptr<Worker>::get);
  turn_ = static_cast<std::size_t>(at - workers_.begin()) + 1;
  worker->pace.sent(now);
  return Seat(*worker);
}

void Workers::answered(const Seat& seat, Health health, SteadyTime now) {
  Worker& worker = seat.worker();
  if (worker.left) return;
  switch (health) {
    case Health::unknown: break;
    case Health::works:
      worker.pace.worked(most_, now);
      if (worker.breaker.worked(now)) worker.pace.recovered();
      break;
    case Health::too_much: worker.pace.too_much(now); [[fallthrough]];
    case Health::fails: worker.breaker.failed(now); break;
  }
}

}  // namespace certes::dispatcher
