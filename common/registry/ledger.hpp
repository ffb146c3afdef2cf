#pragma once
// Ledger: what stands in the registry, as its followers know it: of each resource its envelope, its version and its
// body, which is bytes. What a change does is decided here, and by nothing but versions, needs and claims, so that two
// releases that read bodies by other rules decide every log alike. These rules are frozen: another one is another
// format of the records (record_json.hpp). Who: Decider. Pure; confined to one thread.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/registry/registry.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

// How long an endpoint was in a state other than "active" (envelope).
struct Spell {
  std::string state, by;
  UnixMillis from = 0, to = 0;                  // append times; to = 0: it lasts
  std::int64_t from_offset = 0, to_offset = 0;  // of the changes; to_offset only once it is over
  bool operator==(const Spell&) const = default;
};

// One resource as it stands.
struct Entry : Meta {
  std::string kind;
  Envelope envelope;
  // The oldest first.
  std::vector<Spell> spells;  // of each state the last kKeptSpells
  std::vector<Purge> purges;
  std::vector<Retry> retries;
};
inline constexpr std::size_t kKeptSpells = 16;
using EntryPtr = std::shared_ptr<const Entry>;

class Ledger {
 public:
  using Entries = PersistentMap<EntryPtr>;  // by registry_key; a copy is what a snapshot is written from

  // Errors: conflict; with the pointer /version, that it was made from another version.
  // `at`, `offset`: when it was appended, and where it stands.
  Result<Decision> put(const Change& change, UnixMillis at, std::int64_t offset);
  // `went`: what was removed with it, as others needed it. Errors: not_found, conflict.
  Result<Decision> remove(const Change& change, std::vector<EntryPtr>& went);
  // As a snapshot holds it: it is not decided again.
  void restore(EntryPtr entry);

  const Entries& entries() const { return entries_; }
  std::size_t bytes() const { return bytes_; }  // what the entries take in a snapshot, about
  EntryPtr find(std::string_view key) const;

 private:
  Result<void> check_needs(const std::string& key, const Envelope& envelope) const;
  Result<void> check_claims(const std::string& key, const std::string& tenant, const Envelope& envelope) const;
  void place(const std::string& key, EntryPtr entry);
  void take_out(const std::string& key);
  void collect_users(const std::string& key, std::set<std::string>& found) const;

  Entries entries_;
  std::size_t bytes_ = 0;
  std::map<std::string, std::set<std::string>, std::less<>> users_;      // who needs it, by key
  std::map<std::string, std::set<std::string>, std::less<>> claimants_;  // by tenant: the keys of who claims something
};

}  // namespace certes::registry
