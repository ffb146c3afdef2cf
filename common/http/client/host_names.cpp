#include "common/http/client/host_names.hpp"

#include <algorithm>
#include <iterator>

namespace certes::http {

struct HostNames::Tenant {
  std::string_view name;
  Places idle;          // what was not asked for the longest first
  Places first, again;  // its lane; again: of silent names
  std::unordered_map<const Name*, Places::iterator> places;
  int at_work = 0, silent_at_work = 0;
  Ring* ring = nullptr;  // that it is in, by its turn
  std::uint64_t turn = 0;
};

namespace {

void move(HostNames::Place& place, HostNames::Places& to) {
  to.splice(to.end(), *place.in, place.at);
  place.in = &to;
}

}  // namespace

HostNames::HostNames(std::size_t threads, std::size_t most)
    : most_(std::max<std::size_t>(1, most)),
      threads_(static_cast<int>(threads)),
      half_(std::max(1, static_cast<int>(threads / 2))) {}

HostNames::~HostNames() = default;

HostNames::Place* HostNames::place(std::string_view tenant_name, const std::string& host, Tells& away) {
  Tenant& tenant = tenant_of(tenant_name);
  if (const auto name = names_.find(host); name != names_.end()) {
    if (const auto found = tenant.places.find(&name->second); found != tenant.places.end()) {
      Place& place = *found->second;
      if (place.in == &tenant.idle) move(place, tenant.idle);
      return &place;
    }
  }
  if (held_ >= most_ && !make_room(tenant, away)) return nullptr;
  const auto named = names_.try_emplace(host).first;
  Name& name = named->second;
  name.host = named->first;
  const auto at = tenant.idle.insert(tenant.idle.end(), Place{&name, &tenant, &tenant.idle, {}});
  at->at = at;
  hold(tenant, name, at);
  return &*at;
}

HostNames::Tenant& HostNames::tenant_of(std::string_view name) {
  auto found = tenants_.find(name);
  if (found == tenants_.end()) {
    found = tenants_.emplace(std::string(name), std::make_unique<Tenant>()).first;
    found->second->name = found->first;
  }
  return *found->second;
}

// Of those who hold equally many the one who asks.
bool HostNames::make_room(Tenant& asking, Tells& away) {
  Tenant& most = *holders_.rbegin()->second;
  Tenant& gives_way = asking.places.size() >= most.places.size() ? asking : most;
  if (!gives_way.idle.empty()) {
    remove(gives_way.idle.front(), away);
  } else if (&gives_way == &asking) {
    return false;
  } else {
    remove((gives_way.again.empty() ? gives_way.first : gives_way.again).back(), away);
  }
  if (&gives_way != &asking) drop_if_unused(gives_way);
  return true;
}

void HostNames::remove(Place& place, Tells& away) {
  Tenant& tenant = *place.tenant;
  Name& name = *place.name;
  const bool waited = name.waiting.erase(&place) > 0;
  place.in->erase(place.at);
  let_go(tenant, name);
  keep_in_ring(tenant);
  if (waited && name.waiting.empty()) {
    stop_waiting(name);
    std::ranges::move(name.telling, std::back_inserter(away));
    name.telling.clear();
  }
  drop_if_unused(name);
}

void HostNames::hold(Tenant& tenant, Name& name, Places::iterator place) {
  holders_.erase({tenant.places.size(), &tenant});
  tenant.places.emplace(&name, place);
  holders_.insert({tenant.places.size(), &tenant});
  ++name.places;
  ++held_;
}

void HostNames::let_go(Tenant& tenant, Name& name) {
  holders_.erase({tenant.places.size(), &tenant});
  tenant.places.erase(&name);
  if (!tenant.places.empty()) holders_.insert({tenant.places.size(), &tenant});
  --name.places;
  --held_;
}

bool HostNames::wait(Place& place) {
  Tenant& tenant = *place.tenant;
  Name& name = *place.name;
  if (name.stage == Stage::at_work || place.in != &tenant.idle) return false;
  if (name.stage == Stage::idle) ++waiting_;
  name.stage = Stage::waiting;
  name.waiting.insert(&place);
  move(place, name.silent ? tenant.again : tenant.first);
  keep_in_ring(tenant);
  return true;
}

void HostNames::stop_waiting(Name& name) {
  if (name.stage == Stage::waiting) --waiting_;
  name.stage = Stage::idle;
  for (Place* place : std::exchange(name.waiting, {})) {
    move(*place, place->tenant->idle);
    keep_in_ring(*place->tenant);
  }
}

std::optional<HostNames::Turn> HostNames::next() {
  Tenant* const turn = whose_turn();
  if (turn == nullptr) return std::nullopt;
  Tenant& tenant = *turn;
  Name& name = *(tenant.first.empty() ? tenant.again : tenant.first).front().name;
  leave_ring(tenant);
  keep_in_ring(tenant);  // behind the others
  stop_waiting(name);
  name.stage = Stage::at_work;
  for (int* count : {&at_work_, &tenant.at_work}) ++*count;
  for (int* count : {&silent_at_work_, &tenant.silent_at_work}) *count += name.silent;
  return Turn{&name, &tenant, std::string(name.host), name.silent};
}

void HostNames::done(const Turn& turn) {
  Tenant& tenant = *turn.tenant;
  for (int* count : {&at_work_, &tenant.at_work}) --*count;
  for (int* count : {&silent_at_work_, &tenant.silent_at_work}) *count -= turn.silent;
  turn.name->stage = Stage::idle;
  drop_if_unused(*turn.name);
  drop_if_unused(tenant);
}

// Those who are at work on little before others. Passes over those who may not have a thread now, who are among those
// that have some.
HostNames::Tenant* HostNames::whose_turn() const {
  if (!threads_.may(0, at_work_)) return nullptr;
  Tenant* const little = first_in_ring([&](const Tenant& tenant) { return threads_.little(tenant.at_work); });
  if (little != nullptr || !threads_.spare(at_work_)) return little;
  return first_in_ring([](const Tenant&) { return true; });
}

template <class May>
HostNames::Tenant* HostNames::first_in_ring(const May& may) const {
  const auto first = std::ranges::find_if(first_, [&](const auto& turn) { return may(*turn.second); });
  const auto may_again = [&](const auto& turn) {
    return may(*turn.second) && half_.may(turn.second->silent_at_work, silent_at_work_);
  };
  const bool any_again = half_.may(0, silent_at_work_);
  const auto again = any_again ? std::ranges::find_if(again_, may_again) : again_.end();
  if (first != first_.end() && (again == again_.end() || first->first < again->first)) return first->second;
  return again == again_.end() ? nullptr : again->second;
}

// In the ring that it belongs to now, in the turn that it has; who comes new has the last.
void HostNames::keep_in_ring(Tenant& tenant) {
  Ring* const to = !tenant.first.empty() ? &first_ : !tenant.again.empty() ? &again_ : nullptr;
  if (to == tenant.ring) return;
  const std::uint64_t turn = tenant.ring == nullptr ? ++turns_ : tenant.turn;
  leave_ring(tenant);
  if (to != nullptr) to->emplace(turn, &tenant);
  tenant.ring = to;
  tenant.turn = turn;
}

void HostNames::leave_ring(Tenant& tenant) {
  if (tenant.ring != nullptr) tenant.ring->erase(tenant.turn);
  tenant.ring = nullptr;
}

void HostNames::drop_if_unused(Name& name) {
  if (name.places == 0 && name.stage != Stage::at_work) names_.erase(names_.find(std::string(name.host)));
}

void HostNames::drop_if_unused(Tenant& tenant) {
  if (tenant.places.empty() && tenant.at_work == 0) tenants_.erase(tenants_.find(tenant.name));
}

}  // namespace certes::http
