#include "common/registry/plain_change.hpp"

#include <algorithm>
#include <charconv>

namespace certes::registry {
namespace {

// A string of printable ASCII without escapes.
bool take(std::string_view value, std::string& out) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return false;
  value = value.substr(1, value.size() - 2);
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (!std::ranges::all_of(value, plain)) return false;
  out = value;
  return true;
}

bool take(std::string_view value, std::int64_t& out) {
  constexpr std::size_t kDigits = 18;
  if (value.empty() || value.size() > kDigits || (value.size() > 1 && value.front() == '0')) return false;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  return error == std::errc{} && end == value.data() + value.size() && out >= 0;
}

bool take(std::string_view value, std::optional<std::int64_t>& out) { return take(value, out.emplace()); }

bool take(std::string_view value, bool& out) {
  out = value == "true";
  return out || value == "false";
}

bool take(std::string_view value, std::vector<std::string>& out) {
  const auto items = items_of(value);
  if (!items) return false;
  return std::ranges::all_of(*items, [&](const Slice& item) { return take(item.value, out.emplace_back()); });
}

bool take(std::string_view value, Change::Op& out) {
  constexpr std::pair<std::string_view, Change::Op> kOps[] = {
      {"\"create\"", Change::Op::create}, {"\"put\"", Change::Op::put}, {"\"remove\"", Change::Op::remove}};
  for (const auto& [text, op] : kOps) {
    if (text != value) continue;
    out = op;
    return true;
  }
  return false;
}

enum class Member : unsigned { v, change, op, kind, tenant, id, by, based_on, cascade, needs, claims, state, body };
constexpr std::string_view kMembers[] = {"v",        "change",  "op",    "kind",   "tenant", "id",  "by",
                                         "based_on", "cascade", "needs", "claims", "state",  "body"};
constexpr unsigned kRequired = (1u << static_cast<unsigned>(Member::based_on)) - 1;  // those before it

bool take(Member member, std::string_view value, ChangeRecord& record) {
  Change& of = record.change;
  std::int64_t format = 0;
  switch (member) {
    case Member::v: return take(value, format) && format == kRecordFormat;
    case Member::change: return take(value, record.change_id);
    case Member::op: return take(value, of.op);
    case Member::kind: return take(value, of.kind);
    case Member::tenant: return take(value, of.tenant);
    case Member::id: return take(value, of.id);
    case Member::by: return take(value, of.by);
    case Member::based_on: return take(value, of.based_on);
    case Member::cascade: return take(value, of.cascade);
    case Member::needs: return take(value, of.envelope.needs);
    case Member::claims: return take(value, of.envelope.claims);
    case Member::state: return take(value, of.envelope.state);
    case Member::body: of.body = value; return true;
  }
  return false;
}

}  // namespace

std::optional<ChangeRecord> plain_change(const std::vector<Slice>& members) {
  ChangeRecord record;
  unsigned met = 0;
  for (const Slice& member : members) {
    const auto* const name = std::ranges::find(kMembers, member.name);
    const auto which = static_cast<unsigned>(name - std::begin(kMembers));
    if (name == std::end(kMembers) || (met & 1u << which) != 0) return std::nullopt;
    if (!take(static_cast<Member>(which), member.value, record)) return std::nullopt;
    met |= 1u << which;
  }
  const Change& of = record.change;
  const bool named = !of.tenant.empty() && !of.kind.empty() && !of.id.empty() &&
                     of.tenant.find('/') == std::string::npos && of.kind.find('/') == std::string::npos;
  if ((met & kRequired) != kRequired || !named) return std::nullopt;
  return record;
}

}  // namespace certes::registry
