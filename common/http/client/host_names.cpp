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
  bool in_ring = false;
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
  const bool waited = std::erase(name.waiting, &place) > 0;
  place.in->erase(place.at);
  let_go(tenant, name);
  leave_ring_if_done(tenant);
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
  name.waiting.push_back(&place);
  move(place, name.silent ? tenant.again : tenant.first);
  if (!tenant.in_ring) ring_.push_back(&tenant);
  tenant.in_ring = true;
  return true;
}

void HostNames::stop_waiting(Name& name) {
  if (name.stage == Stage::waiting) --waiting_;
  name.stage = Stage::idle;
  for (Place* place : std::exchange(name.waiting, {})) {
    move(*place, place->tenant->idle);
    leave_ring_if_done(*place->tenant);
  }
}

std::optional<HostNames::Turn> HostNames::next() {
  const auto turn = whose_turn();
  if (turn == ring_.end()) return std::nullopt;
  Tenant& tenant = **turn;
  Name& name = *(tenant.first.empty() ? tenant.again : tenant.first).front().name;
  ring_.splice(ring_.end(), ring_, turn);
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

// Those who are at work on little before others. Passes over those who may not have a thread now.
HostNames::Ring::const_iterator HostNames::whose_turn() const {
  const auto little = std::ranges::find_if(
      ring_, [&](const Tenant* tenant) { return threads_.little(tenant->at_work) && may_begin(*tenant); });
  if (little != ring_.end()) return little;
  return std::ranges::find_if(ring_, [&](const Tenant* tenant) { return may_begin(*tenant); });
}

bool HostNames::may_begin(const Tenant& tenant) const {
  return threads_.may(tenant.at_work, at_work_) &&
         (!tenant.first.empty() || half_.may(tenant.silent_at_work, silent_at_work_));
}

void HostNames::leave_ring_if_done(Tenant& tenant) {
  if (!tenant.in_ring || !tenant.first.empty() || !tenant.again.empty()) return;
  ring_.remove(&tenant);
  tenant.in_ring = false;
}

void HostNames::drop_if_unused(Name& name) {
  if (name.places == 0 && name.stage != Stage::at_work) names_.erase(names_.find(std::string(name.host)));
}

void HostNames::drop_if_unused(Tenant& tenant) {
  if (tenant.places.empty() && tenant.at_work == 0) tenants_.erase(tenants_.find(tenant.name));
}

}  // namespace certes::http
