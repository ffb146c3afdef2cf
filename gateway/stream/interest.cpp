#include "gateway/stream/interest.hpp"

#include "common/event/event.hpp"
#include "common/event/pattern.hpp"
#include "common/log/names.hpp"

namespace certes::gateway::stream {
namespace {

constexpr std::array<std::string_view, kKinds> kNames = {"event", "command", "result", "log"};
constexpr std::uint8_t kAllOfEvents = 7;

std::optional<Kind> parse_kind(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Kind>(i);
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

Result<Interest> make_interest(std::string_view tenant, std::string_view kinds, std::string_view pattern,
                               std::string_view headers) {
  Interest interest;
  interest.tenant = tenant;
  if (kinds.empty()) interest.kinds = kAllOfEvents;
  while (!kinds.empty()) {
    const std::size_t comma = std::min(kinds.find(','), kinds.size());
    const auto kind = parse_kind(kinds.substr(0, comma));
    if (!kind)
      return fail(Code::invalid,
                  "kind is event, command, result or log, or several of these joined by commas; not \"" +
                      std::string(kinds.substr(0, std::min<std::size_t>(comma, 64))) + "\"",
                  "kind");
    interest.kinds = static_cast<std::uint8_t>(interest.kinds | 1u << static_cast<unsigned>(*kind));
    kinds.remove_prefix(std::min(comma + 1, kinds.size()));
  }
  if (!pattern.empty()) interest.pattern = pattern;
  if (!event::valid_pattern(interest.pattern))
    return fail(Code::invalid,
                "pattern is words of letters, digits and _/:- joined by '.', where * stands for one word and # for any "
                "number",
                "pattern");
  interest.headers = headers == "true";
  if (!interest.headers && !headers.empty() && headers != "false")
    return fail(Code::invalid, "headers is true or false", "headers");
  return interest;
}

std::optional<Sight> sight_of(const log::StoredRecord& record) {
  Sight sight{"default", {}, Kind::event};
  bool cloud_event = false;
  for (const auto header : record.headers) {
    if (header.name == "ce_type") {
      sight.type = header.value;
    } else if (header.name == "ce_specversion") {
      cloud_event = true;
    } else if (header.name == log::names::kTenant) {
      sight.tenant = header.value;
    } else if (header.name == log::names::kReplay) {
      return std::nullopt;
    } else if (header.name == log::names::kKind) {
      const auto kind = parse_kind(header.value);
      if (!kind || *kind == Kind::log) return std::nullopt;
      sight.kind = *kind;
    }
  }
  if (!cloud_event || !event::valid_type(sight.type)) return std::nullopt;
  return sight;
}

bool takes(const Interest& interest, const Sight& sight) {
  return interest.has(sight.kind) && interest.tenant == sight.tenant && event::matches(interest.pattern, sight.type);
}

}  // namespace certes::gateway::stream
