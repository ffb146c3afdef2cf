#include "common/base/phases.hpp"

#include "common/base/number.hpp"

namespace certes {
namespace {

constexpr std::string_view kNone = "-";

}  // namespace

std::string Phases::text() const {
  std::string text;
  for (const Part& part : {name, connect, tls, first_byte}) {
    if (!text.empty()) text += ',';
    text += part ? std::to_string(*part) : std::string(kNone);
  }
  return text;
}

std::optional<Phases> Phases::parse(std::string_view text) {
  Phases phases;
  Part* const parts[] = {&phases.name, &phases.connect, &phases.tls, &phases.first_byte};
  for (Part* const part : parts) {
    const bool is_last = part == &phases.first_byte;
    const std::size_t end = text.find(',');
    if ((end == text.npos) != is_last) return std::nullopt;
    const std::string_view said = text.substr(0, end);
    if (said != kNone && !(*part = parse_whole<std::uint32_t>(said))) return std::nullopt;
    if (!is_last) text.remove_prefix(end + 1);
  }
  return phases;
}

}  // namespace certes
