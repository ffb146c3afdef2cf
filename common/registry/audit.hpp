#pragma once
// The audit trail: the last changes to resources, who made them, when, and what was decided. It is made while the
// registry's log is followed, so it holds what the log holds; a snapshot carries it on when the log is trimmed. Values
// are kept as far as the API shows them, secrets never. Who: Decider (adds), Registry (asks). Pure; confined to one
// thread.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"

namespace certes::registry {

inline constexpr std::size_t kAuditEntries = 4'000;  // setting audit.entries

// What the API showed of the members that a change made differ: JSON objects of a value for each JSON pointer, empty
// where there is none; `omitted`: pointers of those whose value was too long to be kept.
struct AuditValues {
  std::string before, after;
  std::vector<std::string> omitted;

  bool operator==(const AuditValues&) const = default;
};

struct AuditEntry {
  enum class Action : std::uint8_t { create, change, remove };
  // Its place: the offset of the change, and its number among what that change did.
  std::int64_t offset = 0;
  std::int64_t part = 0;
  UnixMillis at = 0;
  std::string change_id;
  Action action = Action::change;
  std::string kind, tenant, id;
  std::string by;                    // id of the key, "dev", or "certes"
  std::string refused;               // empty: it was applied; else why not: "conflict", "invalid", …
  std::string reason;                // the same in words
  std::int64_t version = 0;          // that it made; of a removal the last one
  std::vector<std::string> members;  // that it changed, as JSON pointers into what the API shows
  AuditValues values;                // of these; of a creation and a removal, of all
  std::string with;                  // "endpoints/billing": removed because that was

  bool operator==(const AuditEntry&) const = default;
};

// Where a page ends: the next one holds what is older. As text "OFFSET.PART".
struct AuditCursor {
  std::int64_t offset = INT64_MAX;
  std::int64_t part = 0;
  std::string text() const;
  static std::optional<AuditCursor> parse(std::string_view text);
};

struct AuditQuery {
  std::string tenant = "default";
  std::string kind, id, by;     // empty: any
  UnixMillis from = 0, to = 0;  // from <= at < to; 0: open
  AuditCursor before;           // older than this
  std::size_t limit = 100;
};

struct AuditPage {
  std::vector<AuditEntry> entries;  // the newest first
  std::optional<AuditCursor> next;  // nothing: there are no more
  std::optional<UnixMillis> since;  // of the oldest change that is known, of any tenant
  std::uint64_t forgotten = 0;      // older ones, that this process has dropped
};

class AuditTrail {
 public:
  explicit AuditTrail(std::size_t limit = kAuditEntries) : limit_(limit) {}
  // Entries come in the order of their places.
  void add(AuditEntry entry);
  AuditPage page(const AuditQuery& query) const;
  const std::deque<AuditEntry>& entries() const { return entries_; }
  std::size_t bytes() const { return bytes_; }  // what they take in a snapshot, about
  std::uint64_t forgotten() const { return forgotten_; }
  void clear() {
    entries_.clear();
    bytes_ = 0;
  }

 private:
  std::size_t limit_;
  std::deque<AuditEntry> entries_;  // the newest last
  std::size_t bytes_ = 0;
  std::uint64_t forgotten_ = 0;
};

}  // namespace certes::registry
