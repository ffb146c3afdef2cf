#include "gateway/stream/positions.hpp"

#include <charconv>

namespace certes::gateway::stream {
namespace {

constexpr int kBase = 36;
constexpr std::size_t kDigits = 13;  // of the largest offset

}  // namespace

std::string to_id(const Positions& positions) {
  std::string id = "p";
  char digits[kDigits];
  for (const std::int64_t position : positions) {
    if (id.size() > 1) id.push_back('-');
    const auto end = std::to_chars(digits, digits + kDigits, position, kBase).ptr;
    id.append(digits, static_cast<std::size_t>(end - digits));
  }
  return id;
}

std::optional<Positions> parse_id(std::string_view id, std::size_t partitions) {
  if (!id.starts_with('p')) return std::nullopt;
  id.remove_prefix(1);
  Positions positions;
  const char* at = id.data();
  const char* const end = at + id.size();
  for (;;) {
    std::int64_t position = 0;
    const auto [next, error] = std::from_chars(at, end, position, kBase);
    if (error != std::errc() || position < 0 || positions.size() == partitions) return std::nullopt;
    positions.push_back(position);
    if (next == end) break;
    if (*next != '-') return std::nullopt;
    at = next + 1;
  }
  positions.resize(partitions, 0);
  return positions;
}

}  // namespace certes::gateway::stream
