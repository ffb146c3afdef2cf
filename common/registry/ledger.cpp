#include "common/registry/ledger.hpp"

#include <algorithm>

#include "common/event/pattern.hpp"

namespace certes::registry {
namespace {

std::string name_of(const Change& change) { return change.kind + "/" + change.id; }

// "default/endpoints/billing" in words: endpoints/billing
std::string without_tenant(std::string_view key) { return std::string(key.substr(key.find('/') + 1)); }

// The version the change was made from must be the current one; 0 stands for none. The pointer tells these conflicts
// from those that span resources.
Result<void> check_version(const Change& change, std::int64_t current) {
  if (change.op == Change::Op::create && current != 0) {
    return fail(Code::conflict, name_of(change) + " exists already, in version " + std::to_string(current), "/version");
  }
  if (!change.based_on || *change.based_on == current) return {};
  const std::string now = current == 0 ? "does not exist" : "is in version " + std::to_string(current);
  return fail(Code::conflict,
              name_of(change) + " " + now + ", the change was made from version " + std::to_string(*change.based_on),
              "/version");
}

constexpr std::string_view kActive = "active";

// What a change at that time makes of them.
std::vector<Spell> spells_after(const EntryPtr& current, const Change& change, UnixMillis at, std::int64_t offset) {
  std::vector<Spell> spells = current ? current->spells : std::vector<Spell>();
  const std::string& state = change.envelope.state;
  if (current && current->envelope.state == state) return spells;
  if (!spells.empty() && spells.back().to == 0) {
    spells.back().to = std::max(at, spells.back().from + 1);
    spells.back().to_offset = offset;
  }
  if (state.empty() || state == kActive) return spells;
  const auto same = [&](const Spell& one) { return one.state == state; };
  if (static_cast<std::size_t>(std::ranges::count_if(spells, same)) == kKeptSpells)
    spells.erase(std::ranges::find_if(spells, same));
  spells.push_back({state, change.by, at, 0, offset, 0});
  return spells;
}

// By which change it was disabled last, as far as that is kept.
std::int64_t disabled_by(const std::vector<Spell>& spells) {
  const auto last = std::ranges::find(spells.rbegin(), spells.rend(), "disabled", &Spell::state);
  return last == spells.rend() ? kNeverDisabled : last->from_offset;
}

// What the change asks for is kept beside the entry, as of its time, and no more in its envelope.
void keep_asked(Entry& next, const EntryPtr& current, const Change& change, std::int64_t offset) {
  if (current) {
    next.purges = current->purges;
    next.retries = current->retries;
  }
  next.envelope.purge.reset();
  next.envelope.retry.reset();
  if (Purge asked = change.envelope.purge.value_or(Purge{}); change.envelope.purge) {
    asked.at = next.updated_at;
    asked.by = change.by;
    asked.offset = offset;
    add_purge(next.purges, std::move(asked), disabled_by(next.spells));
  }
  if (change.envelope.retry) add_retry(next.retries, {next.updated_at, change.envelope.retry->since, change.by});
}

// Beside its body: envelope, versions and times.
constexpr std::size_t kBesideBody = 256;

std::size_t bytes_of(const Entry& entry) { return entry.body->size() + kBesideBody; }

bool overlap(const std::vector<std::string>& some, const std::vector<std::string>& others) {
  for (const std::string& one : some)
    for (const std::string& other : others)
      if (event::overlap(one, other)) return true;
  return false;
}

}  // namespace

EntryPtr Ledger::find(std::string_view key) const {
  const EntryPtr* found = entries_.find(key);
  return found == nullptr ? nullptr : *found;
}

Result<void> Ledger::check_needs(const std::string& key, const Envelope& envelope) const {
  for (const std::string& need : envelope.needs)
    if (need != key && !entries_.contains(need))
      return fail(Code::conflict, without_tenant(key) + " needs " + without_tenant(need) + ", which does not exist");
  return {};
}

Result<void> Ledger::check_claims(const std::string& key, const std::string& tenant, const Envelope& envelope) const {
  const auto claimants = claimants_.find(tenant);
  if (envelope.claims.empty() || claimants == claimants_.end()) return {};
  for (const std::string& other : claimants->second)
    if (other != key && overlap(envelope.claims, entries_.at(other)->envelope.claims))
      return fail(Code::conflict,
                  without_tenant(other) + " takes commands of " + entries_.at(other)->envelope.claims.front() +
                      ": a command goes to one endpoint",
                  "/pattern");
  return {};
}

Result<Decision> Ledger::put(const Change& change, UnixMillis at, std::int64_t offset) {
  const std::string key = registry_key(change.tenant, change.kind, change.id);
  const EntryPtr current = find(key);
  if (auto ok = check_version(change, current ? current->version : 0); !ok) return fail(std::move(ok.error()));
  if (auto ok = check_needs(key, change.envelope); !ok) return fail(std::move(ok.error()));
  if (auto ok = check_claims(key, change.tenant, change.envelope); !ok) return fail(std::move(ok.error()));
  auto next = std::make_shared<Entry>();
  next->tenant = change.tenant;
  next->kind = change.kind;
  next->id = change.id;
  next->version = current ? current->version + 1 : 1;
  next->created_at = current ? current->created_at : at;
  next->created_by = current ? current->created_by : change.by;
  next->updated_at = at;
  next->updated_by = change.by;
  next->envelope = change.envelope;
  next->spells = spells_after(current, change, at, offset);
  keep_asked(*next, current, change, offset);
  next->body = std::make_shared<const std::string>(change.body);
  take_out(key);
  place(key, next);
  return Decision{next->version, current == nullptr};
}

Result<Decision> Ledger::remove(const Change& change, std::vector<EntryPtr>& went) {
  const std::string key = registry_key(change.tenant, change.kind, change.id);
  const EntryPtr current = find(key);
  if (!current) return fail(Code::not_found, "there is no " + name_of(change));
  if (auto ok = check_version(change, current->version); !ok) return fail(std::move(ok.error()));
  std::set<std::string> users;
  collect_users(key, users);
  users.erase(key);
  if (!change.cascade && !users.empty())
    return fail(Code::conflict, without_tenant(*users.begin()) + " needs " + name_of(change));
  for (const std::string& user : users) {
    went.push_back(entries_.at(user));
    take_out(user);
  }
  take_out(key);
  return Decision{current->version, false};
}

void Ledger::restore(EntryPtr entry) {
  const std::string key = registry_key(entry->tenant, entry->kind, entry->id);
  take_out(key);
  place(key, std::move(entry));
}

// Who needs it, who needs these, and so on.
void Ledger::collect_users(const std::string& key, std::set<std::string>& found) const {
  std::vector<std::string> open{key};
  while (!open.empty()) {
    const auto users = users_.find(open.back());
    open.pop_back();
    if (users == users_.end()) continue;
    for (const std::string& user : users->second)
      if (found.insert(user).second) open.push_back(user);
  }
}

void Ledger::place(const std::string& key, EntryPtr entry) {
  for (const std::string& need : entry->envelope.needs) users_[need].insert(key);
  if (!entry->envelope.claims.empty()) claimants_[entry->tenant].insert(key);
  bytes_ += bytes_of(*entry);
  entries_.set(key, std::move(entry));
}

void Ledger::take_out(const std::string& key) {
  const EntryPtr entry = find(key);
  if (!entry) return;
  for (const std::string& need : entry->envelope.needs) {
    const auto users = users_.find(need);
    if (users == users_.end()) continue;
    users->second.erase(key);
    if (users->second.empty()) users_.erase(users);
  }
  const auto claimants = claimants_.find(entry->tenant);
  if (claimants != claimants_.end()) claimants->second.erase(key);
  bytes_ -= bytes_of(*entry);
  entries_.erase(key);
}

}  // namespace certes::registry
