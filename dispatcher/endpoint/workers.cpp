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

// Which of a name's addresses are workers of their own: all, so that those of one family get what the other's cannot.
// One of each family is one host: the whole name, as libcurl is quicker to find out which of them leads there.
std::vector<std::string> workers_at(const std::vector<std::string>& addresses) {
  const auto is_v6 = [](const std::string& address) { return address.find(':') != std::string::npos; };
  const auto v6 = static_cast<std::size_t>(std::ranges::count_if(addresses, is_v6));
  if (v6 <= 1 && addresses.size() - v6 <= 1) return {std::string()};
  return addresses;
}

bool among(const Workers::Ids& ids, const Worker& worker) { return std::ranges::count(ids, worker.id) > 0; }

}  // namespace

Workers::~Workers() {
  for (auto& worker : workers_) let_go(std::move(worker));
}

void Workers::begin_anew(std::span<const std::string> urls, const std::optional<registry::BreakerSettings>& breaker,
                         int first_in_flight) {
  breaker_ = breaker;
  first_in_flight_ = first_in_flight;
  auto before = std::exchange(workers_, {});
  for (std::size_t place = 0; place < urls.size(); ++place) {
    std::vector<std::string> addresses;
    for (const Owned& worker : before)
      if (worker && worker->url == urls[place]) addresses.push_back(worker->address);
    if (addresses.empty()) addresses.emplace_back();
    for (const std::string& address : addresses) {
      add(before, urls[place], place, address);
      workers_.back()->breaker = Breaker(breaker_);
      workers_.back()->pace = Pace(first_in_flight_);
    }
  }
  for (Owned& worker : before)
    if (worker) let_go(std::move(worker));
  urls_ = urls.size();
  name_all();
}

// The one that is there already, or another.
void Workers::add(std::vector<Owned>& before, const std::string& url, std::size_t place, const std::string& address) {
  const auto known =
      std::ranges::find_if(before, [&](const Owned& one) { return one && one->url == url && one->address == address; });
  if (known != before.end()) {
    workers_.push_back(std::move(*known));
  } else {
    Worker& made = *workers_.emplace_back(std::make_unique<Worker>());
    made.id = ++last_id_;
    made.url = url;
    made.address = address;
    made.breaker = Breaker(breaker_);
    made.pace = Pace(first_in_flight_);
  }
  workers_.back()->place = place;
}

bool Workers::learn(const Worker& worker, const http::ResolutionPtr& resolution) {
  if (worker.left || worker.learnt == resolution) return false;
  const auto wanted = workers_at(resolution->addresses);
  std::vector<std::string> known;
  for (const Owned& one : workers_)
    if (one->place == worker.place) {
      known.push_back(one->address);
      one->learnt = resolution;
    }
  if (std::ranges::is_permutation(known, wanted)) return false;
  const std::string url = worker.url;  // the worker may go on the way
  replace(worker.place, url, wanted, resolution);
  return true;
}

void Workers::replace(std::size_t place, const std::string& url, const std::vector<std::string>& addresses,
                      const http::ResolutionPtr& learnt) {
  auto before = std::exchange(workers_, {});
  bool added = false;
  for (Owned& one : before) {
    if (!one) continue;
    if (one->place != place) {
      workers_.push_back(std::move(one));
    } else if (!std::exchange(added, true)) {
      for (const std::string& address : addresses) {
        add(before, url, place, address);
        workers_.back()->learnt = learnt;
      }
    }
  }
  for (Owned& one : before)
    if (one) let_go(std::move(one));
  name_all();
}

void Workers::name_all() {
  turn_ = 0;
  for (const Owned& worker : workers_) {
    worker->name.clear();
    if (workers_.size() == 1) continue;
    if (urls_ > 1) worker->name = "worker " + std::to_string(worker->place + 1) + " at ";
    worker->name += http::origin_of(worker->url);
    if (!worker->address.empty()) worker->name += " (" + worker->address + ")";
  }
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

std::vector<int> Workers::out_by_url() const {
  std::vector<int> out(urls_);
  for (const Owned& worker : workers_) out[worker->place] += worker->in_flight;
  return out;
}

// What is out to one that may have less is none of the others' room.
int Workers::allowed() const {
  if (workers_.size() == 1) return std::max(workers_.front()->limit(most_), workers_.front()->in_flight);
  const std::vector<int> out = out_by_url();
  std::vector<int> allowed(urls_);
  for (const Owned& worker : workers_) allowed[worker->place] += std::max(worker->limit(most_), worker->in_flight);
  int all = 0;
  for (std::size_t url = 0; url < urls_; ++url) all += std::max(std::min(allowed[url], most_), out[url]);
  return all;
}

bool Workers::has_room() const { return next({}, false) != nullptr; }

bool Workers::any_but(const Ids& tried) const {
  return std::ranges::any_of(workers_,
                             [&](const auto& worker) { return worker->limit(most_) > 0 && !among(tried, *worker); });
}

// `crowded`: whether it has room or not. What is out to a URL is asked only where several share its limit.
Worker* Workers::next(const Ids& tried, bool crowded) const {
  const std::vector<int> out = workers_.size() > urls_ ? out_by_url() : std::vector<int>();
  Worker* next = nullptr;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = *workers_[(turn_ + i) % workers_.size()];
    const bool has_room = worker.has_room(most_) && (out.empty() || out[worker.place] < most_);
    if ((!crowded && !has_room) || among(tried, worker)) continue;
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

void Workers::answered(const Seat& seat, Health health, SteadyTime now, Micros took) {
  Worker& worker = seat.worker();
  if (worker.left) return;
  switch (health) {
    case Health::unknown: break;
    case Health::works:
      worker.pace.worked(most_, now, {took, timeout_});
      if (worker.breaker.worked(now)) worker.pace.recovered();
      break;
    case Health::too_much: worker.pace.too_much(now); [[fallthrough]];
    case Health::fails: worker.breaker.failed(now); break;
  }
}

}  // namespace certes::dispatcher
