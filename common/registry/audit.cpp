#include "common/registry/audit.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace certes::registry {
namespace {

bool older(const AuditEntry& entry, const AuditCursor& than) {
  return std::tie(entry.offset, entry.part) < std::tie(than.offset, than.part);
}

bool matches(const AuditEntry& entry, const AuditQuery& query) {
  const auto is = [](const std::string& wanted, const std::string& value) { return wanted.empty() || wanted == value; };
  return entry.tenant == query.tenant && is(query.kind, entry.kind) && is(query.id, entry.id) &&
         is(query.by, entry.by) && entry.at >= query.from && (query.to == 0 || entry.at < query.to);
}

bool parse_number(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= 0;
}

// Beside its texts: names, numbers.
constexpr std::size_t kBesideTexts = 128;

std::size_t bytes_of(const AuditEntry& entry) {
  std::size_t bytes = kBesideTexts;
  for (const std::string* text : {&entry.change_id, &entry.kind, &entry.tenant, &entry.id, &entry.by, &entry.refused,
                                  &entry.reason, &entry.with, &entry.values.before, &entry.values.after})
    bytes += text->size();
  for (const auto* names : {&entry.members, &entry.values.omitted})
    for (const std::string& name : *names) bytes += name.size() + 3;
  return bytes;
}

}  // namespace

std::string AuditCursor::text() const { return std::to_string(offset) + "." + std::to_string(part); }

std::optional<AuditCursor> AuditCursor::parse(std::string_view text) {
  const std::size_t dot = text.find('.');
  AuditCursor cursor;
  if (dot == text.npos || !parse_number(text.substr(0, dot), cursor.offset) ||
      !parse_number(text.substr(dot + 1), cursor.part))
    return std::nullopt;
  return cursor;
}

void AuditTrail::add(AuditEntry entry) {
  bytes_ += bytes_of(entry);
  entries_.push_back(std::move(entry));
  if (entries_.size() <= limit_) return;
  bytes_ -= bytes_of(entries_.front());
  entries_.pop_front();
  ++forgotten_;
}

AuditPage AuditTrail::page(const AuditQuery& query) const {
  AuditPage page;
  page.forgotten = forgotten_;
  if (!entries_.empty()) page.since = entries_.front().at;
  auto it = std::partition_point(entries_.begin(), entries_.end(),
                                 [&](const AuditEntry& entry) { return older(entry, query.before); });
  while (it != entries_.begin()) {
    --it;
    if (!matches(*it, query)) continue;
    if (page.entries.size() == query.limit) {
      const AuditEntry& last = page.entries.back();
      page.next = AuditCursor{last.offset, last.part};
      break;
    }
    page.entries.push_back(*it);
  }
  return page;
}

}  // namespace certes::registry
